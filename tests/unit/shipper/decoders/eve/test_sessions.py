"""What a VNI stood for, in the documents of its events: at its time, and nobody else's."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from eve_samples import BASE, decoder, line
from flow_log_samples import chunk, written
from mirror.inventory import MirroredInterface
from shipper.decoders.eve.sessions import MirrorSessions

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
KNOWN = MirrorSessions(
    [
        MirroredInterface(0x1001, "tms-1", "eni-1", "i-1", "vpc-1", "subnet-1", "123456789012", "eu-central-1",
                          {"Name": "web", "env": 'a"b'}, valid_to=NOON),
        MirroredInterface(0x1001, eni="eni-2", valid_from=NOON),
        MirroredInterface(0xFFFFFF, "tms-3"),
    ]
)  # fmt: skip


def documents(*events: dict[str, Any], fast: bool = True) -> list[dict[str, Any]]:
    lines = b"\n".join(line(**event) for event in events)
    return [each.document for each in written(decoder(sessions=lambda: KNOWN, fast=fast).decode(chunk(lines)))]


def event(vlan: list[int] | None, time: str = "2026-11-20T11:59:59.999999+0000", **more: Any) -> dict[str, Any]:
    return BASE | {"timestamp": time, "event_type": "dns"} | ({} if vlan is None else {"vlan": vlan}) | more


@pytest.mark.parametrize("fast", [True, False])
def test_all_that_is_known_of_a_vni(fast: bool) -> None:
    for found in documents(*[event([1, 1])] * 4, fast=fast):
        assert found["flowtap"]["mirror"] == {
            "vni": 0x1001, "session_id": "tms-1", "eni": "eni-1", "instance_id": "i-1", "vpc_id": "vpc-1",
            "subnet_id": "subnet-1", "tags": ["Name=web", 'env=a"b'],
        }  # fmt: skip
        assert found["cloud"] == {
            "instance": {"id": "i-1"}, "account": {"id": "123456789012"}, "region": "eu-central-1",
        }  # fmt: skip


@pytest.mark.parametrize("fast", [True, False])
def test_the_time_of_the_event_decides_whose_a_vni_was(fast: bool) -> None:
    times = ["2026-11-20T11:59:59.999999+0000", "2026-11-20T12:00:00.000000+0000", "2030-01-01T00:00:00.000000+0000"]
    found = documents(*[event([1, 1], time) for time in times * 3], fast=fast)
    assert [each["flowtap"]["mirror"]["eni"] for each in found] == ["eni-1", "eni-2", "eni-2"] * 3
    assert "cloud" not in found[1]


def test_a_flow_is_whose_it_was_at_its_end() -> None:
    flow = {"start": "2026-11-20T11:00:00.000000+0000", "end": "2026-11-20T11:59:59.000000+0000"}
    late = event([1, 1], "2026-11-20T12:30:00.000000+0000", event_type="flow", flow=flow)
    assert [each["flowtap"]["mirror"]["eni"] for each in documents(late, late)] == ["eni-1", "eni-1"]


def test_an_unknown_vni_stays_a_number_and_no_tags_are_no_session() -> None:
    unknown, none, known = documents(event([1, 2]), event(None), event([0xFFF, 0xFFF]))
    assert unknown["flowtap"]["mirror"] == {"vni": 0x1002}
    assert "mirror" not in none["flowtap"]
    assert known["flowtap"]["mirror"] == {"vni": 0xFFFFFF, "session_id": "tms-3"}
    assert not [each for each in (unknown, none, known) if "cloud" in each]


def test_an_event_without_a_usable_time_is_of_no_session() -> None:
    (found,) = documents(event([1, 1], "yesterday"))
    assert found["flowtap"]["mirror"] == {"vni": 0x1001}


@pytest.mark.parametrize("fast", [True, False])
def test_whoever_writes_what_a_session_looks_like_gets_none(fast: bool) -> None:
    lure, nested = '"mirror":{"vni":4097}', {"mirror": {"vni": 4097}}
    more = {**nested, "dns": {"rrname": lure, **nested}, "app_proto": lure, "in_iface": lure}
    hostile = event(None, **more), event([1, 2], **more), event([1, 2], flow=nested, **more)
    for found in documents(*hostile * 3, fast=fast):
        assert found["flowtap"].get("mirror", {}) in ({}, {"vni": 0x1002})
        assert "eni-1" not in json.dumps(found)
        assert "cloud" not in found
