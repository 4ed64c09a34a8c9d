"""The vocabulary that panels are declared with: aggregations by the names of OpenSearch's own documentation."""

from collections.abc import Mapping
from typing import Any

from dashboards.model import Bucket, Metric

COUNT = Metric("count", label="records")


def counted(label: str) -> Metric:
    """How many documents, under a name of their own."""
    return Metric("count", label=label)


def summed(field: str, label: str) -> Metric:
    """Sum of a number."""
    return Metric("sum", field, label)


def highest(field: str, label: str) -> Metric:
    """Greatest value of a number or a date."""
    return Metric("max", field, label)


def distinct(field: str, label: str) -> Metric:
    """How many different values, as an estimate (OpenSearch, "Cardinality")."""
    return Metric("cardinality", field, label)


def most_at_one(field: str, by: str, label: str) -> Metric:
    """The greatest of the sums of `field` for each value of `by`: what the one interface that saw most of it saw."""
    return Metric("max_bucket", field, label, {"by": by})


def over_time(label: str = "time") -> Bucket:
    """By time; the step follows the range that is looked at."""
    return Bucket("date_histogram", "@timestamp", label)


def top(field: str, size: int, label: str, *, by: int = 0, others: bool = False, of_each: int = 0) -> Bucket:
    """The values with most of the panel's metric number `by`.

    `of_each`: so many of them each partition tells of; OpenSearch's own choice is half as many again and ten.
    """
    return Bucket("terms", field, label, {"size": size, "by": by, "others": others, "of_each": of_each})


def fewest(field: str, size: int, label: str) -> Bucket:
    """The values with the fewest documents."""
    return Bucket("terms", field, label, {"size": size, "by": 0, "others": False, "order": "asc"})


def cases(label: str, filters: Mapping[str, str]) -> Bucket:
    """One bucket for each Lucene query, under its name."""
    return Bucket("filters", label=label, filters=dict(filters))


def ranges(field: str, label: str, *borders: tuple[int, int]) -> Bucket:
    """One bucket for each [from, to)."""
    found: list[dict[str, Any]] = [{"from": low, "to": high} for low, high in borders]
    return Bucket("range", field, label, {"ranges": found})
