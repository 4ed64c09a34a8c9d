"""What Dashboards sends to OpenSearch for a stored panel: the body of its search. Pure.

So that panels can be run, timed and checked for emptiness without a browser. Source: requests of OpenSearch Dashboards
2.8, recorded for every kind of aggregation we use (`tests/data/dashboards/requests.json`, compared by a test).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from dashboards.saved_object import SavedObject

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TimeRange:
    """The range that is looked at: ISO 8601 texts or date math, and the step of histograms over it."""

    since: str
    until: str
    step: str = "30m"

    def clause(self, field: str) -> Body:
        """As a filter."""
        limits = {"gte": self.since, "lte": self.until, "format": "strict_date_optional_time"}
        return {"range": {field: limits}}


def request(panel: SavedObject, time_field: str | None, looked_at: TimeRange) -> Body:
    """The body for a visualization or a saved search. `time_field` None: its index pattern has none."""
    source = orjson.loads(panel.attributes["kibanaSavedObjectMeta"]["searchSourceJSON"])
    filters = [looked_at.clause(time_field)] if time_field else []
    query = {"query": _whole_query(source["query"]["query"], filters)}
    if panel.type == "search":
        return query | {"size": 50, "sort": [{field: {"order": order}} for field, order in panel.attributes["sort"]]}
    state = orjson.loads(panel.attributes["visState"])
    every_level = bool(state["params"].get("showMetricsAtAllLevels"))
    return query | {"size": 0, "aggs": _aggregations(state["aggs"], looked_at.step, every_level=every_level)}


def is_search(panel: SavedObject) -> bool:
    """Whether the object asks OpenSearch at all: headers and filters do not."""
    return panel.type == "search" or bool(
        panel.type == "visualization" and orjson.loads(panel.attributes["visState"])["aggs"]
    )


def _whole_query(text: str, filters: Sequence[Body]) -> Body:
    must = [_lucene(text)] if text else [{"match_all": {}}]
    return {"bool": {"must": must, "filter": list(filters), "should": [], "must_not": []}}


def _lucene(text: str) -> Body:
    return {"query_string": {"query": text, "analyze_wildcard": True, "time_zone": "UTC"}}


def _aggregations(stored: Sequence[Mapping[str, Any]], step: str, *, every_level: bool) -> Body:
    """Metrics stand in the innermost bucket, or in each one."""
    metrics = {each["id"]: each for each in stored if each["schema"] == "metric"}
    inner = _metrics(metrics.values())
    on_the_way = inner if every_level else {}
    for bucket in reversed([each for each in stored if each["schema"] != "metric"]):
        made = _bucket(bucket, metrics, step)
        below = inner | on_the_way | _order(bucket, metrics)
        inner = {bucket["id"]: made | ({"aggs": below} if below else {})}
    return inner


def _metrics(metrics: Iterable[Mapping[str, Any]]) -> Body:
    found: Body = {}
    for metric in metrics:
        found |= _metric(metric)
    return found


def _metric(metric: Mapping[str, Any]) -> Body:
    kind, params = metric["type"], metric["params"]
    if kind == "count":
        return {}  # every bucket tells its own
    if kind != "max_bucket":
        return {metric["id"]: {kind: {"field": params["field"]} | _json_input(params)}}
    bucket, inner = params["customBucket"], params["customMetric"]
    return {
        metric["id"]: {kind: {"buckets_path": f"{bucket['id']}>{inner['id']}"}},
        bucket["id"]: _terms(bucket["params"], {}) | {"aggs": _metric(inner)},
    }


def _bucket(bucket: Mapping[str, Any], metrics: Mapping[str, Any], step: str) -> Body:
    params = bucket["params"]
    match bucket["type"]:
        case "filters":
            filters = {each["label"]: _whole_query(each["input"]["query"], ()) for each in params["filters"]}
            return {"filters": {"filters": filters}}
        case "range":
            return {"range": {"field": params["field"], "ranges": params["ranges"], "keyed": True}}
        case "date_histogram":
            steps = {"fixed_interval": step, "time_zone": "UTC", "min_doc_count": params["min_doc_count"]}
            return {"date_histogram": {"field": params["field"]} | steps}
        case _:
            return _terms(params, metrics)


def _terms(params: Mapping[str, Any], metrics: Mapping[str, Any]) -> Body:
    by = params["orderBy"]
    if by == "custom":
        by = params["orderAgg"]["id"]
    elif by in metrics and metrics[by]["type"] == "count":
        by = "_count"
    asked = {"field": params["field"], "order": {by: params["order"]}, "size": params["size"]}
    return {"terms": asked | _json_input(params)}


def _json_input(params: Mapping[str, Any]) -> Body:
    """What stands in the editor's field of that name."""
    return dict(orjson.loads(params.get("json") or "{}"))


def _order(bucket: Mapping[str, Any], metrics: Mapping[str, Any]) -> Body:
    """What the bucket is ordered by stands beside what is asked for."""
    if bucket["type"] != "terms":
        return {}
    by = bucket["params"]["orderBy"]
    return _metric(bucket["params"]["orderAgg"] if by == "custom" else metrics[by])
