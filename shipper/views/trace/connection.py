"""One connection: the documents of both witnesses that belong together, and what follows from them. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shipper.views.trace.network import Interfaces, Network, Witness, networks
from shipper.views.trace.span import Span, connections
from shipper.views.trace.witness import End, Event, Key, Record


@dataclass(frozen=True, slots=True)
class Connection:
    """`records` and `events` in the order of time. `network`: names of VPCs or a VNI; empty where it is not known.

    `start` and `end` are when it was first and last seen; a record that covers other connections too says neither.
    """

    key: Key
    network: Network
    start: datetime
    end: datetime
    records: tuple[Record, ...]
    events: tuple[Event, ...]

    @property
    def witnesses(self) -> tuple[Witness, ...]:
        """Records, then events."""
        return (*self.records, *self.events)

    @property
    def transport(self) -> str:
        """The protocol's name."""
        return next(each.transport for each in self.witnesses)

    @property
    def community_id(self) -> str:
        """Empty for ICMP, and other protocols that have none."""
        return self.key[0] if len(self.key) == 1 else ""

    @property
    def ids(self) -> frozenset[str]:
        """Of its documents."""
        return frozenset(each.id for each in self.witnesses)

    @property
    def refused_only(self) -> bool:
        """Whether every flow-log record of it is of refused traffic."""
        return bool(self.records) and all(each.action == "reject" for each in self.records)


@dataclass(frozen=True, slots=True)
class Begun:
    """Who began, to whom, and how that is known: "a SYN", "Suricata", "ports", or "" where it is not."""

    client: End
    server: End
    by: str


def grouped(records: Sequence[Record], events: Sequence[Event], known: Interfaces) -> list[Connection]:
    """All connections of these documents, in the order of their begin."""
    by_key: dict[Key, list[Witness]] = defaultdict(list)
    documents: list[Witness] = [*records, *events]
    for each in documents:
        by_key[each.key].append(each)
    made = [found for key, witnesses in by_key.items() for found in _of_key(key, witnesses, known)]
    return sorted(made, key=lambda one: (one.start, one.end, one.key, sorted(one.network)))


def begun(connection: Connection) -> Begun:
    """A SYN tells best, then the sensor, which sees answers too, then the ports."""
    for how in ("a SYN", "Suricata", "ports", ""):
        for each, told in _tellers(connection):
            if told == how:
                ends = each.source, each.destination
                return Begun(*(ends if _source_began(each) else ends[::-1]), how)
    raise AssertionError("every document tells something")


def _of_key(key: Key, witnesses: Sequence[Witness], known: Interfaces) -> Iterator[Connection]:
    by_network: dict[Network, list[Witness]] = defaultdict(list)
    for each, network in zip(witnesses, networks(witnesses, known), strict=True):
        by_network[network].append(each)
    for network, found in by_network.items():
        for span in connections(_spans(found)):
            of = [found[number] for number in span.of]
            yield Connection(
                key,
                network,
                span.start,
                span.end,
                tuple(sorted((each for each in of if isinstance(each, Record)), key=_record_order)),
                tuple(sorted((each for each in of if isinstance(each, Event)), key=_event_order)),
            )


def _spans(found: Sequence[Witness]) -> Iterator[Span]:
    """A flow of Suricata is one, a record is one."""
    flows: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, each in enumerate(found):
        if isinstance(each, Record):
            yield Span(each.start, each.end, each.opens, each.closes, False, [number])
        else:
            flows[(each.flow_id or each.id, each.place, each.observer)].append(number)
    for numbers in flows.values():
        of = [found[number] for number in numbers]
        yield Span(
            min(each.start for each in of),
            max(each.end for each in of),
            next((each.opens for each in of if each.opens is not None), None),
            next((each.closes for each in of if each.closes is not None), None),
            True,
            numbers,
        )


def _tellers(connection: Connection) -> Iterator[tuple[Witness, str]]:
    words: Mapping[str, str] = {"syn": "a SYN", "suricata": "Suricata", "port": "ports"}
    for each in connection.witnesses:
        yield each, words.get(each.found.get("flowtap", {}).get("initiator", ""), "")


def _source_began(each: Witness) -> bool:
    """Client and server are told of the interface's addresses, which need not be the packet's."""
    if isinstance(each, Event):
        return each.client in ("", each.source.address)
    client, server = each.found.get("client", {}).get("ip"), each.found.get("server", {}).get("port")
    if each.seen[0] != each.seen[1]:
        return client is None or client == each.found["source"]["ip"]
    return server is None or server == each.destination.port


def _record_order(each: Record) -> tuple[datetime, datetime, str, str, str]:
    return each.start, each.end, str(each.source), each.place, each.id


def _event_order(each: Event) -> tuple[datetime, str, str]:
    return each.at, each.place, each.id
