from itertools import groupby

import pytest

from shipper.decoders.flow_log.document import leaf_places
from shipper.decoders.flow_log.fields import TGW, VPC, Dataset
from shipper.decoders.flow_log.key_order import in_order


@pytest.mark.parametrize("dataset", [VPC, TGW])
def test_all_leaves_of_an_object_follow_one_another(dataset: Dataset) -> None:
    """The columnar path relies on it: an object stands at one place in all rows."""
    places = sorted(leaf_places(dataset).values())
    for depth in range(1, 4):
        around = [place.parents[:depth] for place in places if len(place.parents) >= depth]
        assert [prefix for prefix, _ in groupby(around)] == list(dict.fromkeys(around))
    assert [place.rank for place in places] == list(range(len(places)))


def test_what_changes_from_record_to_record_stands_at_the_ends() -> None:
    ordered = list(leaf_places(VPC))
    assert ordered[:2] == ["@timestamp", "event.start"]
    assert ordered[-2:] == ["source.packets", "source.bytes"]


def test_what_has_no_order_of_its_own_keeps_the_one_it_has() -> None:
    given = ["aws.b", "source.bytes", "aws.a.y", "source.ip", "aws.c", "aws.a.x", "event.start"]
    assert in_order(given) == ["event.start", "aws.b", "aws.a.y", "aws.a.x", "aws.c", "source.ip", "source.bytes"]
