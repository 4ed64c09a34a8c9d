"""How much went each way, by each witness, and counted once. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from shipper.views.trace.connection import Connection, begun
from shipper.views.trace.witness import End, Event, Record


@dataclass(frozen=True, slots=True)
class Way:
    """One direction: accepted or seen packets and bytes, and packets that were refused."""

    packets: int = 0
    bytes: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """What one witness counted. `witness`: "flow logs" or "Suricata"; `place`: the interface, VNI or sensor."""

    witness: str
    place: str
    to_server: Way
    to_client: Way


def told(connection: Connection) -> list[Told]:
    """Each place that counted, flow logs first."""
    client = begun(connection).client
    logs: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in connection.records:
        logs[record.place, record.flow_log].append(record)
    flows: dict[str, list[Event]] = defaultdict(list)
    for event in connection.events:
        if event.kind == "flow":
            flows[event.place].append(event)
    from_logs = [
        Told("flow logs", " ".join(filter(None, place)), *_ways(records, client))
        for place, records in sorted(logs.items())
    ]
    return from_logs + [Told("Suricata", place, *_flow_ways(seen, client)) for place, seen in sorted(flows.items())]


def once(connection: Connection, witness: str) -> tuple[Way, Way] | None:
    """To the server and to the client, each at the place that counted most of it; None where nobody counted."""
    counted = [each for each in told(connection) if each.witness == witness]
    if not counted:
        return None
    return _most([each.to_server for each in counted]), _most([each.to_client for each in counted])


def _most(ways: Sequence[Way]) -> Way:
    greatest = max(ways, key=lambda way: (way.bytes, way.packets))
    return Way(greatest.packets, greatest.bytes, max(way.refused for way in ways))


def _ways(records: Sequence[Record], client: End) -> tuple[Way, Way]:
    """A record tells of one direction."""
    return _sum([each for each in records if each.source == client]), _sum(
        [each for each in records if each.source != client]
    )


def _sum(records: Sequence[Record]) -> Way:
    let_in = [each for each in records if each.action != "reject"]
    refused = sum(each.packets for each in records if each.action == "reject")
    return Way(sum(each.packets for each in let_in), sum(each.bytes for each in let_in), refused)


def _flow_ways(flows: Sequence[Event], client: End) -> tuple[Way, Way]:
    """A flow event tells of both."""
    to_server, to_client = Way(), Way()
    for flow in flows:
        sent, answered = _side(flow, "source"), _side(flow, "destination")
        if flow.source != client:
            sent, answered = answered, sent
        to_server, to_client = _plus(to_server, sent), _plus(to_client, answered)
    return to_server, to_client


def _side(flow: Event, side: str) -> Way:
    counted = flow.found.get(side, {})
    return Way(counted.get("packets") or 0, counted.get("bytes") or 0)


def _plus(one: Way, other: Way) -> Way:
    return Way(one.packets + other.packets, one.bytes + other.bytes)
