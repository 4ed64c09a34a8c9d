"""A trace, and connections to choose from, as JSON for machines. Pure."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from shipper.views.trace.connection import Connection, begun
from shipper.views.trace.find import Trace
from shipper.views.trace.silence import reasons
from shipper.views.trace.timeline import timeline
from shipper.views.trace.traffic import once, told


def document(trace: Trace, *, payloads: bool = False) -> dict[str, Any]:
    """Everything that the text shows, ids of all documents, and flow-log records and events as they are stored."""
    connection = trace.connection
    entries = [asdict(entry) for entry in timeline(connection, trace.notices)]
    for entry in entries:
        if not payloads:
            entry.pop("payload")
    return {
        **brief(connection),
        "counted": [asdict(each) for each in told(connection)],
        "once": {
            witness: {"to_server": asdict(ways[0]), "to_client": asdict(ways[1])}
            for witness in ("flow logs", "Suricata")
            if (ways := once(connection, witness))
        },
        "timeline": entries,
        "silence": reasons(connection, trace.around),
        "cut": trace.cut,
        "records": [{"_id": each.id, **each.found} for each in connection.records],
        "events": [{"_id": each.id, **each.found} for each in connection.events],
        "notices": [{"_id": each.id, **each.found} for each in trace.notices],
    }


def brief(connection: Connection) -> dict[str, Any]:
    """What tells it from others."""
    begin = begun(connection)
    return {
        "community_id": connection.community_id or None,
        "client": asdict(begin.client),
        "server": asdict(begin.server),
        "transport": connection.transport,
        "begun_told_by": begin.by or None,
        "network": sorted(connection.network),
        "start": connection.start,
        "end": connection.end,
        "actions": sorted({each.action for each in connection.records if each.action}),
        "ids": sorted(connection.ids),
    }


def choices(connections: Sequence[Connection]) -> list[dict[str, Any]]:
    """Each with the number that picks it."""
    return [{"pick": number, **brief(one)} for number, one in enumerate(connections, 1)]
