"""A trace as lines for people, candidates as lines to choose from. Pure; who writes them hides control characters."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from shipper.views.counted_once import RULE
from shipper.views.trace.connection import Connection, begun
from shipper.views.trace.fact import at
from shipper.views.trace.find import Trace
from shipper.views.trace.silence import reasons
from shipper.views.trace.timeline import Entry, timeline
from shipper.views.trace.traffic import Told, once, told

_TOLD_BY: Final = {"": "not known", "a SYN": "told by a SYN", "Suricata": "as Suricata saw", "ports": "told by ports"}
_FRAMES: Final = "Flow logs count the bytes of IP packets, Suricata those of frames: Ethernet header and tags as well."
_COUNTERS: Final = ("packets →", "bytes →", "packets ←", "bytes ←", "refused")


def lines(trace: Trace, *, payloads: bool = False, limit: int = 200) -> Iterator[str]:
    """The whole view; of the timeline at most `limit` entries, the first and the last."""
    connection = trace.connection
    yield from _head(connection)
    yield ""
    yield from _counted(connection)
    yield ""
    yield from _story(timeline(connection, trace.notices), payloads, limit)
    if why := reasons(connection, trace.around):
        yield ""
        yield from why
    if trace.cut:
        yield ""
        yield "There is more of it than is looked at: the first 10,000 documents of each witness."


def summary(connection: Connection) -> str:
    """One line that tells a connection from others."""
    begin = begun(connection)
    network = ", ".join(sorted(connection.network)) or "network not known"
    seen = f"{len(connection.records)} records, {len(connection.events)} events"
    kinds = {each.kind for each in connection.events}
    actions = sorted({each.action for each in connection.records if each.action})
    marks = [*actions, *(["alert"] if "alert" in kinds else [])]
    return (
        f"{_time(connection.start)}  {begin.client} → {begin.server} {connection.transport}, {network}, {seen}"
        f"{''.join(f', {mark}' for mark in marks)}"
    )


def _head(connection: Connection) -> Iterator[str]:
    begin = begun(connection)
    seconds = (connection.end - connection.start).total_seconds()
    yield f"{begin.client} → {begin.server} {connection.transport} {connection.community_id}".rstrip()
    yield f"from {_time(connection.start)} to {_time(connection.end)} UTC ({seconds:,.0f} s)"
    yield f"begun by {begin.client.address} ({_TOLD_BY[begin.by]})"
    if connection.network:
        yield f"in {', '.join(sorted(connection.network))}"
    for action in ("accept", "reject"):
        places = sorted({each.place for each in connection.records if each.action == action})
        if places:
            yield f"{'accepted' if action == 'accept' else 'refused'} at {', '.join(places)}"
    yield from _mirrored(connection)


def _mirrored(connection: Connection) -> Iterator[str]:
    """Whose packets Suricata saw, each session once."""
    told_of = set()
    for each in connection.events:
        mirror = at(each.found, "flowtap.mirror") or {}
        if "vni" not in mirror or mirror["vni"] in told_of:
            continue
        told_of.add(mirror["vni"])
        names = (("session", "session_id"), ("interface", "eni"), ("instance", "instance_id"), ("VPC", "vpc_id"))
        known = [f"{name} {mirror[leaf]}" for name, leaf in names if mirror.get(leaf)]
        yield ", ".join([f"mirrored as VNI {mirror['vni']}", *(known or ["which no inventory entry knows"])])


def _counted(connection: Connection) -> Iterator[str]:
    rows: list[tuple[str, ...]] = [("who counted", "where", *_COUNTERS)]
    rows += [(each.witness, each.place, *_cells(each)) for each in told(connection)]
    if len(rows) == 1:
        yield "Nobody counted its bytes."
        return
    for witness in ("flow logs", "Suricata"):
        ways = once(connection, witness)
        if ways and sum(row[0] == witness for row in rows) > 1:
            rows.append((witness, "counted once", *_cells(Told(witness, "", *ways))))
    yield from _columns(rows, numbers=2)
    if any(row[1] == "counted once" for row in rows):
        yield RULE
    if len({row[0] for row in rows[1:]}) > 1:
        yield _FRAMES


def _cells(each: Told) -> tuple[str, ...]:
    refused = each.to_server.refused + each.to_client.refused
    ways = (each.to_server.packets, each.to_server.bytes, each.to_client.packets, each.to_client.bytes, refused)
    return tuple(f"{count:,}" for count in ways)


def _story(entries: Sequence[Entry], payloads: bool, limit: int) -> Iterator[str]:
    left_out = len(entries) - limit
    if left_out > 0:
        entries = [*entries[: limit // 2], *entries[len(entries) - (limit - limit // 2) :]]
    rows = [("time (UTC)", "who", "", "what  [seen at]")]
    rows += [(_time(each.at), each.kind, each.way, f"{each.text}  [{', '.join(each.places)}]") for each in entries]
    head, *told_lines = _columns(rows)
    yield head
    for number, (entry, line) in enumerate(zip(entries, told_lines, strict=True)):
        if left_out > 0 and number == limit // 2:
            yield f"  … {left_out:,} more; --limit shows them"
        yield line
        if entry.rule:
            yield f"    {entry.rule}"
        if payloads and entry.payload:
            yield from (f"    | {each}" for each in entry.payload.splitlines())


def _columns(rows: Sequence[Sequence[str]], numbers: int | None = None) -> Iterator[str]:
    """Cells in line; from column `numbers` on to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.rjust(width) if numbers is not None and number >= numbers else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] if moment.microsecond else moment.strftime("%Y-%m-%d %H:%M:%S")
