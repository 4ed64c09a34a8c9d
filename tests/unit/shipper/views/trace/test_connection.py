"""Which documents are of one connection: by id or addresses, network, and time."""

from typing import Any

import pytest

from shipper.views.trace.connection import Connection, begun, grouped
from shipper.views.trace.network import Interfaces
from shipper.views.trace.witness import End, events, records
from trace_hits import CLIENT, OTHER_ID, SERVER, event, record

MIRRORED_A = {"vni": 17, "eni": "eni-a", "vpc_id": "vpc-a"}


def made(*hits: dict[str, Any], known: Interfaces | None = None) -> list[Connection]:
    flow_logs = [hit for hit in hits if hit["_source"]["event"]["dataset"] == "aws.vpcflow"]
    seen = [hit for hit in hits if hit["_source"]["event"]["dataset"] != "aws.vpcflow"]
    return grouped(records(flow_logs), events(seen), known or Interfaces())


def ids(connections: list[Connection]) -> list[set[str]]:
    return [set(one.ids) for one in connections]


def wanted(*groups: tuple[dict[str, Any], ...]) -> list[set[str]]:
    return [{hit["_id"] for hit in group} for group in groups]


def test_both_ends_and_both_witnesses_are_one() -> None:
    hits = (
        record(0, 9, flags=3, direction="egress"),
        record(0, 9, flags=19, back=True, direction="ingress"),
        record(1, 9, eni="eni-b", flags=3, direction="ingress"),
        event(9.5, begin=0.2, mirror=MIRRORED_A),
        event(9.6, begin=0.2, flow_id="78", mirror={"vni": 18, "eni": "eni-b", "vpc_id": "vpc-a"}),
    )
    assert ids(made(*hits)) == wanted(hits)


def test_two_vpcs_with_interfaces_at_the_same_end_are_two() -> None:
    one = (record(0, 9, direction="egress"), event(9, begin=0, mirror=MIRRORED_A))
    other = (
        record(0, 9, eni="eni-z", vpc="vpc-z", direction="egress"),
        event(9, begin=0, flow_id="78", mirror={"vni": 99, "eni": "eni-z", "vpc_id": "vpc-z"}),
    )
    assert sorted(ids(made(*one, *other)), key=sorted) == sorted(wanted(one, other), key=sorted)


def test_two_vpcs_at_either_end_are_a_peering() -> None:
    hits = record(0, 9, direction="egress"), record(0, 9, eni="eni-z", vpc="vpc-z", direction="ingress")
    (one,) = made(*hits)
    assert one.network == {"vpc-a", "vpc-z"}


def test_without_directions_two_vpcs_stay_two() -> None:
    assert len(made(record(0, 9), record(0, 9, eni="eni-z", vpc="vpc-z"))) == 2


def test_directions_may_follow_from_addresses_that_interfaces_always_have() -> None:
    known = Interfaces(addresses={"eni-a": frozenset({CLIENT[0]}), "eni-z": frozenset({SERVER[0]})})
    assert len(made(record(0, 9), record(0, 9, eni="eni-z", vpc="vpc-z"), known=known)) == 1


def test_an_interface_of_strangers_is_between_the_ends() -> None:
    """A transit gateway's, in each VPC: what it calls egress is no proof of an address."""
    hits = (
        record(0, 9, direction="egress"),
        record(0, 9, eni="eni-tgw-a", direction="ingress"),
        record(0, 9, eni="eni-tgw-z", vpc="vpc-z", direction="egress"),
        record(0, 9, eni="eni-z", vpc="vpc-z", direction="ingress"),
    )
    assert len(made(*hits)) == 2
    known = Interfaces(
        addresses={
            "eni-a": frozenset({CLIENT[0]}),
            "eni-tgw-a": frozenset(),
            "eni-tgw-z": frozenset(),
            "eni-z": frozenset({SERVER[0]}),
        }
    )
    assert len(made(*hits, known=known)) == 1


def test_a_document_without_a_vpc_is_of_the_one_that_it_meets_or_of_none() -> None:
    mine, plain = record(0, 9, direction="egress"), record(0, 9, eni="eni-q", vpc=None, flags=None)
    assert len(made(mine, plain)) == 1
    assert len(made(mine, record(0, 9, eni="eni-z", vpc="vpc-z", direction="egress"), plain)) == 3
    assert len(made(mine, plain, known=Interfaces(vpcs={"eni-q": "vpc-z"}))) == 2


def test_an_unknown_vni_is_a_network_of_its_own_unless_it_meets_one_vpc() -> None:
    strange, other = event(9, begin=0, mirror={"vni": 5}), event(9, begin=0, flow_id="78", mirror={"vni": 6})
    assert len(made(strange, other)) == 2
    assert len(made(record(0, 9), strange)) == 1


def test_a_syn_after_a_fin_is_another_connection() -> None:
    first = record(0, 9, flags=3), record(0, 9, flags=19, back=True)
    second = record(40, 45, flags=3), record(40, 45, flags=19, back=True)
    assert ids(made(*first, *second)) == wanted(first, second)


def test_refused_retries_are_one_attempt() -> None:
    assert len(made(*(record(at, at, flags=2, action="reject") for at in (0, 1, 3, 7, 15)))) == 1


@pytest.mark.parametrize(("flags", "connections"), [(0, 1), (2, 2), (None, 2)])
def test_after_long_silence_it_goes_on_only_where_flags_say_so(flags: int | None, connections: int) -> None:
    assert len(made(record(0, 9, flags=2), record(2000, 2009, flags=flags))) == connections


def test_a_record_over_two_flows_of_suricata_is_of_both() -> None:
    shared = record(0, 40, flags=3)
    one, other = event(5, begin=0, flow_id="1"), event(40, begin=30, flow_id="2")
    assert ids(made(shared, one, other)) == wanted((shared, one), (shared, other))


def test_clocks_may_differ_by_a_little() -> None:
    assert len(made(record(10, 10, flags=2), event(12.3, begin=11.4, closed=False))) == 1


def test_icmp_is_joined_by_addresses_and_time() -> None:
    ends = ((CLIENT[0], None), (SERVER[0], None))
    ping = record(0, 9, flags=None, ends=ends, ids=(), transport="icmp")
    answer = record(0, 9, flags=None, ends=ends, ids=(), transport="icmp", back=True)
    seen = event(9, begin=0, ends=ends, transport="icmp", ids=OTHER_ID)
    later = record(5000, 5001, flags=None, ends=ends, ids=(), transport="icmp")
    assert ids(made(ping, answer, seen, later)) == wanted((ping, answer, seen), (later,))


def test_behind_an_interface_the_packets_addresses_count() -> None:
    """Two pods, one interface's address, one port."""
    ends = (("10.0.1.1", 40_000), SERVER)
    pods = [
        record(0, 9, ends=ends, ids=(ID, OTHER_ID), packet=(pod, SERVER[0]))
        for pod, ID in (
            ("10.0.1.101", "1:MVt/7kOS50Wh9hkLXdpPpPHa2Xk="),
            ("10.0.1.102", "1:ZvtCFPzRAMVZzZTRCXVGAhk5oXQ="),
        )
    ]
    assert len(made(*pods)) == 2
    assert begun(made(pods[0])[0]).client == End("10.0.1.101", 40_000)


def test_a_syn_tells_best_who_began() -> None:
    ends = (SERVER, CLIENT)  # ports would have it the other way
    (one,) = made(record(0, 9, ends=ends, flags=0), record(0, 9, ends=ends, flags=2))
    assert begun(one).by == "a SYN"
    assert begun(one).client == End(*SERVER)
    (other,) = made(event(9, begin=0))
    assert begun(other).by == "Suricata"


def test_what_has_no_two_addresses_is_no_witness() -> None:
    broken = event(1)
    del broken["_source"]["destination"]["ip"]
    assert events([broken]) == []
    odd = event(2, eve={"tcp": {"tcp_flags_ts": "?", "state": "closed"}})
    assert (events([odd])[0].opens, events([odd])[0].closes) == (False, True)
