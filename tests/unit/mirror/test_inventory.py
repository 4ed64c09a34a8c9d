"""The inventory: read, or refused with the entry that is wrong."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mirror.errors import BadInventory
from mirror.inventory import MirroredInterface, read_inventory

AT = "2026-11-20T00:00:00Z"


def text(*entries: Any) -> str:
    return json.dumps({"sessions": entries})


def test_an_entry_may_say_everything_or_only_its_vni() -> None:
    whole = {
        "vni": 0xFFFFFF, "session_id": "tms-1", "eni": "eni-1", "instance_id": "i-1", "vpc_id": "vpc-1",
        "subnet_id": "subnet-1", "account_id": "123456789012", "region": "eu-central-1", "tags": {"Name": "web"},
        "valid_from": "2026-11-20T13:00:00+01:00", "valid_to": "2026-11-21T00:00:00Z",
    }  # fmt: skip
    times = {"valid_from": datetime(2026, 11, 20, 12, tzinfo=UTC), "valid_to": datetime(2026, 11, 21, tzinfo=UTC)}
    assert read_inventory(text(whole, {"vni": 0})) == (
        MirroredInterface(**{**whole, **times}),
        MirroredInterface(0),
    )
    assert read_inventory(text()) == ()


def test_a_vni_may_be_given_again_when_its_session_has_ended() -> None:
    first = {"vni": 7, "eni": "eni-1", "valid_to": "2026-11-20T00:00:00Z"}
    later = {"vni": 7, "eni": "eni-2", "valid_from": "2026-11-20T00:00:00Z"}
    assert [each.eni for each in read_inventory(text(later, first))] == ["eni-2", "eni-1"]
    with pytest.raises(BadInventory, match="VNI 7 stands for eni-1 and eni-2 at one time"):
        read_inventory(text(first | {"valid_to": "2026-11-20T00:00:01Z"}, later))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", 'a list "sessions"'),
        ('{"sessions": {}}', 'a list "sessions"'),
        (text({"vni": 1}, 5), "entry 2 of sessions is no JSON object"),
        (text({}), "vni must be a whole number"),
        (text({"vni": True}), "vni must be a whole number"),
        (text({"vni": 1 << 24}), "vni must be a whole number"),
        (text({"vni": 1, "enis": "x"}), "has 'enis'; known are account_id, eni"),
        (text({"vni": 1, "eni": 5}), "eni must be text"),
        (text({"vni": 1, "tags": ["a"]}), "tags must be an object of texts"),
        (text({"vni": 1, "tags": {"a": 1}}), "tags must be an object of texts"),
        (text({"vni": 1, "eni": "\ud800"}), "half a character"),
        (text({"vni": 1, "valid_from": "2026-11-20"}), "valid_from must be a time with its offset"),
        (text({"vni": 1, "valid_to": 5}), "valid_to must be a time with its offset"),
        (
            text({"vni": 1, "valid_from": "2026-11-20T00:00:00Z", "valid_to": "2026-11-20T00:00:00Z"}),
            "before it begins",
        ),
    ],
)
def test_what_is_wrong_is_named(given: str, said: str) -> None:
    with pytest.raises(BadInventory, match=said):
        read_inventory(given)
