"""From a target to connections, from a connection to its whole story. Generators of searches; pure."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from shipper.views.filters import Clause
from shipper.views.question import Reply, Search, aggregations, hits
from shipper.views.trace.connection import Connection, grouped
from shipper.views.trace.network import Interfaces
from shipper.views.trace.notice import DECISIONS, FINDINGS, Notice, ids, notices, subjects
from shipper.views.trace.silence import Surroundings, surroundings
from shipper.views.trace.target import Target
from shipper.views.trace.witness import Hit, Key, Record, events, has_ends, key, moment, records

FLOW_LOGS: Final = "aws.*flow"
EVENTS: Final = "suricata.*"

MOST: Final = 10_000
"""Documents of a kind that are looked at: what OpenSearch gives in one reply."""

_SEEDS: Final = 1_000
_FEW_KEYS: Final = 20
_AROUND: Final = timedelta(hours=24)
_MOST_INTERFACES: Final = 200
# Bodies of payloads are only fetched where they are wanted.
_BIG: Final = (
    "suricata.eve.payload*",
    "suricata.eve.packet",
    "suricata.eve.*.payload*",
    "suricata.eve.http.http_*body*",
)

# As it came, all of it: one text that may be long.
_WHOLE: Final = ("aws.guardduty.finding", "flowtap.decision.message")

Searching = Generator[Search, Reply, Any]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Connections that fit, in the order of their begin. `cut`: there may be more, before these."""

    connections: Sequence[Connection]
    cut: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """One connection and what was going on around it. `cut`: it has more documents than are looked at.

    `notices`: what was found and decided about its machines within a day before and after.
    """

    connection: Connection
    around: Surroundings
    known: Interfaces
    cut: bool
    notices: tuple[Notice, ...] = ()


def newest(target: Target) -> Generator[Search, Reply, datetime | None]:
    """When the newest document of a target was; None where there is none."""
    found = []
    for dataset in (FLOW_LOGS, EVENTS):
        body = {"size": 1, "query": target.clause, "_source": ["@timestamp"], "sort": _sort("desc")}
        found += [moment(hit["_source"]["@timestamp"]) for hit in hits((yield Search(dataset, body)))]
    return max(found, default=None)


def candidates(target: Target, since: datetime, until: datetime) -> Generator[Search, Reply, Candidates]:
    """The connections of a target that have a document in [since, until), each with all its documents.

    Where they are very many, with those only by which they were found.
    """
    during = {"range": {"@timestamp": {"gte": since.isoformat(), "lt": until.isoformat()}}}
    query = {"bool": {"filter": [during, target.clause]}}
    seeds: list[Hit] = []
    cut = False
    for dataset in (FLOW_LOGS, EVENTS):
        found, more = yield from _fetched(dataset, query, _SEEDS, "desc")
        seeds += found
        cut = cut or more
    seeds = [seed for seed in seeds if has_ends(seed)]
    keys = sorted({key(seed) for seed in seeds})
    if not keys:
        return Candidates([], cut)
    if len(keys) > _FEW_KEYS:
        known = yield from _interfaces(records(_of(seeds, "aws")))
        return Candidates(grouped(records(_of(seeds, "aws")), events(_of(seeds, "suricata")), known), cut)
    ids = {seed["_id"] for seed in seeds}
    connections, _, more = yield from _whole(keys, *_times(seeds))
    return Candidates([one for one in connections if one.ids & ids], cut or more)


def story(connection: Connection, now: datetime, *, payloads: bool = False) -> Generator[Search, Reply, Trace]:
    """All documents of a candidate, and what there was around it. With the bodies of packets where wanted."""
    begin, end = connection.start - _AROUND, connection.end + _AROUND
    connections, known, cut = yield from _whole([connection.key], begin, end, payloads=payloads)
    mine = max(connections, key=lambda one: len(one.ids & connection.ids), default=connection)
    around = yield from surroundings(mine, now)
    told, more = yield from _notices(mine)
    return Trace(mine, around, known, cut or more, told)


def _notices(connection: Connection) -> Generator[Search, Reply, tuple[tuple[Notice, ...], bool]]:
    """Findings and decisions about its machines; whether documents were left out."""
    about, time = subjects(connection), _during(connection.start - _AROUND, connection.end + _AROUND)
    found, cut = yield from _fetched(FINDINGS, {"bool": {"filter": [time, about.findings]}}, MOST, "asc", _WHOLE)
    findings = [hit for hit in found if about.named(hit)]
    wanted = {"bool": {"filter": [time, about.decisions(ids(findings))]}}
    decisions, more = yield from _fetched(DECISIONS, wanted, MOST, "asc", _WHOLE)
    return notices(findings, decisions), cut or more


def _during(begin: datetime, end: datetime) -> Clause:
    return {"range": {"@timestamp": {"gte": begin.isoformat(), "lte": end.isoformat()}}}


def _whole(
    keys: Sequence[Key], begin: datetime, end: datetime, *, payloads: bool = False
) -> Generator[Search, Reply, tuple[list[Connection], Interfaces, bool]]:
    """Connections of these keys that overlap a time; what is known of interfaces; whether documents were left out."""
    query = {"bool": {"filter": [_during(begin, end), _any([_key_clause(each) for each in keys])]}}
    told, cut = yield from _fetched(FLOW_LOGS, query, MOST, "asc")
    seen, more = yield from _fetched(EVENTS, query, MOST, "asc", [] if payloads else _BIG)
    flow_logs = [each for each in records(told) if each.key in keys]
    known = yield from _interfaces(flow_logs)
    return grouped(flow_logs, [each for each in events(seen) if each.key in keys], known), known, cut or more


def _fetched(
    dataset: str, query: Clause, size: int, order: str, without: Sequence[str] = _BIG
) -> Generator[Search, Reply, tuple[Sequence[Hit], bool]]:
    body = {"size": size, "query": query, "sort": _sort(order), "_source": {"excludes": list(without)}}
    reply = yield Search(dataset, body)
    total = reply.get("hits", {}).get("total", {}).get("value", 0)
    return hits(reply), total > size or len(hits(reply)) < min(total, size)


def _sort(order: str) -> list[dict[str, Any]]:
    return [{"@timestamp": {"order": order, "unmapped_type": "date"}}]


def _of(seeds: Sequence[Hit], dataset: str) -> list[Hit]:
    return [seed for seed in seeds if seed["_source"]["event"]["dataset"].startswith(f"{dataset}.")]


def _times(seeds: Sequence[Hit]) -> tuple[datetime, datetime]:
    """From a day before the first of them to a day after the last."""
    begins = [seed["_source"].get("event", {}).get("start") or seed["_source"]["@timestamp"] for seed in seeds]
    ends = [seed["_source"]["@timestamp"] for seed in seeds]
    return min(map(moment, begins)) - _AROUND, max(map(moment, ends)) + _AROUND


def _key_clause(of: Key) -> Clause:
    if len(of) == 1:
        return {"term": {"network.community_id": of[0]}}
    protocol, *addresses = of
    both = [{"term": {"related.ip": address}} for address in addresses]
    numbers = {"icmp": "1", "ipv6-icmp": "58"}
    named = [{"term": {"network.transport": protocol}}]
    named += [{"term": {"network.iana_number": numbers.get(protocol, protocol)}}]
    return {"bool": {"filter": [*both, _any(named)]}}


def _interfaces(found: Sequence[Record]) -> Generator[Search, Reply, Interfaces]:
    """Whose addresses are whose: what all records of an interface have in that day is its own address."""
    in_all = _in_all(found)
    pairs = sorted((place, address) for place, addresses in in_all.items() for address in addresses)
    pairs = pairs[:_MOST_INTERFACES]
    if not in_all:
        return Interfaces()
    begin, end = min(each.start for each in found) - _AROUND, max(each.end for each in found) + _AROUND
    time = _during(begin, end)
    places = sorted(in_all)
    lacking = {f"{place} {address}": _without(place, address) for place, address in pairs}
    body = {
        "query": {"bool": {"filter": [time, {"terms": {"aws.vpcflow.interface_id": places}}]}},
        "aggs": {
            **({"strangers": {"filters": {"filters": lacking}}} if lacking else {}),
            "vpcs": {
                "multi_terms": {
                    "terms": [{"field": "aws.vpcflow.interface_id"}, {"field": "aws.vpcflow.vpc_id"}],
                    "size": _MOST_INTERFACES,
                }
            },
        },
    }
    answer = aggregations((yield Search("aws.vpcflow", body)))
    strangers = answer.get("strangers", {}).get("buckets", {})
    asked = {place for place, _ in pairs}
    own: dict[str, set[str]] = {place: set() for place in places if place in asked or not in_all[place]}
    for place, address in pairs:
        if not strangers.get(f"{place} {address}", {}).get("doc_count", 1):
            own[place].add(address)
    vpcs = {bucket["key"][0]: bucket["key"][1] for bucket in answer.get("vpcs", {}).get("buckets", ())}
    return Interfaces(vpcs, {place: frozenset(addresses) for place, addresses in own.items()})


def _in_all(found: Sequence[Record]) -> Mapping[str, set[str]]:
    """Interface → addresses that no record at hand of it and of their family lacks: no other needs to be asked for."""
    seen: dict[tuple[str, bool], set[str]] = {}
    for each in found:
        if each.place:
            family = each.place, ":" in each.seen[0]
            seen[family] = seen.get(family, set(each.seen)) & set(each.seen)
    made: dict[str, set[str]] = {}
    for (place, _), addresses in seen.items():
        made[place] = made.get(place, set()) | addresses
    return made


def _without(place: str, address: str) -> Mapping[str, Any]:
    """Records of an interface that do not have this address, of its family."""
    four = {"term": {"source.ip": "0.0.0.0/0"}}
    of_family = {"filter": [four]} if ":" not in address else {"must_not": [four]}
    filters = [{"term": {"aws.vpcflow.interface_id": place}}, {"exists": {"field": "source.ip"}}, {"bool": of_family}]
    has = [{"term": {"source.ip": address}}, {"term": {"destination.ip": address}}]
    return {"bool": {"filter": filters, "must_not": has}}


def _any(clauses: Sequence[Clause]) -> Clause:
    return {"bool": {"should": list(clauses), "minimum_should_match": 1}}
