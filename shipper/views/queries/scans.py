"""One client that knocks at many ports, or at many hosts."""

from collections.abc import Sequence
from typing import Any

from shipper.views.distinct import counted
from shipper.views.filters import REFUSED
from shipper.views.leaders import of_each
from shipper.views.question import Answer, Question, Scope, Search, aggregations, buckets
from shipper.views.texts import when_ms

LEAST = 10
"""Fewer ports and fewer hosts are no scan."""

_WAYS = {"ports": "server.port", "hosts": "server.ip"}
# A count of distinct values takes memory for each client, refused clients may be a hundred thousand: so the leaders are
# found by rough counts, and they alone are counted well (OpenSearch API, "Cardinality": good up to about this many).
_ROUGHLY, _WELL = 50, 3000
_CANDIDATES = 5


def _answer(scope: Scope) -> Answer:
    rough = aggregations((yield Search("aws.vpcflow", _leading(scope))))
    clients = sorted({bucket["key"] for way in _WAYS for bucket in buckets(rough, way)})
    if not clients:
        return []
    figures = Search("aws.vpcflow", _figures(scope, clients))
    found = aggregations((yield figures))
    rows = [
        [
            bucket["key"],
            bucket["ports"]["value"],
            bucket["hosts"]["value"],
            bucket["doc_count"],
            when_ms(bucket["first"]["value"]),
            when_ms(bucket["last"]["value"]),
        ]
        for bucket in buckets(found, "clients")
        if max(bucket[way]["value"] for way in _WAYS) >= LEAST
    ]
    told: Sequence[Sequence[Any]] = yield from counted(
        rows, figures, {"client.ip": 0}, {path: at for at, path in enumerate(_WAYS.values(), 1)}
    )
    return sorted(told, key=lambda row: (-max(row[1], row[2]), -min(row[1], row[2]), row[0]))[: scope.limit]


def _leading(scope: Scope) -> dict[str, Any]:
    """The clients with most ports, and those with most hosts, more or less."""
    size = scope.limit * _CANDIDATES
    leading = {"size": size, "shard_size": of_each(size), "order": {"most": "desc"}}
    return {
        "query": scope.query(REFUSED),
        "aggs": {
            way: {
                "terms": {"field": "client.ip", **leading},
                "aggs": {"most": {"cardinality": {"field": path, "precision_threshold": _ROUGHLY}}},
            }
            for way, path in _WAYS.items()
        },
    }


def _figures(scope: Scope, clients: list[str]) -> dict[str, Any]:
    return {
        "query": scope.query(REFUSED, {"terms": {"client.ip": clients}}),
        "aggs": {
            "clients": {
                "terms": {"field": "client.ip", "size": len(clients)},
                "aggs": {
                    way: {"cardinality": {"field": path, "precision_threshold": _WELL}} for way, path in _WAYS.items()
                }
                | {"first": {"min": {"field": "event.start"}}, "last": {"max": {"field": "event.end"}}},
            }
        },
    }


QUESTION = Question(
    title="Scans: one client, many refused ports or hosts",
    rule=f"Counts what was refused; clients with fewer than {LEAST} ports and fewer than {LEAST} hosts are left out. "
    "Who leads is found by estimates.",
    columns={
        "client": "left",
        "ports": "number",
        "hosts": "number",
        "refused": "number",
        "first (UTC)": "left",
        "last (UTC)": "left",
    },
    answer=_answer,
)
