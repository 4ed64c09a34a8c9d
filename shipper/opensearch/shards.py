"""How many shards there will be, against what the cluster takes. Pure.

A node takes `cluster.max_shards_per_node` shards (1,000 unless set); then new indices are refused.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from shipper.partition import PartitionRule, Unit

AHEAD = timedelta(days=365)
USABLE_SHARE = 0.8
"""The part of the limit that may be planned for; the rest is left to other indices."""


@dataclass(frozen=True, slots=True)
class ShardSum:
    """`existing` shards (with replicas and unassigned ones), the cluster's `limit`, `copies` a new index makes."""

    existing: int
    limit: int
    copies: int = 1
    new_partitions: int = 0

    @property
    def total(self) -> int:
        """How many shards will exist."""
        return self.existing + self.new_partitions * self.copies

    @property
    def usable(self) -> int:
        """How many may."""
        return int(self.limit * USABLE_SHARE)

    def refusal(self) -> str | None:
        """Why this is too much and what to do; None where it fits."""
        if self.total <= self.usable:
            return None
        return (
            f"{self.total} shards would exist ({self.existing} now, {self.new_partitions} new partitions of "
            f"{self.copies}); the cluster takes {self.limit}, of which {self.usable} may be planned: "
            "use a coarser partition unit, a shorter retention, more data nodes, or raise cluster.max_shards_per_node"
        )


def partitions_of(rule: PartitionRule, since: date, until: date) -> frozenset[str]:
    """Every partition that records dated [since, until) can fall into."""
    names: set[str] = set()
    day = since
    while day < until:
        hours = range(24) if rule.unit_on(day) is Unit.HOUR else (0,)
        names.update(rule.index(datetime.combine(day, time(hour), UTC)) for hour in hours)
        day += timedelta(days=1)
    return frozenset(names)


def in_a_year(
    now: ShardSum,
    rules: Iterable[PartitionRule],
    existing: Collection[str],
    retention_days: Mapping[str, int],
    today: date,
) -> ShardSum:
    """The sum when every dataset gets records for another year, and what its retention lets go is gone."""
    until = today + AHEAD
    later = now
    for rule in rules:
        days = retention_days.get(rule.dataset, 0)
        since = max(today, until - timedelta(days=days)) if days else today
        later = forecast(later, [rule], existing, since, until)
    return later


def forecast(
    now: ShardSum, rules: Iterable[PartitionRule], existing: Collection[str], since: date, until: date
) -> ShardSum:
    """The sum once all partitions of [since, until) exist. `existing` names those that do already."""
    there = frozenset(existing)
    new = sum(len(partitions_of(rule, since, until) - there) for rule in rules)
    return ShardSum(now.existing, now.limit, now.copies, now.new_partitions + new)
