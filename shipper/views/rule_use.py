"""Accepted requests of flow logs by interface, ends and service, as a stream of pages: what uses rules.

Counted once (who asks, at one interface): requests only, and where several flow logs cover an interface, the one that
has most.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

from shipper.views.filters import ACCEPTED
from shipper.views.question import Reply, Scope, Search, aggregations, buckets

_INTERFACE, _FLOW_LOG = "aws.vpcflow.interface_id", "aws.vpcflow.flow_log_id"
_ENDS: Final = (_INTERFACE, "source.ip", "destination.ip", "client.ip")
_SERVICE: Final = ("network.iana_number", "server.port", _FLOW_LOG)
_PAGE: Final = 10_000
_MOST_INTERFACES: Final = 10_000
"""Of one search (OpenSearch allows 65,536 terms)."""


class Requests(NamedTuple):
    """So many records of one client asking one server for one service, at one interface."""

    interface: str
    ends: tuple[str, str]
    service: tuple[int | None, int | None]
    records: int
    last_ms: float


Searches = Generator[Search, Reply, None]


def requests(scope: Scope, interfaces: Sequence[str], take: Callable[[Requests], None]) -> Searches:
    """Page by page; `take` is given each as it comes, so that memory holds one page."""
    for begin in range(0, len(interfaces), _MOST_INTERFACES):
        wanted = {"terms": {_INTERFACE: list(interfaces[begin : begin + _MOST_INTERFACES])}}
        after: Any = None
        open_buckets: list[Mapping[str, Any]] = []
        while True:
            pages: dict[str, Any] = {"size": _PAGE, "sources": _sources()} | ({"after": after} if after else {})
            body = {
                "query": scope.query(ACCEPTED, wanted),
                "aggs": {"asked": {"composite": pages, "aggs": {"last": {"max": {"field": "event.end"}}}}},
            }
            found = aggregations((yield Search("aws.vpcflow", body)))
            page = [*open_buckets, *buckets(found, "asked")]
            after = found.get("asked", {}).get("after_key")
            groups = [list(same) for _, same in groupby(page, key=_without_flow_log)]
            # The last group may go on at the next page's begin.
            open_buckets = groups.pop() if groups and after else []
            for each in _told(groups):
                take(each)
            if after is None:
                break


def recorded(scope: Scope, interfaces: Sequence[str]) -> Generator[Search, Reply, frozenset[str]]:
    """Which of these interfaces have any record in this time: of the others nothing is known."""
    found: set[str] = set()
    for begin in range(0, len(interfaces), _MOST_INTERFACES):
        wanted = list(interfaces[begin : begin + _MOST_INTERFACES])
        body = {
            "query": scope.query({"terms": {_INTERFACE: wanted}}),
            "aggs": {"interfaces": {"terms": {"field": _INTERFACE, "size": len(wanted)}}},
        }
        reply = aggregations((yield Search("aws.vpcflow", body)))
        found |= {bucket["key"] for bucket in buckets(reply, "interfaces")}
    return frozenset(found)


def _sources() -> list[dict[str, Any]]:
    return [
        *({path: {"terms": {"field": path}}} for path in _ENDS),
        *({path: {"terms": {"field": path, "missing_bucket": True}}} for path in _SERVICE),
    ]


def _without_flow_log(bucket: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(bucket["key"][path] for path in (*_ENDS, *_SERVICE[:-1]))


def _told(groups: Sequence[Sequence[Mapping[str, Any]]]) -> Iterator[Requests]:
    """Requests go from the client; of several flow logs the one with most records counts."""
    for same in groups:
        best = max(same, key=lambda bucket: bucket["doc_count"])
        key = best["key"]
        if key["client.ip"] != key["source.ip"]:
            continue
        protocol, port = key["network.iana_number"], key["server.port"]
        yield Requests(
            key[_INTERFACE],
            (key["source.ip"], key["destination.ip"]),
            (None if protocol is None else int(protocol), port),
            best["doc_count"],
            best["last"]["value"] or 0,
        )


TITLE: Final = "Rules of security groups, and the accepted requests that they let through"
RULE: Final = (
    "Records of requests that were accepted, at the interface that has the rule: answers need none. A record that "
    "several rules let through counts for each; alone: for this one only."
)
COLUMNS: Final[Mapping[str, str]] = {
    "group": "left",
    "rule": "left",
    "says": "left",
    "description": "left",
    "interfaces": "number",
    "records": "number",
    "alone": "number",
    "perhaps": "number",
    "last (UTC)": "left",
}
