"""Why a witness says nothing, or not all: what there was around a connection, and the sentences it makes. Pure."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from shipper.views.question import Reply, Search, aggregations, buckets
from shipper.views.texts import moment_ms
from shipper.views.trace.connection import Connection

LAG: Final = timedelta(minutes=10)
"""Flow logs are written at intervals of at most ten minutes (Amazon VPC User Guide, "Flow log records")."""

_MOST_LISTED: Final = 10


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the witnesses said at the time, of anybody. `newest_record`: of all flow logs; `gaps`: status, interface."""

    now: datetime
    newest_record: datetime | None = None
    records: int = 0
    of_either: int = 0
    with_packets: int = 0
    gaps: Sequence[tuple[str, str]] = ()
    events: int = 0
    events_of_either: int = 0
    oldest_event: datetime | None = None
    newest_event: datetime | None = None


def surroundings(connection: Connection, now: datetime) -> Generator[Search, Reply, Surroundings]:
    """Asks what there was within ten minutes before and after."""
    begin, end = connection.start - LAG, connection.end + LAG
    time = {"range": {"@timestamp": {"gte": begin.isoformat(), "lte": end.isoformat()}}}
    ends = {end.address for each in connection.witnesses for end in (each.source, each.destination)}
    either = {"terms": {"related.ip": sorted(each for each in ends if each)}}
    gone = {"terms": {"aws.vpcflow.log_status": ["NODATA", "SKIPDATA"]}}
    told = aggregations((yield Search("aws.*flow", {"aggs": {
        "newest": {"max": {"field": "@timestamp"}},
        "then": {"filter": time, "aggs": {
            "records": {"filter": {"term": {"event.kind": "event"}}},
            "either": {"filter": either},
            "packets": {"filter": {"exists": {"field": "aws.vpcflow.pkt_srcaddr"}}},
            "gaps": {"filter": gone, "aggs": {"at": {"multi_terms": {"terms": [
                {"field": "aws.vpcflow.log_status"}, {"field": "aws.vpcflow.interface_id", "missing": ""},
            ], "size": 1000}}}},
        }},
    }})))  # fmt: skip
    seen = aggregations((yield Search("suricata.*", {"aggs": {
        "newest": {"max": {"field": "@timestamp"}},
        "oldest": {"min": {"field": "@timestamp"}},
        "then": {"filter": time, "aggs": {"either": {"filter": either}}},
    }})))  # fmt: skip
    then, at_all = told.get("then", {}), seen.get("then", {})
    return Surroundings(
        now=now,
        newest_record=_moment(told, "newest"),
        records=_count(then, "records"),
        of_either=_count(then, "either"),
        with_packets=_count(then, "packets"),
        gaps=tuple((bucket["key"][0], bucket["key"][1]) for bucket in buckets(then.get("gaps", {}), "at")),
        events=at_all.get("doc_count", 0),
        events_of_either=_count(at_all, "either"),
        oldest_event=_moment(seen, "oldest"),
        newest_event=_moment(seen, "newest"),
    )


def reasons(connection: Connection, around: Surroundings) -> list[str]:
    """A sentence for each thing that explains what is not there."""
    return [*_flow_logs(connection, around), *_sensor(connection, around)]


def _flow_logs(connection: Connection, around: Surroundings) -> Iterator[str]:
    interfaces = {each.place for each in connection.records} | {each.interface for each in connection.events}
    telling = {"SKIPDATA"} if connection.records else {"SKIPDATA", "NODATA"}  # it was quiet before or after: no news
    gaps = [(status, place) for status, place in around.gaps if status in telling]
    missing = sorted({f"{status} at {place}" for status, place in gaps if place in interfaces and place})
    if not connection.records:
        yield f"Flow logs are silent: {_why_no_record(connection, around)}"
        if gaps and not missing:
            missing = [f"{status} at {place or 'an interface'}" for status, place in sorted(gaps)]
            more = len(missing) - _MOST_LISTED
            missing = [*missing[:_MOST_LISTED], *([f"{more} more"] if more > 0 else [])]
    elif around.now - connection.end < LAG:
        yield "Flow logs may be incomplete: they lag by up to ten minutes."
    if missing:
        yield (
            f"Flow logs have gaps at that time: {', '.join(missing)}. NODATA: no traffic was there; SKIPDATA: records "
            "were lost inside AWS."
        )
    one_is_silent = not connection.records or not (connection.events or connection.refused_only)
    if one_is_silent and around.records and not around.with_packets:
        yield (
            "No record of that time has pkt-srcaddr and pkt-dstaddr: behind NAT gateways, load balancers and on EKS "
            "their addresses are not the packets', and the join is incomplete."
        )


def _why_no_record(connection: Connection, around: Surroundings) -> str:
    newest = around.newest_record
    if newest is None:
        return "none are loaded."
    if around.now - connection.end < LAG:
        return "they lag by up to ten minutes; ask again later."
    if newest < connection.end:
        return (
            f"the newest record is of {newest:%Y-%m-%d %H:%M:%S}; they lag by up to ten minutes, or are not loaded yet."
        )
    if not around.records:
        return "no record of any interface is of that time."
    if not around.of_either:
        return "no record of that time has either address: no flow log covers them, or they have others behind NAT."
    return "records of that time have these addresses, but none has this connection."


def _sensor(connection: Connection, around: Surroundings) -> Iterator[str]:
    if connection.events:
        yield from _told_in_part(connection)
        return
    if connection.refused_only:
        yield "Suricata is silent: refused traffic is never mirrored."
    elif around.newest_event is None or around.oldest_event is None:
        yield "Suricata is silent: no event of it is loaded."
    elif not around.events:
        yield (
            "Suricata is silent: no sensor said anything at that time; its events are from "
            f"{around.oldest_event:%Y-%m-%d %H:%M:%S} to {around.newest_event:%Y-%m-%d %H:%M:%S}."
        )
    elif not around.events_of_either:
        yield "Suricata is silent: it was there, but saw nothing of either address: their interfaces are not mirrored."
    else:
        yield (
            "Suricata is silent about this connection, though it saw others of these addresses: a filter or a sampled "
            "session left it out, or it still goes on (flows are written when they end)."
        )


def _told_in_part(connection: Connection) -> Iterator[str]:
    unknown = sorted({each.vni for each in connection.events if each.vni is not None and not each.interface})
    if unknown:
        numbers = ", ".join(map(str, unknown))
        yield f"VNI unknown: no inventory entry says whose packets {numbers} were at that time; joined by id and time."
    if connection.events and not any(each.kind in ("flow", "netflow") for each in connection.events):
        yield "Suricata has no flow event of it: flows are written when they end, so its bytes are not known yet."
    if connection.refused_only:
        yield "Flow logs show only refused traffic, Suricata saw packets: another interface let them in, or a retry."


def _count(found: Any, name: str) -> int:
    return int(found.get(name, {}).get("doc_count", 0))


def _moment(found: Any, name: str) -> datetime | None:
    value = found.get(name, {}).get("value")
    return None if value is None else moment_ms(value)
