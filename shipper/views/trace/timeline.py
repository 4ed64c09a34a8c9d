"""One connection in the order of time: records and events as entries, what both mirrored ends show told once. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from shipper.views.trace.connection import Connection, begun
from shipper.views.trace.fact import at, fact
from shipper.views.trace.notice import Notice
from shipper.views.trace.witness import End, Event, Record

SAME: Final = timedelta(seconds=2)
"""An event that is told at both mirrored ends is told within this."""


@dataclass(frozen=True, slots=True)
class Entry:
    """`way` is "→" to the server, "←" to the client, "" for both. `places`: who saw it. `ids`: of its documents."""

    at: datetime
    kind: str
    way: str
    text: str
    places: tuple[str, ...]
    ids: tuple[str, ...]
    rule: str = ""
    payload: str = ""
    mirror: Mapping[str, Any] = field(default_factory=dict)


def timeline(connection: Connection, notices: Sequence[Notice] = ()) -> list[Entry]:
    """All entries; a record stands where it begins, a flow of Suricata where it ends, a finding as last updated."""
    client = begun(connection).client
    entries = [*_of_records(connection.records, client), *_of_events(connection.events, client)]
    entries += [Entry(each.at, each.kind, "", each.text, each.places, (each.id,)) for each in notices]
    return sorted(entries, key=lambda entry: (entry.at, entry.kind != "flow log", entry.kind, entry.ids))


def _of_records(records: Sequence[Record], client: End) -> Iterator[Entry]:
    for record in records:
        seconds = int((record.end - record.start).total_seconds()) - 1
        size = f"{record.packets:,} packets, {record.bytes:,} bytes"
        flags = at(record.found, "aws.vpcflow.tcp_flags_array") or at(record.found, "aws.tgw.tcp_flags_array")
        parts = [
            f"{record.action or 'passed'}: {size} in {seconds} s",
            f"TCP flags {' '.join(flags)}" if flags else "",
            str(at(record.found, "event.reason") or ""),
            f"at its interface {record.seen[0]} → {record.seen[1]}" if record.translated else "",
        ]
        text = ", ".join(filter(None, parts))
        yield Entry(record.start, "flow log", _way(record, client), text, (record.place,), (record.id,))


def _of_events(events: Sequence[Event], client: End) -> Iterator[Entry]:
    """An event that is said at another place too, soon, is one."""
    told: dict[tuple[str, str, str], list[list[Event]]] = {}
    for event in events:
        same = told.setdefault((event.kind, fact(event.found), str(event.source)), [])
        open_ = [
            one for one in same if event.at - one[0].at <= SAME and event.place not in {each.place for each in one}
        ]
        if open_:
            open_[0].append(event)
        else:
            same.append([event])
    for groups in told.values():
        for group in groups:
            yield _entry(group, client)


def _entry(group: Sequence[Event], client: End) -> Entry:
    first = group[0]
    return Entry(
        at=first.at,
        kind=first.kind,
        way="" if first.kind == "flow" else _way(first, client),
        text=fact(first.found),
        places=tuple(dict.fromkeys(each.place for each in group)),
        ids=tuple(each.id for each in group),
        rule=str(at(first.found, "suricata.eve.alert.rule") or ""),
        payload=str(at(first.found, "suricata.eve.payload_printable") or ""),
        mirror=at(first.found, "flowtap.mirror") or {},
    )


def _way(each: Record | Event, client: End) -> str:
    return "→" if each.source == client else "←"
