"""Deletes partitions that are wholly older than their dataset's retention, by the time span in their names.

Whole partitions by exact name only; never a wildcard, never the undated partition, never what is not ours.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shipper.opensearch.client import Store, segment
from shipper.partition import PartitionRule


@dataclass(frozen=True, slots=True)
class PartitionSize:
    """An index, its documents and its bytes on disk, replicas included. 0 where OpenSearch does not say (closed)."""

    index: str
    documents: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Deletion:
    """A partition to delete; it holds [begin, end)."""

    index: str
    dataset: str
    begin: datetime
    end: datetime
    documents: int
    bytes: int


def plan(
    sizes: Iterable[PartitionSize],
    rules: Mapping[str, PartitionRule],
    retention_days: Mapping[str, int | None],
    now: datetime,
) -> tuple[Deletion, ...]:
    """What is due, oldest first. Datasets without days, or with 0 or None, keep everything."""
    due = (_deletion(size, rules, retention_days, now) for size in sizes)
    return tuple(sorted((found for found in due if found), key=lambda found: (found.begin, found.index)))


def read_sizes(store: Store, prefix: str) -> tuple[PartitionSize, ...]:
    """Every partition of a prefix (`_cat/indices`), closed ones included."""
    columns = {"format": "json", "bytes": "b", "h": "index,docs.count,store.size", "expand_wildcards": "open,closed"}
    rows = store.call("GET", f"/_cat/indices/{segment(prefix)}-*", params=columns, missing=())
    return tuple(PartitionSize(row["index"], int(row["docs.count"] or 0), int(row["store.size"] or 0)) for row in rows)


def apply(store: Store, deletions: Iterable[Deletion], done: Callable[[Deletion], None]) -> None:
    """Delete exactly these and call `done` after each; one that is gone already counts as done.

    Raises as the store does; what was deleted before stays deleted.
    """
    for deletion in deletions:
        # With no wildcards expanded, a name can only ever mean itself.
        store.call("DELETE", f"/{segment(deletion.index)}", params={"expand_wildcards": "none"})
        done(deletion)


def _deletion(
    size: PartitionSize, rules: Mapping[str, PartitionRule], retention_days: Mapping[str, int | None], now: datetime
) -> Deletion | None:
    found = next(((rule.dataset, span) for rule in rules.values() if (span := rule.span(size.index))), None)
    if found is None:
        return None
    dataset, (begin, end) = found
    days = retention_days.get(dataset)
    if not days or end > now - timedelta(days=days):
        return None
    return Deletion(size.index, dataset, begin, end, size.documents, size.bytes)
