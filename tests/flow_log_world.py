"""A made network over three days: flow-log records of both ends' interfaces, and Suricata's alerts about some of it.

Everything follows from a seed. Nothing here knows of flowtap's documents, so that answers to questions can be worked
out from the same records by other means.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

import communityid

COLUMNS = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
    "log-status vpc-id instance-id tcp-flags flow-direction"
)
BEGIN = datetime(2026, 11, 17, tzinfo=UTC)
END = BEGIN + timedelta(days=3)
LAST_DAY = END - timedelta(days=1)

_DAYS = 3 * 86_400
_SERVICES = (22, 25, 80, 443, 445, 3306, 3389, 5432, 8080)
_KNOCKED = (22, 23, 445, 3389, 3306, 8080, 443, 1433)
_RULES = {2001: ("FTP password", 2), 2002: ("SQL injection", 1), 2003: ("curl user agent", 3)}
_TCP, _UDP, _ICMP, _ICMP6 = 6, 17, 1, 58
_SYN, _SYN_ACK, _FIN, _RST = 2, 18, 1, 4


class Host(NamedTuple):
    """An address; with an interface where it is recorded."""

    address: str
    interface: str = ""
    instance: str = ""
    vpc: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Who asked whom, when (seconds since 1970), and what became of it at the server's interface."""

    client: Host
    server: Host
    client_port: int
    server_port: int
    protocol: int
    start: int
    seconds: int
    accepted: bool


def world(conversations: int, seed: int = 7) -> tuple[Iterator[str], list[str]]:
    """Flow-log lines, header first (some 2.6 a conversation), and lines of EVE."""
    random = Random(seed)  # noqa: S311
    made = list(_conversations(conversations, random))
    events = [json.dumps(event) for event in _events(made, random)]
    return _lines(made, random), events


def _conversations(count: int, random: Random) -> Iterator[Conversation]:
    inside = [*_hosts("10.0", 48, "vpc-0a"), *_hosts("10.9", 12, "vpc-0b"), *_six(12)]
    outside = [Host(f"198.51.{100 + number // 200}.{1 + number % 200}") for number in range(400)]
    outside6 = [Host(f"2001:db8:f::{number:x}") for number in range(1, 60)]
    begin = int(BEGIN.timestamp())
    for number in range(count):
        start = begin + random.randrange(_DAYS - 700)
        host = random.choice(inside)
        far = random.choice(outside6 if ":" in host.address else outside[: 1 + 400 * (start - begin) // _DAYS])
        near = random.choice([each for each in inside if (":" in each.address) == (":" in host.address)])
        seconds = random.randrange(1, 600)
        kind = random.random()
        if kind < 0.30:
            ports = _ephemeral(random), random.choice(_SERVICES)
            yield Conversation(host, near, *ports, _TCP, start, seconds, random.random() < 0.93)
        elif kind < 0.55:
            yield Conversation(host, far, _ephemeral(random), 443, _TCP, start, seconds, accepted=True)
        elif kind < 0.65:
            yield Conversation(far, host, _ephemeral(random), random.choice((80, 443)), _TCP, start, seconds, True)
        elif kind < 0.83:
            port = _ephemeral(random) if random.random() < 0.9 else random.choice((20, 53, 80, 443))
            yield Conversation(far, host, port, random.choice(_KNOCKED), _TCP, start, 1, accepted=False)
        elif kind < 0.88:  # two that scan: one all ports of a host, one all hosts
            scanner = outside[number % 2]
            target, port = (inside[0], 1 + number % 900) if number % 2 else (inside[number % 60], 22)
            yield Conversation(scanner, target, _ephemeral(random), port, _TCP, start, 1, accepted=False)
        elif kind < 0.94:
            yield Conversation(
                host, near, *((123, 123) if number % 3 else (_ephemeral(random), 53)), _UDP, start, 1, True
            )
        else:
            target, protocol = random.choice((far, near)), _ICMP6 if ":" in host.address else _ICMP
            yield Conversation(host, target, 0, 0, protocol, start, seconds, random.random() < 0.8)


def _hosts(network: str, count: int, vpc: str) -> Iterator[Host]:
    for number in range(count):
        tail = f"{int(network[3:]):02x}{number:04x}"
        yield Host(f"{network}.{number // 16}.{10 + number % 16}", f"eni-{tail:0>17}", f"i-{tail:0>17}", vpc)


def _six(count: int) -> Iterator[Host]:
    for number in range(count):
        yield Host(
            f"2001:db8:a::{number + 1:x}", f"eni-{'6' + format(number, '04x'):0>17}", f"i-{number:017x}", "vpc-0c"
        )


def _ephemeral(random: Random) -> int:
    return random.randrange(32_768, 61_000)


def _lines(conversations: list[Conversation], random: Random) -> Iterator[str]:
    yield COLUMNS
    for each in conversations:
        asked = random.randrange(1, 40), random.randrange(60, 60_000)
        answered = random.randrange(1, 60), random.randrange(60, 900_000)
        for host, is_client in ((each.client, True), (each.server, False)):
            if not host.interface or (host is each.server and each.server == each.client):
                continue
            let_in = each.accepted or is_client  # only the interface that refuses writes so
            lost = random.randrange(2) if asked[0] > 1 and is_client else 0  # both ends need not count alike
            yield _record(each, host, (asked[0] + lost, asked[1] + 60 * lost), to_server=True, accepted=let_in)
            if each.accepted:
                yield _record(each, host, answered, to_server=False, accepted=True)
        if random.random() < 0.01 and each.client.interface:
            client = each.client
            yield (
                f"2 123456789012 {client.interface} - - - - - - - {each.start} {each.start + 60} - NODATA "
                f"{client.vpc} {client.instance} - -"
            )


def _record(each: Conversation, seen_at: Host, size: tuple[int, int], *, to_server: bool, accepted: bool) -> str:
    source, destination = (each.client, each.server) if to_server else (each.server, each.client)
    ports = (each.client_port, each.server_port) if to_server else (each.server_port, each.client_port)
    flags = 0
    if each.protocol == _TCP:
        flags = (_SYN if not accepted else _SYN | _FIN) if to_server else _SYN_ACK | _FIN
    direction = "egress" if seen_at is source else "ingress"
    return (
        f"5 123456789012 {seen_at.interface} {source.address} {destination.address} {ports[0]} {ports[1]} "
        f"{each.protocol} {size[0]} {size[1]} {each.start} {each.start + each.seconds} "
        f"{'ACCEPT' if accepted else 'REJECT'} OK {seen_at.vpc} {seen_at.instance} {flags} {direction}"
    )


def _events(conversations: list[Conversation], random: Random) -> Iterator[dict[str, object]]:
    """About one TCP conversation in thirty, and more whose ports mislead; some about what no flow log has."""
    tcp = [each for each in conversations if each.protocol == _TCP]
    odd = [each for each in tcp if each.client_port < 1024]
    chosen = dict.fromkeys([*random.sample(tcp, len(tcp) // 30), *odd[: len(tcp) // 100]])
    for number, each in enumerate(chosen):
        sid = random.choice(list(_RULES))
        recorded = number % 10 > 0
        server = each.server if recorded else Host("203.0.113.9" if "." in each.server.address else "2001:db8:9::9")
        if not recorded and ":" in each.client.address and "." in server.address:
            continue
        told = _moment(each.start + each.seconds // 2)
        ends = {
            "src_ip": each.client.address,
            "src_port": each.client_port,
            "dest_ip": server.address,
            "dest_port": each.server_port,
        }
        common = {"flow_id": 10_000_000 + number, "proto": "TCP", "community_id": _community_id(each, server)}
        signature, severity = _RULES[sid]
        yield common | {
            "timestamp": told,
            "event_type": "alert",
            "alert": {"signature_id": sid, "signature": signature, "severity": severity, "gid": 1, "rev": 1},
            **_packet(ends, _moment(each.start), answer=number % 3 == 0, names_client=number % 5 > 0),
        }
        if number % 2:
            flow = {"start": _moment(each.start), "end": _moment(each.start + each.seconds), "state": "closed"}
            yield {
                **common,
                **ends,
                "timestamp": _moment(each.start + each.seconds + 60),
                "event_type": "flow",
                "flow": flow,
            }


def _packet(ends: dict[str, object], start: str, *, answer: bool, names_client: bool) -> dict[str, object]:
    """Of an alert: who sent the packet it is about. Suricata 7 says with it who is the client, 6 does not."""
    turned = {"src_ip": "dest_ip", "src_port": "dest_port", "dest_ip": "src_ip", "dest_port": "src_port"}
    sent = {name: ends[turned[name] if answer else name] for name in ends}
    if not names_client:
        return sent | {"flow": {"start": start}}
    return sent | {"direction": "to_client" if answer else "to_server", "flow": {"start": start, **ends}}


def _community_id(each: Conversation, server: Host) -> str:
    tuple_ = communityid.FlowTuple.make_tcp(each.client.address, server.address, each.client_port, each.server_port)
    return str(communityid.CommunityID().calc(tuple_))


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.000000+0000"
