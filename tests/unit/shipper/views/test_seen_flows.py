"""Records that rules treat alike are explained once, by the one that tells most."""

from typing import Any

from shipper.views.seen_flows import alike


def document(port: int, end: str, initiator: str = "port", action: str = "accept") -> dict[str, Any]:
    return {
        "_id": end, "@timestamp": end, "event": {"start": end, "end": end, "action": action},
        "source": {"ip": "198.51.100.7", "port": port, "packets": 2}, "destination": {"ip": "10.0.0.5", "port": 443},
        "client": {"ip": "198.51.100.7"}, "network": {"iana_number": "6"}, "flowtap": {"initiator": initiator},
        "aws": {"vpcflow": {"interface_id": "eni-1"}},
    }  # fmt: skip


EARLY, MIDDLE, LATE = (f"2026-11-21T11:0{minute}:00Z" for minute in range(3))


def test_other_client_ports_are_the_same_flow_and_a_syn_tells_best_who_began() -> None:
    (found,) = alike([document(40_001, LATE), document(40_000, EARLY, "syn"), document(40_002, MIDDLE)])
    assert (found.records, found.packets, found.seen.told_by) == (3, 6, "syn")
    assert (found.first.minute, found.last.minute) == (0, 2)
    assert found.ids == [LATE, EARLY, MIDDLE]


def test_what_was_refused_comes_first() -> None:
    found = alike([document(40_000, LATE), document(40_000, EARLY, action="reject")])
    assert [each.seen.action for each in found] == ["reject", "accept"]
