"""Which server ports were knocked at in vain."""

from collections.abc import Mapping
from typing import Any

from shipper.views.distinct import by_leaders_and
from shipper.views.filters import REFUSED
from shipper.views.question import Question, Rows, Scope, buckets


def _body(scope: Scope) -> dict[str, Any]:
    return {
        "query": scope.query(REFUSED),
        "aggs": {
            "ports": {
                "multi_terms": {
                    "terms": [{"field": "server.port"}, {"field": "network.transport"}],
                    "size": scope.limit,
                },
                "aggs": {
                    "clients": {"cardinality": {"field": "client.ip"}},
                    "servers": {"cardinality": {"field": "server.ip"}},
                },
            }
        },
    }


def _rows(found: Mapping[str, Any], _scope: Scope) -> Rows:
    return [
        [*bucket["key"], bucket["doc_count"], bucket["clients"]["value"], bucket["servers"]["value"]]
        for bucket in buckets(found, "ports")
    ]


QUESTION = Question(
    title="Top refused server ports",
    rule="Counts flow-log records with action REJECT: only the interface that refuses writes one.",
    columns={"port": "right", "protocol": "left", "refused": "number", "clients": "number", "servers": "number"},
    answer=by_leaders_and(
        "aws.vpcflow", _body, _rows, {"server.port": 0, "network.transport": 1}, {"client.ip": 3, "server.ip": 4}
    ),
)
