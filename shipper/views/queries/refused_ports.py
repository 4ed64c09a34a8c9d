"""Which server ports were knocked at in vain."""

from collections.abc import Mapping
from typing import Any

from shipper.views.question import Cell, Question, Scope, by_one_search


def _body(scope: Scope) -> dict[str, Any]:
    return {
        "query": {"bool": {"filter": [scope.during, {"term": {"event.action": "reject"}}]}},
        "aggs": {
            "ports": {
                "multi_terms": {
                    "terms": [{"field": "server.port"}, {"field": "network.transport"}],
                    "size": scope.limit,
                },
                "aggs": {
                    "sources": {"cardinality": {"field": "client.ip"}},
                    "targets": {"cardinality": {"field": "server.ip"}},
                },
            }
        },
    }


def _rows(aggregations: Mapping[str, Any], scope: Scope) -> list[list[Cell]]:
    del scope
    return [
        [
            bucket["key"][0],
            bucket["key"][1],
            bucket["doc_count"],
            bucket["sources"]["value"],
            bucket["targets"]["value"],
        ]
        for bucket in aggregations.get("ports", {}).get("buckets", ())
    ]


REFUSED_PORTS = Question(
    title="Top refused server ports",
    rule="Counts flow-log records with action REJECT: only the interface that refuses writes one.",
    columns={"port": "right", "protocol": "left", "refused": "number", "clients": "number", "servers": "number"},
    answer=by_one_search("aws.vpcflow", _body, _rows),
)
