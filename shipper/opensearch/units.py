"""The units of a dataset's partitions over time, as they stand in its index template's `_meta`. Pure.

`[["1970-01-01", "month"], ["2026-03-01", "day"]]`: what is before a date never changes, so a record keeps its index.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from shipper.errors import Refused
from shipper.partition import PartitionRule, Unit

Units = tuple[tuple[date, Unit], ...]

_ALWAYS = date(1970, 1, 1)


def encode(units: Units) -> list[list[str]]:
    """As JSON holds them."""
    return [[begin.isoformat(), unit.value] for begin, unit in units]


def decode(template: str, meta: Mapping[str, Any]) -> Units:
    """From a template's `_meta`. Raises Refused where they cannot be read: guessing would write records twice."""
    try:
        units = tuple((date.fromisoformat(begin), Unit(unit)) for begin, unit in meta["units"])
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(
            f"_meta.units of index template {template} cannot be read ({error!r}); put back "
            '[["1970-01-01", "month"]] or what it was: partitions already written depend on it'
        ) from error
    if not units or [begin for begin, _ in units] != sorted({begin for begin, _ in units}):
        raise Refused(f"_meta.units of index template {template} must be ascending dates, and at least one")
    return units


def changed(current: Units, wanted: Unit, today: date) -> Units:
    """The units with `wanted` from the first day of next month on. What is past, and this month, stays as it was."""
    begin = _first_of_next_month(today)
    past = tuple(entry for entry in current if entry[0] < begin) or current[:1]
    return past if past[-1][1] is wanted else (*past, (begin, wanted))


def inferred(rule: PartitionRule, indices: Iterable[str], wanted: Unit, today: date) -> Units:
    """For a dataset without a template: from the names of the partitions it already has, so that they are met again."""
    spans = sorted(span for index in indices if (span := rule.span(index)))
    if not spans:
        return ((_ALWAYS, wanted),)
    units: list[tuple[date, Unit]] = []
    for begin, end in spans:
        unit = _unit_of(begin, end)
        if not units or units[-1][1] is not unit:
            units.append((begin.date() if units else _ALWAYS, unit))
    return changed(tuple(units), wanted, today)


def _unit_of(begin: datetime, end: datetime) -> Unit:
    hours = (end - begin).total_seconds() / 3600
    if hours <= 1:
        return Unit.HOUR
    return Unit.DAY if hours <= 24 else Unit.MONTH


def _first_of_next_month(today: date) -> date:
    return date(today.year + today.month // 12, today.month % 12 + 1, 1)
