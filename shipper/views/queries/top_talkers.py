"""Who sent most to whom."""

from collections.abc import Mapping
from typing import Any

from shipper.views.question import Cell, Question, Scope, by_one_search

# Both ends count at most a few times over, so the true leaders are among this many times as many candidates.
_CANDIDATES = 5
_INTERFACES = 10


def _body(scope: Scope) -> dict[str, Any]:
    counters = {"bytes": {"sum": {"field": "source.bytes"}}, "packets": {"sum": {"field": "source.packets"}}}
    interfaces = {"field": "aws.vpcflow.interface_id", "size": _INTERFACES, "missing": "", "order": {"bytes": "desc"}}
    return {
        "query": {"bool": {"filter": [scope.during, {"term": {"event.action": "accept"}}]}},
        "aggs": {
            "pairs": {
                "multi_terms": {
                    "terms": [{"field": "source.ip"}, {"field": "destination.ip"}],
                    "size": scope.limit * _CANDIDATES,
                    "order": {"bytes": "desc"},
                },
                "aggs": {"bytes": counters["bytes"], "interfaces": {"terms": interfaces, "aggs": counters}},
            }
        },
    }


def _rows(aggregations: Mapping[str, Any], scope: Scope) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for pair in aggregations.get("pairs", {}).get("buckets", ()):
        most = pair["interfaces"]["buckets"][0]
        rows.append([*pair["key"], int(most["bytes"]["value"]), int(most["packets"]["value"]), most["key"] or None])
    return sorted(rows, key=lambda row: -int(row[2] or 0))[: scope.limit]


TOP_TALKERS = Question(
    title="Top talkers",
    rule="Both ends record the same traffic: each direction of a pair counts at the one interface that saw most of it.",
    columns={"source": "left", "destination": "left", "bytes": "number", "packets": "number", "seen at": "left"},
    answer=by_one_search("aws.vpcflow", _body, _rows),
)
