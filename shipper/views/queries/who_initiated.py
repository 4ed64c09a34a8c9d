"""Who opens connections to whom."""

from collections.abc import Mapping
from typing import Any

from shipper.views.distinct import by_leaders_and
from shipper.views.filters import REFUSED
from shipper.views.question import Question, Rows, Scope, buckets

_LEAVES = ("client.ip", "server.ip", "server.port", "network.transport")


def _body(scope: Scope) -> dict[str, Any]:
    return {
        "query": scope.query(),
        "aggs": {
            "ways": {
                "multi_terms": {
                    "terms": [{"field": leaf} for leaf in _LEAVES],
                    "size": scope.limit,
                },
                "aggs": {
                    "connections": {"cardinality": {"field": "network.community_id"}},
                    "syn": {"filter": {"term": {"flowtap.initiator": "syn"}}},
                    "refused": {"filter": REFUSED},
                },
            }
        },
    }


def _rows(found: Mapping[str, Any], _scope: Scope) -> Rows:
    return [
        [
            *bucket["key"],
            bucket["connections"]["value"],
            bucket["doc_count"],
            bucket["refused"]["doc_count"],
            "a SYN" if bucket["syn"]["doc_count"] else "ports",
        ]
        for bucket in buckets(found, "ways")
    ]


QUESTION = Question(
    title="Who initiated",
    rule="Those with most records come first. Connections are distinct community ids, so both ends' records are one. "
    "Who is client is told by a SYN where the format has tcp-flags, else by ports.",
    columns={
        "client": "left",
        "server": "left",
        "port": "right",
        "protocol": "left",
        "connections": "number",
        "records": "number",
        "refused": "number",
        "told by": "left",
    },
    answer=by_leaders_and(
        "aws.vpcflow", _body, _rows, {leaf: at for at, leaf in enumerate(_LEAVES)}, {"network.community_id": 4}
    ),
)
