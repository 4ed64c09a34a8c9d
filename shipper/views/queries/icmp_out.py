"""Who sends ICMP outside."""

from collections.abc import Mapping
from typing import Any

from shipper.views.distinct import by_leaders_and
from shipper.views.filters import FLOW_FILTERS, REFUSED
from shipper.views.networks import private
from shipper.views.question import Question, Rows, Scope, buckets

_ICMP = {"terms": {"network.transport": ["icmp", "ipv6-icmp"]}}


def _body(scope: Scope) -> dict[str, Any]:
    return {
        "query": scope.query(
            _ICMP,
            private("source.ip"),
            {"exists": {"field": "destination.ip"}},
            without=[private("destination.ip")],
        ),
        "aggs": {
            "sources": {
                "terms": {"field": "source.ip", "size": scope.limit, "order": {"packets": "desc"}},
                "aggs": {
                    "packets": {"sum": {"field": "source.packets"}},
                    "bytes": {"sum": {"field": "source.bytes"}},
                    "refused": {"filter": REFUSED},
                    "destinations": {"cardinality": {"field": "destination.ip"}},
                },
            }
        },
    }


def _rows(found: Mapping[str, Any], _scope: Scope) -> Rows:
    return [
        [
            bucket["key"],
            bucket["destinations"]["value"],
            bucket["doc_count"],
            bucket["refused"]["doc_count"],
            int(bucket["packets"]["value"]),
            int(bucket["bytes"]["value"]),
        ]
        for bucket in buckets(found, "sources")
    ]


QUESTION = Question(
    title="Outbound ICMP by source",
    rule="Counts records of ICMP from private addresses to others: the far end has no interface here that records it "
    "again, but each interface on the way does.",
    columns={
        "source": "left",
        "destinations": "number",
        "records": "number",
        "refused": "number",
        "packets": "number",
        "bytes": "number",
    },
    answer=by_leaders_and("aws.vpcflow", _body, _rows, {"source.ip": 0}, {"destination.ip": 1}),
    filters=FLOW_FILTERS - {"port"},
)
