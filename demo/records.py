"""Flows as VPC flow logs record them: one record per interface, direction and minute. Pure.

Amazon VPC User Guide, "Flow log records" and "Flow log record examples" (NAT gateway, TCP flags, NODATA, SKIPDATA).
"""

from collections.abc import Iterator
from typing import NamedTuple

from demo import network as cast
from demo.flow import TCP, Ends, Flow, Verdict, Volume
from demo.network import Interface
from demo.stage import MINUTE, PortBook

NO_VALUE = "-"

FIN, SYN, RST, SYN_ACK = 1, 2, 4, 18

# "Available fields", traffic-path: the path egress traffic takes. Ingress has none.
SAME_VPC, PEERING, INTERNET_GATEWAY = 1, 4, 8


class Record(NamedTuple):
    """One line of the custom format, in its order; the first fourteen are the default format's. Missing is `-`."""

    version: int
    account_id: str
    interface_id: str
    srcaddr: str
    dstaddr: str
    srcport: int | str
    dstport: int | str
    protocol: int | str
    packets: int | str
    bytes: int | str
    start: int
    end: int
    action: str
    log_status: str
    vpc_id: str
    subnet_id: str
    instance_id: str
    tcp_flags: int | str
    type: str
    pkt_srcaddr: str
    pkt_dstaddr: str
    flow_direction: str
    traffic_path: int | str


DEFAULT_FIELDS = 14


class End(NamedTuple):
    """One end as an interface sees it: srcaddr or dstaddr, the same of the packet itself, the port."""

    shown: str
    packet: str
    port: int


class Sighting(NamedTuple):
    """How one interface sees a conversation. `path` is the traffic path of what leaves it."""

    interface: Interface
    client: End
    server: End
    request_leaves: bool
    path: int


class Slice(NamedTuple):
    """The part of a volume that falls into one minute, from its first to its last second."""

    start: int
    end: int
    volume: Volume


def sightings(flow: Flow, nat_ports: PortBook) -> list[Sighting]:
    """Every interface that sees the flow, in the order the request passes them."""
    client, server = cast.BY_ADDRESS.get(flow.ends.client), cast.BY_ADDRESS.get(flow.ends.server)
    asking = End(flow.ends.client, flow.ends.client, flow.client_port)
    asked = End(flow.ends.server, flow.ends.server, flow.ends.server_port)
    seen = []
    if client:
        seen.append(Sighting(client, asking, asked, request_leaves=True, path=path(client, server)))
    if client and not server and not client.subnet.public:
        seen += _through_nat(flow, asking, asked, nat_ports)
    if server:
        seen.append(Sighting(server, asking, asked, request_leaves=False, path=path(server, client)))
    return seen


def _through_nat(flow: Flow, asking: End, asked: End, nat_ports: PortBook) -> list[Sighting]:
    """The NAT gateway shows itself as the end of both legs; on the inner one pkt-* holds the far end."""
    nat = cast.NAT.address
    port = nat_ports.take(Ends(nat, asked.packet, asked.port, flow.ends.protocol))
    outside = End(nat, nat, port)
    return [
        Sighting(cast.NAT, asking, End(nat, asked.packet, asked.port), request_leaves=False, path=SAME_VPC),
        Sighting(cast.NAT, outside, asked, request_leaves=True, path=INTERNET_GATEWAY),
    ]


def path(here: Interface, there: Interface | None) -> int:
    """The traffic path from an interface to another, or to the internet."""
    if there is None:
        return INTERNET_GATEWAY if here.subnet.public else SAME_VPC
    return SAME_VPC if here.subnet.vpc == there.subnet.vpc else PEERING


def records(flow: Flow, sighting: Sighting) -> Iterator[Record]:
    """What the interface's flow log says of the flow, request and response."""
    action = "REJECT" if flow.verdict is Verdict.REFUSED and not sighting.request_leaves else "ACCEPT"
    yield from _one_way(flow, sighting, flow.request, action, is_request=True)
    yield from _one_way(flow, sighting, flow.response, action, is_request=False)


def _one_way(flow: Flow, seen: Sighting, volume: Volume, action: str, *, is_request: bool) -> Iterator[Record]:
    source, destination = (seen.client, seen.server) if is_request else (seen.server, seen.client)
    leaves = seen.request_leaves is is_request
    interface = seen.interface
    parts = slices(flow.span.start, flow.span.last, volume)
    for index, part in enumerate(parts):
        yield Record(
            version=5,
            account_id=cast.ACCOUNT,
            interface_id=interface.eni,
            srcaddr=source.shown,
            dstaddr=destination.shown,
            srcport=source.port,
            dstport=destination.port,
            protocol=flow.ends.protocol,
            packets=part.volume.packets,
            bytes=part.volume.bytes,
            start=part.start,
            end=part.end,
            action=action,
            log_status="OK",
            vpc_id=interface.subnet.vpc.id,
            subnet_id=interface.subnet.id,
            instance_id=interface.instance,
            tcp_flags=_tcp_flags(flow, is_request=is_request, first=index == 0, last=index == len(parts) - 1),
            type="IPv6" if ":" in source.packet else "IPv4",
            pkt_srcaddr=source.packet,
            pkt_dstaddr=destination.packet,
            flow_direction="egress" if leaves else "ingress",
            traffic_path=seen.path if leaves else NO_VALUE,
        )


def _tcp_flags(flow: Flow, *, is_request: bool, first: bool, last: bool) -> int:
    """Flags are OR-ed over the minute; a plain ACK counts as none."""
    if flow.ends.protocol != TCP:
        return 0
    if flow.verdict is Verdict.ANSWERED:
        return (SYN if is_request else SYN_ACK) * first + FIN * last
    return SYN if is_request else RST


def slices(start: int, last: int, volume: Volume) -> list[Slice]:
    """A volume spread evenly over [start, last] and cut at full minutes; minutes without a packet are left out."""
    if start // MINUTE == last // MINUTE:
        return [Slice(start, last, volume)] if volume.packets else []
    parts = []
    seconds = last - start + 1
    packets_before = bytes_before = 0
    for minute in range(start - start % MINUTE, last + 1, MINUTE):
        end = min(last, minute + MINUTE - 1)
        # Rounded up, so that the first packet falls into the first minute.
        packets = -(-volume.packets * (end - start + 1) // seconds)
        size = volume.bytes * packets // volume.packets if volume.packets else 0
        if packets > packets_before:
            parts.append(Slice(max(start, minute), end, Volume(packets - packets_before, size - bytes_before)))
        packets_before, bytes_before = packets, size
    return parts


_EMPTY = Record(
    5, cast.ACCOUNT, "-",
    "-", "-", "-", "-", "-", "-", "-",
    0, 0, "-", "NODATA",
    "-", "-", "-", "-", "-", "-", "-", "-", "-",
)  # fmt: skip


def without_flows(interface: Interface, start: int, log_status: str) -> Record:
    """A minute in which the interface saw nothing (NODATA) or the flow log lost count (SKIPDATA)."""
    return _EMPTY._replace(
        interface_id=interface.eni,
        start=start,
        end=start + MINUTE - 1,
        log_status=log_status,
        vpc_id=interface.subnet.vpc.id,
        subnet_id=interface.subnet.id,
    )


def default_format(record: Record) -> str:
    """The record's line in the default (version 2) format."""
    return " ".join(map(str, (2, *record[1:DEFAULT_FIELDS])))


def custom_format(record: Record) -> str:
    """The record's line in the custom format."""
    return " ".join(map(str, record))


CUSTOM_HEADER = " ".join(name.replace("_", "-") for name in Record._fields)
DEFAULT_HEADER = " ".join(name.replace("_", "-") for name in Record._fields[:DEFAULT_FIELDS])
