"""Records that rules treat alike: one interface, one way, one service between two ends, one action. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shipper.access.record import Seen, seen


@dataclass(slots=True)
class SeenFlow:
    """`seen`: its newest record, of those that tell best who began. `ids` are those of its documents."""

    seen: Seen
    first: datetime
    last: datetime
    records: int = 0
    packets: int = 0
    ids: list[str] = field(default_factory=list)


def alike(documents: Iterable[Mapping[str, Any]]) -> list[SeenFlow]:
    """What was refused comes first, then what came in, then the newest. Raises ConfigError for what has no rules."""
    found: dict[tuple[object, ...], SeenFlow] = {}
    for document in documents:
        one = seen(document)
        packet = one.packet
        client, server = (packet.source, packet.destination)[:: 1 if one.from_client else -1]
        port = packet.destination_port if one.from_client else packet.source_port
        key = (one.interface, client, server, port, packet.protocol, one.action, one.from_client, one.reason)
        flow = found.setdefault(key, SeenFlow(one, one.begin, one.end))
        flow.seen = max(flow.seen, one, key=lambda each: (each.told_by == "syn", each.end))
        flow.first, flow.last = min(flow.first, one.begin), max(flow.last, one.end)
        flow.records += 1
        flow.packets += one.packets
        flow.ids += [document["_id"]] if "_id" in document else []
    return sorted(found.values(), key=lambda each: (each.seen.action != "reject", not each.seen.from_client))
