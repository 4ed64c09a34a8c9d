"""Which rules fired."""

from collections.abc import Mapping
from typing import Any

from shipper.views.distinct import by_leaders_and
from shipper.views.filters import ALERT_FILTERS
from shipper.views.question import Question, Rows, Scope, buckets
from shipper.views.texts import when_ms


def _body(scope: Scope) -> dict[str, Any]:
    names = {"terms": {"field": "rule.name", "size": 1}}
    return {
        "query": scope.query(),
        "aggs": {
            "rules": {
                "terms": {"field": "rule.id", "size": scope.limit},
                "aggs": {
                    "name": names,
                    "severity": {"max": {"field": "event.severity"}},
                    "clients": {"cardinality": {"field": "client.ip"}},
                    "servers": {"cardinality": {"field": "server.ip"}},
                    "last": {"max": {"field": "@timestamp"}},
                },
            }
        },
    }


def _rows(found: Mapping[str, Any], _scope: Scope) -> Rows:
    return [
        [
            bucket["key"],
            next((name["key"] for name in bucket["name"]["buckets"]), None),
            int(bucket["severity"]["value"] or 0),
            bucket["doc_count"],
            bucket["clients"]["value"],
            bucket["servers"]["value"],
            when_ms(bucket["last"]["value"]),
        ]
        for bucket in buckets(found, "rules")
    ]


QUESTION = Question(
    title="Alerts by signature",
    rule="Counts alerts. Severity is 0 to 100, as event.severity has it. Who is client is told by Suricata, else by "
    "ports.",
    columns={
        "sid": "right",
        "alert": "left",
        "severity": "number",
        "alerts": "number",
        "clients": "number",
        "servers": "number",
        "last (UTC)": "left",
    },
    answer=by_leaders_and("suricata.alert", _body, _rows, {"rule.id": 0}, {"client.ip": 4, "server.ip": 5}),
    dataset="suricata.alert",
    filters=ALERT_FILTERS,
)
