"""Leaves that no column is copied to, for many records at once: `derived` in columns."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np
import orjson

from shipper.decoders.columnar.addresses import Addresses, no_addresses
from shipper.decoders.columnar.cells import Cells, Flags, Ints, Words, equals, same
from shipper.decoders.columnar.community_ids import Flows, community_ids
from shipper.decoders.columnar.distinct import words
from shipper.decoders.columnar.document import listed, text
from shipper.decoders.columnar.joined import Part, Presence
from shipper.decoders.flow_log.column_records import Records
from shipper.decoders.flow_log.columns import HAS_PORTS, protocols
from shipper.decoders.flow_log.derived import OUTCOMES, TCP_FLAGS, TRAFFIC_PATHS
from shipper.decoders.flow_log.fields import TGW
from shipper.decoders.iana_protocols import COMMUNITY_ID_PORTS, ICMP, PROTOCOLS, TCP
from shipper.decoders.initiator import ACK, SERVICE_PORTS, SYN

_NONE = -1
_BYTE = 255
_INITIATORS = (b"syn", b"port", b"unknown")
_FAMILIES = (b"ipv4", b"ipv6")

Made = tuple[str, Sequence[Part], Presence]
"""A leaf's path, its value in parts, and which records have it."""


def derived_leaves(found: Records) -> Iterator[Made]:
    """What is added to records of traffic. NODATA and SKIPDATA records get none of these, but a type they have."""
    columns, traffic = found.columns, found.traffic
    protocol = protocols(columns, len(found), absent=_NONE)
    known = traffic & (protocol >= 0)
    yield "network.transport", text(Words(_TRANSPORTS, protocol & _BYTE)), known & _HAS_TRANSPORT[protocol]
    yield from _type_leaf(found)
    yield from _community_leaf(found, protocol)
    yield from _flag_leaf(found)
    path = columns.get("traffic-path")
    if path is not None:
        wanted = traffic & path.present & _HAS_PATH_NAME[path.numbers]
        yield "aws.vpcflow.traffic_path_name", text(Words(_PATH_NAMES, path.numbers)), wanted
    yield from _event_leaves(found)
    yield from _client_and_server(found, protocol)


def _type_leaf(found: Records) -> Iterator[Made]:
    source, destination = _address(found, "srcaddr"), _address(found, "dstaddr")
    v4, v6 = source.v4 | ~source.v6 & destination.v4, source.v6 | ~source.v4 & destination.v6
    column = found.columns.get("type")
    given = np.zeros(len(found), np.bool_) if column is None else column.present
    derived = found.traffic & ~given
    known = derived & (v4 | v6)
    parts: list[Part] = [(b'"', None), (Words(_FAMILIES, v6.astype(np.int64)), known)]
    parts += [] if column is None else [(words(column.cells) or column.cells, given)]
    yield "network.type", [*parts, (b'"', None)], given | known


def _community_leaf(found: Records, protocol: Ints) -> Iterator[Made]:
    """As in `derived`: the packet's addresses first, then the interface's where that id is another."""
    source, destination, both = _ports(found, protocol)
    hashed = _CARRIES_PORTS[protocol] & (protocol >= 0)
    able = found.traffic & (protocol >= 0) & ~_IS_ICMP[protocol] & (both | ~hashed)
    flows = Flows(np.maximum(protocol, 0), (source << 16 | destination) * hashed)
    elements: list[tuple[Cells, Flags]] = []
    for wanted, one, other in _pairs(found, able):
        ids = community_ids(one, other, flows, wanted)
        for before, there in elements:
            rows = np.flatnonzero(there & wanted)
            wanted[rows] = ~same(before.take(rows), ids.take(rows))
        elements.append((ids, wanted))
    if elements:
        present = np.logical_or.reduce([wanted for _, wanted in elements])
        parts = listed([(text(ids), wanted) for ids, wanted in elements])
        yield "network.community_id", [(b"[", None), *parts, (b"]", None)], present


def _pairs(found: Records, able: Flags) -> Iterator[tuple[Flags, Addresses, Addresses]]:
    """Pairs of address columns, and the rows whose id is asked for: those where an earlier pair's texts are others."""
    seen: list[tuple[Flags, Addresses, Addresses]] = []
    for names in (("pkt-srcaddr", "pkt-dstaddr"), ("srcaddr", "dstaddr")):
        one, other = (_address(found, name) for name in names)
        wanted = able & (one.v4 & other.v4 | one.v6 & other.v6)
        for there, first, second in seen:
            wanted &= ~(there & (first.codes == one.codes) & (second.codes == other.codes))
        if wanted.any():
            seen.append((wanted, one, other))
            yield seen[-1]


def _flag_leaf(found: Records) -> Iterator[Made]:
    column = found.columns.get("tcp-flags")
    if column is not None:
        wanted = found.traffic & column.present & _HAS_FLAG_NAMES[column.numbers]
        yield f"{found.layout.dataset.own}.tcp_flags_array", [(Words(_FLAG_NAMES, column.numbers), None)], wanted


def _event_leaves(found: Records) -> Iterator[Made]:
    column = found.columns.get("action")
    verdict = np.zeros(len(found), np.int64)
    if column is not None:
        for at, action in enumerate(OUTCOMES, 1):
            verdict[column.present & equals(column.cells, action.encode("ascii"))] = at
    types = [b'["connection"]', *(orjson.dumps(["connection", word]) for word, _ in OUTCOMES.values())]
    outcomes = [b"", *(orjson.dumps(outcome) for _, outcome in OUTCOMES.values())]
    yield "event.type", [(Words(types, verdict), None)], found.traffic
    yield "event.outcome", [(Words(outcomes, verdict), None)], found.traffic & (verdict > 0)


def _client_and_server(found: Records, protocol: Ints) -> Iterator[Made]:
    source, destination = _address(found, "srcaddr"), _address(found, "dstaddr")
    present = found.traffic & source.valid & destination.valid
    if not present.any():
        return
    one, other, both = _ports(found, protocol)
    how, source_is_client = _initiator(found, protocol)
    yield "flowtap.initiator", text(Words(_INITIATORS, how)), present
    client, server = _either(source_is_client, source.cells, destination.cells)
    yield "client.ip", text(client), present
    yield "server.ip", text(server), present
    if "srcport" in found.columns and "dstport" in found.columns:
        _, port = _either(source_is_client, found.columns["srcport"].cells, found.columns["dstport"].cells)
        yield "server.port", [(port, None)], present & both & ((one != 0) | (other != 0))


def _initiator(found: Records, protocol: Ints) -> tuple[Ints, Flags]:
    """`flow_log_derived.initiator` for all: which of _INITIATORS, and whether the source is the client."""
    one, other, both = _ports(found, protocol)
    column = found.columns.get("tcp-flags")
    flags = np.zeros(len(found), np.int64) if column is None else column.numbers * column.present
    flags *= (protocol == TCP) | (protocol == _NONE)
    acks = (flags & ACK) > 0
    syn = (flags & SYN) > 0
    if found.layout.dataset is TGW:
        syn &= ~acks
    unknown = ~both | (one == other)
    source_serves, destination_serves = _serves()[one], _serves()[other]
    by_port = np.where(source_serves == destination_serves, other < one, destination_serves)
    how = np.where(syn, 0, np.where(unknown, 2, 1))
    return how, np.where(syn, ~acks, unknown | by_port)


def _ports(found: Records, protocol: Ints) -> tuple[Ints, Ints, Flags]:
    """`flow_log_derived.ports`: source and destination port, and which rows have both."""
    source, destination = found.columns.get("srcport"), found.columns.get("dstport")
    if source is None or destination is None:
        return np.zeros(len(found), np.int64), np.zeros(len(found), np.int64), np.zeros(len(found), np.bool_)
    one, other = source.numbers, destination.numbers
    carries = np.where(protocol == _NONE, (one != 0) | (other != 0), HAS_PORTS[protocol])
    return one, other, source.present & destination.present & carries


def _either(first: Flags, one: Cells, other: Cells) -> tuple[Cells, Cells]:
    """One text where `first`, else the other; and the one left. Both are of one buffer."""
    chosen = Cells(one.source, np.where(first, one.starts, other.starts), np.where(first, one.lengths, other.lengths))
    left = Cells(one.source, np.where(first, other.starts, one.starts), np.where(first, other.lengths, one.lengths))
    return chosen, left


def _address(found: Records, name: str) -> Addresses:
    column = found.columns.get(name)
    if column is None or column.addresses is None:
        return no_addresses(len(found))
    return column.addresses


@lru_cache(maxsize=1)
def _serves() -> Flags:
    """By port: whether it is a service's."""
    found = np.zeros(1 << 16, np.bool_)
    found[1:1024] = True
    found[list(SERVICE_PORTS)] = True
    return found


def _marked(numbers: frozenset[int]) -> Flags:
    found = np.zeros(256, np.bool_)
    found[list(numbers)] = True
    return found


_CARRIES_PORTS = _marked(COMMUNITY_ID_PORTS)
_IS_ICMP = _marked(ICMP)


def _by_number(names: Mapping[int, bytes]) -> tuple[Sequence[bytes], Flags]:
    """Texts by number up to 255, and which numbers have one."""
    return [names.get(number, b"") for number in range(256)], _marked(frozenset(names))


def _encoded(names: Mapping[int, str]) -> Mapping[int, bytes]:
    return {number: name.encode("ascii") for number, name in names.items()}


_TRANSPORTS, _HAS_TRANSPORT = _by_number(_encoded(PROTOCOLS))
_PATH_NAMES, _HAS_PATH_NAME = _by_number(_encoded(TRAFFIC_PATHS))
_FLAG_NAMES, _HAS_FLAG_NAMES = _by_number(
    {
        flags: orjson.dumps(names)
        for flags in range(256)
        if (names := [name for bit, name in TCP_FLAGS.items() if flags & bit])
    }
)
