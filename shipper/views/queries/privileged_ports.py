"""Privileged ports (1024 and below): what was refused there, beside what was let through."""

from collections.abc import Mapping
from typing import Any

from shipper.views.distinct import by_leaders_and
from shipper.views.filters import ACCEPTED, REFUSED
from shipper.views.question import Question, Rows, Scope, buckets

_PRIVILEGED = {"range": {"server.port": {"gte": 1, "lte": 1024}}}


def _body(scope: Scope) -> dict[str, Any]:
    return {
        "query": scope.query(_PRIVILEGED),
        "aggs": {
            "ports": {
                "multi_terms": {
                    "terms": [{"field": "server.port"}, {"field": "network.transport"}],
                    "size": scope.limit,
                    "order": [{"refused": "desc"}, {"accepted": "desc"}],
                },
                "aggs": {
                    "refused": {"filter": REFUSED},
                    "accepted": {"filter": ACCEPTED},
                    "clients": {"cardinality": {"field": "client.ip"}},
                },
            }
        },
    }


def _rows(found: Mapping[str, Any], _scope: Scope) -> Rows:
    return [
        [
            *bucket["key"],
            bucket["refused"]["doc_count"],
            bucket["accepted"]["doc_count"],
            bucket["clients"]["value"],
        ]
        for bucket in buckets(found, "ports")
    ]


QUESTION = Question(
    title="Privileged ports, refused and accepted",
    rule="Counts flow-log records by the server's port, 1 to 1024, most refused first: what is let through between two "
    "recorded interfaces counts at both.",
    columns={"port": "right", "protocol": "left", "refused": "number", "accepted": "number", "clients": "number"},
    answer=by_leaders_and("aws.vpcflow", _body, _rows, {"server.port": 0, "network.transport": 1}, {"client.ip": 4}),
)
