"""A panel's aggregations as Dashboards stores them: `aggs` of a visualization's `visState`. Pure.

Source: OpenSearch Dashboards 2.8, src/plugins/data/common/search/aggs (what its editor saves).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.model import Bucket, Draw, Metric, Panel
from dashboards.saved_object import text

_ONE_VALUE = {Draw.METRIC, Draw.GAUGE}
# The first bucket's schema and that of the others.
_SCHEMAS = {Draw.DONUT: ("segment", "segment"), Draw.TABLE: ("bucket", "bucket")}
_CANDIDATES = 500
"""So many values a sum's greatest is sought among."""
_ROUGHLY = 20
"""Precision threshold of a count of distinct values that only orders buckets: 128 bytes for each; exact up to 20,
then within about a tenth (OpenSearch, "Cardinality"). With the default, 16 KiB each, a hundred thousand clients were
more than a node of 1 GiB gives. What is shown is counted as usual, for the few buckets that are left."""


def aggregations(panel: Panel) -> list[dict[str, Any]]:
    """Metrics first, then buckets from the outside in; ids are "1", "2", … in that order."""
    metrics = [_metric(str(number), metric) for number, metric in enumerate(panel.metrics, 1)]
    first = len(metrics) + 1
    buckets = [
        _bucket(str(number), bucket, schema(panel.draw, number - first), panel.metrics)
        for number, bucket in enumerate(panel.buckets, first)
    ]
    return metrics + buckets


def schema(draw: Draw, place: int) -> str:
    """What the bucket in this place (0 is the outermost) is for."""
    if draw in _ONE_VALUE:
        return "group"
    first, other = _SCHEMAS.get(draw, ("segment", "group"))
    return other if place else first


def _entry(number: str, kind: str, params: Mapping[str, Any], schema_name: str) -> dict[str, Any]:
    return {"id": number, "enabled": True, "type": kind, "params": dict(params), "schema": schema_name}


def _metric(number: str, metric: Metric) -> dict[str, Any]:
    if metric.kind == "max_bucket":
        return _entry(number, metric.kind, _greatest_sum(number, metric), "metric")
    params = {key: value for key, value in (("field", metric.field), ("customLabel", metric.label)) if value}
    return _entry(number, metric.kind, params, "metric")


def _greatest_sum(number: str, metric: Metric) -> dict[str, Any]:
    inner = _entry(f"{number}-metric", "sum", {"field": metric.field}, "metricAgg")
    # Not in the order of their sums: Dashboards would send that order's aggregation in place of the metric.
    terms = _terms(metric.params["by"], _CANDIDATES, "_key")
    return {
        "customLabel": metric.label,
        "customBucket": _entry(f"{number}-bucket", "terms", terms, "bucketAgg"),
        "customMetric": inner,
    }


def _order(number: str, metric: Metric) -> dict[str, Any]:
    """By what buckets are ordered where the metric itself will not do."""
    if metric.kind == "max_bucket":  # cannot order (OpenSearch, "Sibling aggregations"): the sum itself does
        return _entry(f"{number}-orderAgg", "sum", {"field": metric.field}, "orderAgg")
    params = {"field": metric.field, "json": text({"precision_threshold": _ROUGHLY})}
    return _entry(f"{number}-orderAgg", metric.kind, params, "orderAgg")


def _bucket(number: str, bucket: Bucket, schema_name: str, metrics: Sequence[Metric]) -> dict[str, Any]:
    label = {"customLabel": bucket.label} if bucket.label else {}
    params: dict[str, Any]
    match bucket.kind:
        case "filters":
            params = {"filters": [
                {"input": {"query": query, "language": "lucene"}, "label": name}
                for name, query in bucket.filters.items()
            ]} | label  # fmt: skip
        case "range":
            params = {"field": bucket.field, "ranges": bucket.params["ranges"]} | label
        case "date_histogram":
            params = _histogram(bucket.field) | label
        case _:
            asked = bucket.params
            params = _terms(bucket.field, asked["size"], _ordered_by(asked["by"], metrics)) | label
            params |= {"otherBucket": asked["others"], "order": asked.get("order", "desc")}
            if asked.get("of_each"):
                params["json"] = text({"shard_size": asked["of_each"]})
            if params["orderBy"] == "custom":
                params["orderAgg"] = _order(number, metrics[asked["by"]])
    return _entry(number, bucket.kind, params, schema_name)


def _ordered_by(by: int, metrics: Sequence[Metric]) -> str:
    return "custom" if metrics[by].kind in {"max_bucket", "cardinality"} else str(by + 1)


def _terms(field: str, size: int, order_by: str) -> dict[str, Any]:
    return {
        "field": field,
        "orderBy": order_by,
        "order": "desc",
        "size": size,
        "otherBucket": False,
        "otherBucketLabel": "Other",
        "missingBucket": False,
        "missingBucketLabel": "Missing",
    }


def _histogram(field: str) -> dict[str, Any]:
    return {
        "field": field,
        "useNormalizedOpenSearchInterval": True,
        "scaleMetricValues": False,
        "interval": "auto",
        "drop_partials": False,
        "min_doc_count": 1,
        "extended_bounds": {},
    }
