"""Groups that lead, over any number of partitions.

A shard tells of the groups that lead in it, as many as it is asked for: one that is second everywhere is missed, one
that leads here only is counted short (OpenSearch API, "Terms": `shard_size`). So each shard is asked for many groups
with nothing but what orders them, and then for all figures of those that were found.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any, Final

from shipper.views.filters import Clause
from shipper.views.question import Reply, Search, aggregations, buckets

_OF_EACH: Final = 10_000
_AT_ONCE: Final = 200  # groups; OpenSearch takes 1,024 clauses in a query

Bucket = Mapping[str, Any]


def of_each(size: int) -> int:
    """How many groups each shard tells of, for `size` of them all to be the right ones."""
    return max(_OF_EACH, 2 * size)


def leaders(search: Search) -> Generator[Search, Reply, dict[str, Any]]:
    """The aggregations of a search that has one, `terms` or `multi_terms`: with the groups that lead all partitions."""
    ((name, wanted),) = search.body["aggs"].items()
    kind = "terms" if "terms" in wanted else "multi_terms"
    order = [rank for rank in _orders(wanted[kind]) if not rank.startswith("_")]
    bare = {
        kind: {**wanted[kind], "shard_size": of_each(wanted[kind]["size"])},
        "aggs": {path: wanted["aggs"][path] for path in order},
    }
    found = buckets(aggregations((yield _with(search, {name: bare}))), name)
    groups = [_about(wanted[kind], bucket) for bucket in found]
    told: list[Bucket] = []
    for begin in range(0, len(groups), _AT_ONCE):
        whole = {**wanted, kind: {**wanted[kind], "size": _AT_ONCE}}
        these = {"bool": {"should": groups[begin : begin + _AT_ONCE], "minimum_should_match": 1}}
        told += buckets(aggregations((yield _with(search, {name: whole}, these))), name)
    return {name: {"buckets": sorted(told, key=lambda bucket: _rank(bucket, order))}}


def _with(search: Search, aggs: Mapping[str, Any], *more: Clause) -> Search:
    query = {"bool": {"filter": [search.body["query"], *more]}} if more else search.body["query"]
    return Search(search.dataset, {"query": query, "aggs": aggs})


def _orders(terms: Mapping[str, Any]) -> Iterator[str]:
    """What groups are ordered by, the greatest first."""
    given = terms.get("order", {})
    for each in given if isinstance(given, list) else [given]:
        yield from each


def _about(terms: Mapping[str, Any], bucket: Bucket) -> Clause:
    """Records of a group."""
    leaves = [each["field"] for each in terms.get("terms", [terms])]
    values = bucket["key"] if isinstance(bucket["key"], list) else [bucket["key"]]
    clauses = [{"term": {leaf: value}} for leaf, value in zip(leaves, values, strict=True)]
    return {"bool": {"filter": clauses}}


def _rank(bucket: Bucket, order: Sequence[str]) -> tuple[float, ...]:
    """Less for what comes first."""
    figures = [bucket[path].get("value", bucket[path].get("doc_count")) for path in order]
    return tuple(-figure for figure in (figures or [bucket["doc_count"]]))
