"""What interfaces record: both ends, NAT, flags, refusals, minutes."""

from collections import defaultdict

import pytest

from demo import network as cast
from demo.flow import NOTHING, UDP, Ends, Flow, Span, Verdict, Volume, tcp
from demo.records import Record, records, sightings, slices
from demo.stage import PortBook

MINUTE = 1795255800  # a full one


def record(ends, span=Span(MINUTE, 5), verdict=Verdict.ANSWERED, response=None):  # noqa: B008 - a frozen value
    answer = tcp(9000) if response is None else response
    flow = Flow("test", ends, 40000, span, tcp(9000), answer, verdict)
    return [line for sighting in sightings(flow, PortBook()) for line in records(flow, sighting)]


def ends_of(line: Record):
    return line.srcaddr, line.dstaddr, line.pkt_srcaddr, line.pkt_dstaddr, line.flow_direction, line.traffic_path


def test_a_conversation_inside_is_recorded_at_both_ends_in_mirrored_directions():
    web, app = cast.WEB_SERVERS[0], cast.APP_SERVERS[0]
    lines = record(Ends(web.address, app.address, 9000))
    there = [line.interface_id for line in lines]
    assert there == [web.eni, web.eni, app.eni, app.eni]
    assert [line.flow_direction for line in lines] == ["egress", "ingress", "ingress", "egress"]
    request_here, response_here, request_there, response_there = lines
    assert (request_here.bytes, response_here.bytes) == (request_there.bytes, response_there.bytes)
    assert [line.traffic_path for line in lines] == [1, "-", "-", 1]


def test_the_nat_gateway_shows_itself_and_keeps_the_real_ends_in_pkt():
    host, nat, far = cast.APP_SERVERS[0].address, cast.NAT.address, cast.RESOLVER
    at_host, at_nat = [], []
    for line in record(Ends(host, far, 53, UDP)):
        (at_nat if line.interface_id == cast.NAT.eni else at_host).append(line)
    assert [ends_of(line) for line in at_host] == [
        (host, far, host, far, "egress", 1),
        (far, host, far, host, "ingress", "-"),
    ]
    assert [ends_of(line) for line in at_nat] == [
        (host, nat, host, far, "ingress", "-"),
        (nat, host, far, host, "egress", 1),
        (nat, far, nat, far, "egress", 8),
        (far, nat, far, nat, "ingress", "-"),
    ]
    assert at_nat[0].srcport == 40000
    assert at_nat[2].srcport != 40000


def test_a_public_host_goes_straight_to_the_internet_gateway():
    (out, back) = record(Ends(cast.LEGACY.address, cast.DROP, 443))
    assert ends_of(out) == (cast.LEGACY.address, cast.DROP, cast.LEGACY.address, cast.DROP, "egress", 8)
    assert back.flow_direction == "ingress"


def test_peered_hosts_take_the_peering_path():
    lines = record(Ends(cast.BATCH_HOSTS[0].address, cast.DATABASE.address, 5432))
    assert {line.vpc_id for line in lines} == {cast.SHOP.id, cast.ANALYTICS.id}
    assert [line.traffic_path for line in lines] == [4, "-", "-", 4]


def test_a_refusal_is_recorded_where_it_happens_and_the_sender_does_not_know():
    refused = record(Ends(cast.LEGACY.address, cast.DATABASE.address, 22), verdict=Verdict.REFUSED, response=NOTHING)
    assert [(line.interface_id, line.action) for line in refused] == [
        (cast.LEGACY.eni, "ACCEPT"),
        (cast.DATABASE.eni, "REJECT"),
    ]


@pytest.mark.parametrize(
    ("verdict", "seconds", "request_flags", "response_flags"),
    [
        (Verdict.ANSWERED, 5, [3], [19]),
        (Verdict.ANSWERED, 150, [2, 0, 1], [18, 0, 1]),
        (Verdict.CLOSED, 0, [2], [4]),
    ],
)
def test_tcp_flags_are_those_of_each_minute(verdict, seconds, request_flags, response_flags):
    lines = record(Ends(cast.INTRUDER, cast.LEGACY.address, 22), Span(MINUTE, seconds), verdict)
    assert [line.tcp_flags for line in lines if line.flow_direction == "ingress"] == request_flags
    assert [line.tcp_flags for line in lines if line.flow_direction == "egress"] == response_flags


@pytest.mark.parametrize("packets", [0, 1, 2, 7, 1000])
@pytest.mark.parametrize(("start", "last"), [(0, 0), (59, 60), (30, 3629), (0, 59), (61, 61)])
def test_slices_add_up_and_stay_in_their_minutes(start, last, packets):
    parts = slices(start, last, Volume(packets, packets * 77))
    assert sum(part.volume.packets for part in parts) == packets
    assert sum(part.volume.bytes for part in parts) == packets * 77
    for part in parts:
        assert part.volume.packets > 0
        assert start <= part.start <= part.end <= last
        assert part.start // 60 == part.end // 60
    if parts:
        assert parts[0].start == start


def test_in_the_day_every_inside_conversation_of_the_shop_is_recorded_twice(day):
    sides = defaultdict(set)
    inside = {i.address: i.eni for i in cast.INTERFACES if i.subnet.vpc == cast.SHOP and i is not cast.NAT}
    for r in day.records:
        if r["srcaddr"] in inside and r["dstaddr"] in inside and r["flow-log"] == cast.SHOP.flow_log_id:
            key = (r["srcaddr"], r["dstaddr"], r["srcport"], r["dstport"], r["protocol"], r["start"])
            sides[key].add((r["interface-id"], r["flow-direction"]))
    assert len(sides) > 1000
    for key, seen in sides.items():
        assert seen == {(inside[key[0]], "egress"), (inside[key[1]], "ingress")}


def test_the_day_has_every_kind_of_record(day):
    assert {r["log-status"] for r in day.records} == {"OK", "NODATA", "SKIPDATA"}
    assert {"1", "6", "17", "58"} <= {r["protocol"] for r in day.records}
    custom = [r for r in day.records if "type" in r]
    assert {r["type"] for r in custom} == {"IPv4", "IPv6", "-"}
    assert {r["traffic-path"] for r in custom} == {"1", "4", "8", "-"}
    assert {int(r["tcp-flags"]) for r in custom if r["tcp-flags"] != "-"} >= {0, 1, 2, 3, 4, 18, 19}


def test_records_without_flows_hold_no_ends_and_no_numbers(day):
    for r in day.records:
        if r["log-status"] != "OK":
            empty = {name for name, text in r.items() if text == "-"}
            assert {"srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes", "action"} <= empty
            assert int(r["end"]) - int(r["start"]) == 59
