"""What was let through and what was refused, hour by hour (or whatever step gives some twenty rows)."""

from collections.abc import Mapping
from typing import Any

from shipper.views.question import Question, Rows, Scope, buckets, by_one_search

_ROWS = 24
# Seconds; steps people read well.
_STEPS = (60, 300, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 7 * 86400, 30 * 86400)


def _step(scope: Scope) -> int:
    wanted = (scope.until - scope.since).total_seconds() / _ROWS
    return next((step for step in _STEPS if step >= wanted * 0.95), _STEPS[-1])


def _body(scope: Scope) -> dict[str, Any]:
    return {
        "query": scope.query({"terms": {"event.action": ["accept", "reject"]}}),
        "aggs": {
            "times": {
                "date_histogram": {
                    "field": "@timestamp",
                    "fixed_interval": f"{_step(scope)}s",
                    "format": "uuuu-MM-dd HH:mm",
                    "min_doc_count": 1,
                },
                "aggs": {"actions": {"terms": {"field": "event.action", "size": 2}}},
            }
        },
    }


def _rows(found: Mapping[str, Any], _scope: Scope) -> Rows:
    return [
        [bucket["key_as_string"], counts.get("accept", 0), counts.get("reject", 0)]
        for bucket in buckets(found, "times")
        if (counts := {action["key"]: action["doc_count"] for action in bucket["actions"]["buckets"]})
    ]


QUESTION = Question(
    title="Accepted and refused over time",
    rule="Counts flow-log records: traffic between two recorded interfaces counts at both.",
    columns={"from (UTC)": "left", "accepted": "number", "refused": "number"},
    answer=by_one_search("aws.vpcflow", _body, _rows),
)
