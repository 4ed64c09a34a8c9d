"""A made world of connections, and which records and events are of which: the hard cases of joining, each many times.

Two VPCs with equal addresses and equal ports at the same time, a third that is peered with one of them, ports used
again soon and late, a NAT gateway, pods behind an interface's address, both ends recorded and mirrored, a second flow
log without VPC ids, refused and unanswered traffic, IPv6, ICMP. Everything follows from a seed.
A document is known again by a number of its own: a record by its bytes, an event by `pcap_cnt`.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

import communityid

COLUMNS = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
    "log-status vpc-id tcp-flags flow-direction pkt-srcaddr pkt-dstaddr"
)
PLAIN_COLUMNS = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
BEGIN = datetime(2026, 11, 17, 6, tzinfo=UTC)
WINDOW = 60
"""Seconds of a flow log's aggregation interval."""

_TCP, _UDP, _ICMP, _ICMP6 = 6, 17, 1, 58
_SYN, _SYN_ACK, _FIN = 2, 18, 1
_NAMES = {_TCP: "TCP", _UDP: "UDP", _ICMP: "ICMP", _ICMP6: "IPv6-ICMP"}
_MOST_TCP_UDP = {_TCP: communityid.FlowTuple.make_tcp, _UDP: communityid.FlowTuple.make_udp}


class Host(NamedTuple):
    """An address; where it is recorded the interface, with its primary address, VPC, and the VNI of its mirror."""

    address: str
    interface: str = ""
    primary: str = ""
    vpc: str = ""
    vni: int | None = None


class Leg(NamedTuple):
    """An interface that records a connection, with the addresses it sees there."""

    host: Host
    client: str
    server: str
    is_client: bool


@dataclass(slots=True)
class Made:
    """One connection and the numbers of its documents."""

    scene: str
    client: tuple[str, int]
    server: tuple[str, int]
    protocol: int
    start: int
    seconds: int
    accepted: bool = True
    answered: bool = True
    legs: tuple[Leg, ...] = ()
    flow_ids: list[str] = field(default_factory=list)
    numbers: set[int] = field(default_factory=set)

    @property
    def community_id(self) -> str | None:
        """None for ICMP."""
        if self.protocol not in _MOST_TCP_UDP:
            return None
        ends = self.client[0], self.server[0], self.client[1], self.server[1]
        return str(communityid.CommunityID().calc(_MOST_TCP_UDP[self.protocol](*ends)))


@dataclass(slots=True)
class World:
    """Lines of two flow logs and of EVE, the sessions of the mirror, and the truth."""

    records: list[str]
    plain_records: list[str]
    events: list[str]
    inventory: str
    made: list[Made]


def world(scenes: int, seed: int = 5) -> World:
    """`scenes` times every scene."""
    random = Random(seed)  # noqa: S311
    made: list[Made] = []
    at = int(BEGIN.timestamp())
    for number in range(scenes):
        for scene in _SCENES:
            made += scene(random, at, number)
            at += random.randrange(0, 20)
    numbers = iter(range(1000, 10**9))
    records, plain = _records(made, numbers)
    events = _events(made, numbers)
    random.shuffle(events)
    return World([COLUMNS, *records], [PLAIN_COLUMNS, *plain], events, _inventory(), made)


def _vpc(name: str, network: str, vni: int) -> list[Host]:
    found = []
    for number in range(10, 30):
        address = f"{network}.1.{number}"
        mirrored = vni + number if number % 2 == 0 else None
        found.append(Host(address, f"eni-{name}{number:016}", address, f"vpc-0{name}", mirrored))
    return found


_A, _B, _C = _vpc("a", "10.0", 4000), _vpc("b", "10.0", 9000), _vpc("c", "10.9", 20_000)
_SIX = [Host(f"2001:db8:a::{n:x}", f"eni-six{n:014}", f"2001:db8:a::{n:x}", "vpc-0a", 30_000 + n) for n in range(2, 12)]
_NAT = Host("10.0.0.220", "eni-nat00000000000001", "10.0.0.220", "vpc-0a")
_HOSTS = [*_A, *_B, *_C, *_SIX]


def _port(number: int, scene: int) -> int:
    return 32_768 + (number * 16 + scene) % 28_000


def _plain(scene: str, client: Host, server: Host, ports: tuple[int, int], time: tuple[int, int]) -> Made:
    """Recorded at each end that has an interface."""
    ends = client.address, server.address
    legs = tuple(Leg(host, *ends, host is client) for host in (client, server) if host.interface)
    return Made(scene, (client.address, ports[0]), (server.address, ports[1]), _TCP, *time, legs=legs)


def _equal_networks(random: Random, at: int, number: int) -> Iterator[Made]:
    """The same addresses and ports in two VPCs, at the same time."""
    one, other = random.sample(range(len(_A)), 2)
    ports = _port(number, 0), random.choice((22, 443, 3306))
    for vpc in (_A, _B):
        begin = at + random.randrange(0, 20)
        yield _plain("equal networks", vpc[one], vpc[other], ports, (begin, random.randrange(2, 200)))


def _equal_to_outside(random: Random, at: int, number: int) -> Iterator[Made]:
    """The same, to one server outside: each is recorded at one end only."""
    one, server = random.randrange(len(_A)), Host(f"203.0.113.{number % 200}")
    for vpc in (_A, _B):
        yield _plain("equal to outside", vpc[one], server, (_port(number, 1), 443), (at, random.randrange(1, 100)))


def _peered(random: Random, at: int, number: int) -> Iterator[Made]:
    """One connection between two VPCs."""
    yield _plain(
        "peered", random.choice(_C), random.choice(_A), (_port(number, 2), 5432), (at, random.randrange(5, 90))
    )


def _reused_late(random: Random, at: int, number: int) -> Iterator[Made]:
    """Three connections with the same ends, minutes and hours apart."""
    client, server = random.choice(_A), random.choice(_C)
    for later in (0, random.randrange(240, 500), random.randrange(7000, 20_000)):
        yield _plain("reused late", client, server, (_port(number, 3), 8080), (at + later, random.randrange(1, 50)))


def _reused_soon(random: Random, at: int, number: int) -> Iterator[Made]:
    """Two within one aggregation interval: records tell of both, Suricata of each."""
    client, server = random.choice([host for host in _A if host.vni]), Host(f"198.51.100.{number % 200}")
    for later in (0, 25):
        yield _plain("reused soon", client, server, (_port(number, 4), 80), (at + later, random.randrange(1, 8)))


def _translated(random: Random, at: int, number: int) -> Iterator[Made]:
    """Through a NAT gateway: its inner side is told by pkt-*, its outer side is a connection of its own."""
    host, outside = random.choice(_A), f"198.18.0.{number % 250}"
    inner, port = _port(number, 5), 20_000 + number % 10_000
    time = at, random.randrange(1, 100)
    legs = (Leg(host, host.address, outside, True), Leg(_NAT, host.address, _NAT.address, False))
    yield Made("translated", (host.address, inner), (outside, 443), _TCP, *time, legs=legs)
    outer = (Leg(_NAT, _NAT.address, outside, True),)
    yield Made("translated outside", (_NAT.address, port), (outside, 443), _TCP, *time, legs=outer)


def _pods(random: Random, at: int, number: int) -> Iterator[Made]:
    """Two pods of one interface, from one port to one server: flow logs have the interface's address for both."""
    host, server = random.choice(_C), Host(f"203.0.113.{200 + number % 50}")
    for pod in (f"10.9.200.{2 * (number % 100)}", f"10.9.200.{2 * (number % 100) + 1}"):
        legs = (Leg(host, host.primary, server.address, True),)
        ends = (pod, _port(number, 6)), (server.address, 443)
        yield Made("pods", *ends, _TCP, at + random.randrange(0, 5), random.randrange(2, 50), legs=legs)


def _refused(random: Random, at: int, number: int) -> Iterator[Made]:
    """Knocking thrice at one door: one attempt, never mirrored."""
    client, server = Host(f"192.0.2.{number % 250}"), random.choice(_A)
    found = _plain("refused", client, server, (_port(number, 7), 22), (at, 4))
    found.accepted = False
    yield found


def _unanswered(random: Random, at: int, number: int) -> Iterator[Made]:
    """UDP in one direction."""
    found = _plain("unanswered", random.choice(_B), Host("192.0.2.251"), (_port(number, 8), 514), (at, 90))
    found.protocol, found.answered = _UDP, False
    yield found


def _six(random: Random, at: int, number: int) -> Iterator[Made]:
    """IPv6, both ends recorded and mirrored."""
    client, server = random.sample(_SIX, 2)
    yield _plain("IPv6", client, server, (_port(number, 9), 443), (at, random.randrange(2, 130)))


def _icmp(random: Random, at: int, number: int) -> Iterator[Made]:
    """Known by addresses and time alone; hours later it is another."""
    hosts = _SIX if number % 2 else _C
    client, server = (
        hosts[number % len(hosts)],
        Host(f"2001:db8:f::{number:x}" if number % 2 else f"192.0.2.{number % 250}"),
    )
    for later in (0, 9000):
        found = _plain("ICMP", client, server, (0, 0), (at + later, random.randrange(1, 40)))
        found.protocol = _ICMP6 if number % 2 else _ICMP
        yield found


def _long(random: Random, at: int, number: int) -> Iterator[Made]:
    """Idle in its middle, over many intervals."""
    yield _plain(
        "long", random.choice(_B), random.choice(_C), (_port(number, 10), 22), (at, random.randrange(900, 2000))
    )


_SCENES = (
    _equal_networks, _equal_to_outside, _peered, _reused_late, _reused_soon, _translated, _pods, _refused, _unanswered,
    _six, _icmp, _long,
)  # fmt: skip


@dataclass(slots=True)
class _Slot:
    """A record in the making: what one interface saw of one direction in one interval."""

    start: int
    end: int
    packets: int
    flags: int
    made: list[Made]


class _Place(NamedTuple):
    """Where a record is written, of which ends and direction, in which interval."""

    leg: Leg
    ends: tuple[object, ...]
    to_server: bool
    window: int


def _records(made: Sequence[Made], numbers: Iterator[int]) -> tuple[list[str], list[str]]:
    """Of the flow log with every field, and of a plain one for the peered VPC."""
    slots: dict[_Place, _Slot] = {}
    for one, leg, to_server in _seen(made):
        for slot in _cut(one, leg, to_server=to_server):
            ends = one.client, one.server, one.protocol, one.accepted
            _put(slots, _Place(leg, ends, to_server, _window(leg, slot.start)), slot)
    lines, plain = [], []
    for place, slot in slots.items():
        lines.append(_line(place, slot, _numbered(slot, numbers), plain=False))
        host = place.leg.host
        if host.vpc == "vpc-0c" and host.primary == _packet(slot.made[0], place.leg):
            plain.append(_line(place, slot, _numbered(slot, numbers), plain=True))
    return lines, plain


def _seen(made: Sequence[Made]) -> Iterator[tuple[Made, Leg, bool]]:
    """Who records which direction; only the interface that refuses writes so."""
    for one in made:
        ways = (True, False) if one.accepted and one.answered else (True,)
        yield from (
            (one, leg, to_server) for leg in one.legs if one.accepted or not leg.is_client for to_server in ways
        )


def _numbered(slot: _Slot, numbers: Iterator[int]) -> int:
    number = next(numbers)
    for one in slot.made:
        one.numbers.add(number)
    return number


def _packet(one: Made, leg: Leg) -> str:
    return one.client[0] if leg.is_client else one.server[0]


def _window(leg: Leg, second: int) -> int:
    """Intervals of interfaces do not begin together."""
    return (second + sum(leg.host.interface.encode())) // WINDOW


def _cut(one: Made, leg: Leg, *, to_server: bool) -> Iterator[_Slot]:
    """By intervals; a connection that is long is idle in its middle."""
    end = one.start + one.seconds
    seconds = [*range(one.start, end + 1)]
    if one.seconds >= 900:
        seconds = [*range(one.start, one.start + 40), *range(end - 40, end + 1)]
    by_window: dict[int, list[int]] = defaultdict(list)
    for second in seconds:
        by_window[_window(leg, second)].append(second)
    for of in by_window.values():
        flags = (_SYN if to_server else _SYN_ACK) if of[0] == one.start else 0
        flags |= _FIN if of[-1] == end and one.accepted else 0
        yield _Slot(of[0], of[-1], len(of), flags if one.protocol == _TCP else 0, [one])


def _put(slots: dict[_Place, _Slot], place: _Place, slot: _Slot) -> None:
    if place not in slots:
        slots[place] = slot
        return
    there = slots[place]
    there.start, there.end = min(there.start, slot.start), max(there.end, slot.end)
    there.packets, there.flags = there.packets + slot.packets, there.flags | slot.flags
    there.made += slot.made


def _line(place: _Place, slot: _Slot, number: int, *, plain: bool) -> str:
    leg, one, to_server = place.leg, slot.made[0], place.to_server
    ports = one.client[1], one.server[1]
    seen, packet = (leg.client, leg.server), (one.client[0], one.server[0])
    if not to_server:
        seen, packet, ports = seen[::-1], packet[::-1], ports[::-1]
    common = (
        f"{2 if plain else 5} 123456789012 {leg.host.interface} {seen[0]} {seen[1]} {ports[0]} {ports[1]} "
        f"{one.protocol} {slot.packets} {number} {slot.start} {slot.end} {'ACCEPT' if one.accepted else 'REJECT'} OK"
    )
    if plain:
        return common
    direction = "egress" if to_server == leg.is_client else "ingress"
    return f"{common} {leg.host.vpc} {slot.flags} {direction} {packet[0]} {packet[1]}"


def _events(made: Sequence[Made], numbers: Iterator[int]) -> list[str]:
    """Each mirrored end has a flow of its own, with an event soon after its begin, and an alert in every third."""
    lines = []
    for number, one in enumerate(made):
        for at_end, leg in enumerate(one.legs):
            if leg.host.vni is None or not one.accepted:
                continue
            flow_id = str(10**15 + number * 4 + at_end)
            one.flow_ids.append(flow_id)
            for event in _told(one, number, flow_id):
                event["vlan"] = [leg.host.vni >> 12, leg.host.vni & 4095]
                event["pcap_cnt"] = next(numbers)
                one.numbers.add(event["pcap_cnt"])
                lines.append(json.dumps(event))
    return lines


def _told(one: Made, number: int, flow_id: str) -> Iterator[dict[str, object]]:
    begin, end = one.start + 0.25, one.start + one.seconds + 0.5
    common: dict[str, object] = {
        "flow_id": int(flow_id), "src_ip": one.client[0], "dest_ip": one.server[0], "proto": _NAMES[one.protocol],
    }  # fmt: skip
    if one.community_id:
        common |= {"src_port": one.client[1], "dest_port": one.server[1], "community_id": one.community_id}
    tcp = {"tcp_flags": "1b", "tcp_flags_ts": "1b", "tcp_flags_tc": "1b", "syn": True, "fin": True, "state": "closed"}
    yield common | {
        "timestamp": _moment(end + 60), "event_type": "flow",
        "flow": {
            "start": _moment(begin), "end": _moment(end), "state": "closed", "pkts_toserver": 3, "bytes_toserver": 300,
            "pkts_toclient": 2, "bytes_toclient": 200,
        },
    } | ({"tcp": tcp} if one.protocol == _TCP else {})  # fmt: skip
    if number % 3 == 0:
        yield common | {
            "timestamp": _moment(begin + 0.1), "event_type": "alert", "flow": {"start": _moment(begin)},
            "alert": {"signature_id": 9, "signature": "made", "severity": 2, "gid": 1, "rev": 1, "action": "allowed"},
        }  # fmt: skip
    elif one.protocol == _TCP:
        yield common | {
            "timestamp": _moment(begin + 0.2),
            "event_type": "ssh",
            "ssh": {"client": {"proto_version": "2"}},
        }


def _inventory() -> str:
    sessions = [
        {"vni": host.vni, "session_id": f"tms-{host.vni}", "eni": host.interface, "vpc_id": host.vpc}
        for host in _HOSTS
        if host.vni is not None
    ]
    return json.dumps({"sessions": sessions})


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S.%f}+0000"
