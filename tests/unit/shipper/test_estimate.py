"""A bucket's records from its listing and a few objects."""

from collections import Counter
from random import Random

import pytest

from aws_keys import object_key
from shipper.estimate import SAMPLED, Estimate, Listed, Sample, estimate, listed
from shipper.model import Sums
from shipper.sources.inputs import Input


def item(key: str, size: int = 10) -> Input:
    return Input(f"s3://b/{key}", lambda: pytest.fail("opened"), size)


def dice(seed: int) -> Random:
    return Random(seed)  # noqa: S311  (a sample, not a secret)


def test_objects_bytes_and_days_are_those_not_loaded_before() -> None:
    inputs = [item(object_key(f"2024/01/{day:02}", day), 100 + day) for day in (1, 1, 2, 3)]
    inputs.append(item("odd.log", 7))
    found = listed(inputs, lambda each: each.size == 103, dice(1))
    assert (found.objects, found.size, found.loaded) == (4, 101 + 101 + 102 + 7, 1)
    assert sorted(day.day for day in found.days) == [1, 2]
    assert len(found.sample) == 4


def test_each_object_is_as_likely_in_the_sample_as_any() -> None:
    chosen = Counter[str]()
    for seed in range(300):
        found = listed((item(str(n)) for n in range(100)), lambda _: False, dice(seed))
        assert len({each.origin for each in found.sample}) == SAMPLED
        chosen.update(each.origin for each in found.sample)
    assert len(chosen) == 100
    assert 25 < min(chosen.values()) <= max(chosen.values()) < 110  # 60 are expected of each


def test_the_whole_is_in_proportion_to_bytes() -> None:
    sample = Sample(2, 200, Sums(read=50), 0.5)
    assert estimate(Listed(objects=9, size=1000), sample) == Estimate(250, 2.5)
    assert estimate(Listed(), sample) == Estimate(0, 0.0)
    assert estimate(Listed(objects=9, size=1000), Sample(0, 0, Sums(), 0.1)) == Estimate(None, None)
