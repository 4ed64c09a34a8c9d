"""Events of one capture from two runs: what came by chance is gone, what is told apart stays apart."""

import json
from typing import Any

from suricata.settled import basis, flows_of, settled

TUPLE = {"src_ip": "10.0.0.1", "src_port": 4000, "dest_ip": "192.0.2.1", "dest_port": 80, "proto": "TCP"}
START, END = "2026-01-01T00:00:00.000001+0000", "2026-01-01T00:00:05.000001+0000"


def run(seed: int, seen: str, reason: str, **more: Any) -> list[bytes]:
    """What Suricata wrote when its ids began with `seed` and flows were found to have ended at `seen`."""
    flow = {"start": START, "end": END, "reason": reason, "alerted": bool(more)}
    events = [
        {"timestamp": START, "flow_id": seed, "event_type": "dns", **TUPLE},
        {"timestamp": START, "flow_id": seed, "event_type": "dns", **TUPLE},
        {"timestamp": seen, "flow_id": seed, "event_type": "http", "pkt_src": "stream (flow timeout)", **TUPLE},
        {"timestamp": seen, "flow_id": seed, "event_type": "flow", "flow": flow, **TUPLE, **more},
        {"timestamp": seen, "flow_id": seed + 1, "parent_id": seed, "event_type": "tls", **TUPLE},
        {"timestamp": seen, "event_type": "stats", "stats": {}},
    ]
    return [json.dumps(each).encode() for each in events]


def lasting(lines: list[bytes], capture: str = "pcap-1", name: str = "a.pcap") -> list[bytes]:
    return [*settled(lines, flows_of(lines, capture), capture, name)]


def test_two_runs_make_the_same_lines() -> None:
    first = lasting(run(7, START, "timeout")[:4])
    assert first == lasting(run(99, END, "shutdown")[:4])
    events = [json.loads(line) for line in first]
    assert {each["host"] for each in events} == {"pcap-1"}
    assert len({each["flow_id"] for each in events}) == 1
    assert events[0]["flow_id"] < 1 << 51
    assert [each["timestamp"] for each in events[2:]] == [END, END]
    assert "reason" not in events[3]["flow"]


def test_equal_events_are_told_apart_and_statistics_left_out() -> None:
    lines = lasting(run(7, END, "timeout"))
    assert [json.loads(line).get("occurrence") for line in lines[:3]] == [None, 1, None]
    assert len({basis(line) for line in lines[:5]}) == 5
    assert lines[5] == b""
    tunnel = json.loads(lines[4])
    assert tunnel["parent_id"] == json.loads(lines[0])["flow_id"] != tunnel["flow_id"]


def test_an_id_is_of_the_content_not_of_its_name_nor_of_the_rules() -> None:
    plain, named = lasting(run(7, END, "timeout")), lasting(run(7, END, "timeout"), name="b.pcap")
    ruled = lasting(run(7, END, "timeout", metadata={"flowbits": ["x"]}))
    other = lasting(run(7, END, "timeout"), capture="pcap-2")
    assert plain[3] != named[3]
    assert plain[3] != ruled[3]
    assert basis(plain[3]) == basis(named[3]) == basis(ruled[3]) != basis(other[3])


def test_a_reused_address_pair_is_another_flow() -> None:
    lines = [run(7, END, "timeout")[3], run(8, END, "timeout")[3].replace(START.encode(), END.encode())]
    first, second = (json.loads(line) for line in lasting(lines))
    assert first["flow_id"] != second["flow_id"]


def test_numbers_stay_what_they_are_and_what_is_no_event_passes() -> None:
    huge = b'{"event_type":"x","n":123456789012345678901234567890,"s":"\\ud800"}'
    (line,) = lasting([huge])
    assert json.loads(line)["n"] == 123456789012345678901234567890
    assert json.loads(line)["s"] == "\ud800"
    assert lasting([b"{", b"[]", b""]) == [b"{", b"[]", b""]
