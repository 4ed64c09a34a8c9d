"""Which hosts alerts are about."""

from collections.abc import Mapping
from typing import Any

from shipper.views.filters import ALERT_FILTERS
from shipper.views.leaders import of_each
from shipper.views.question import Answer, Question, Reply, Scope, Search, aggregations, buckets
from shipper.views.texts import when_ms

_SIDES = ("client", "server")
# Hosts of both sides are put together: the leaders of both are among this many times as many of each.
_CANDIDATES = 5


def _answer(scope: Scope) -> Answer:
    leading = yield Search("suricata.alert", _body(scope, scope.limit * _CANDIDATES, None))
    hosts = sorted({bucket["key"] for side in _SIDES for bucket in buckets(aggregations(leading), side)})
    if not hosts:
        return []
    whole = yield Search("suricata.alert", _body(scope, len(hosts), hosts))
    leaders = sorted(_counts(whole).items(), key=lambda item: (-sum(item[1][0]), item[0]))[: scope.limit]
    return [[host, sum(sides), *sides, severity, when_ms(last)] for host, (sides, severity, last) in leaders]


def _body(scope: Scope, size: int, hosts: list[str] | None) -> dict[str, Any]:
    about = {"severity": {"max": {"field": "event.severity"}}, "last": {"max": {"field": "@timestamp"}}}
    return {
        "query": scope.query(),
        "aggs": {
            side: {
                "terms": {"field": f"{side}.ip", "size": size, "shard_size": of_each(size)}
                | ({"include": hosts} if hosts else {}),
                "aggs": about,
            }
            for side in _SIDES
        },
    }


def _counts(reply: Reply) -> Mapping[str, tuple[list[int], int, float]]:
    counts: dict[str, tuple[list[int], int, float]] = {}
    for at, side in enumerate(_SIDES):
        for bucket in buckets(aggregations(reply), side):
            sides, severity, last = counts.get(bucket["key"], ([0, 0], 0, 0.0))
            sides[at] = bucket["doc_count"]
            worst = max(severity, int(bucket["severity"]["value"] or 0))
            counts[bucket["key"]] = (sides, worst, max(last, bucket["last"]["value"]))
    return counts


QUESTION = Question(
    title="Alerts by host",
    rule="Each alert counts at its client and at its server. Who is client is told by Suricata, else by ports.",
    columns={
        "host": "left",
        "alerts": "number",
        "as client": "number",
        "as server": "number",
        "worst severity": "number",
        "last (UTC)": "left",
    },
    answer=_answer,
    dataset="suricata.alert",
    filters=ALERT_FILTERS,
)
