"""Wanted and actual saved objects → what an import will do. Pure.

An object that somebody changed in Dashboards is kept, unless force says otherwise; so is one of our id that we did not
make.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import orjson

from dashboards.saved_object import Key, SavedObject
from dashboards.seal import fingerprint, is_untouched, sealed


class Deed(StrEnum):
    """What becomes of one object."""

    CREATE = "create"
    UPDATE = "update"
    OVERWRITE = "overwrite"
    KEEP = "keep"
    LEAVE = "unchanged"


@dataclass(frozen=True, slots=True)
class Step:
    """One object: what is wanted, what is there, what is done and why."""

    deed: Deed
    wanted: SavedObject
    actual: SavedObject | None
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Every wanted object once, in the order in which they are wanted."""

    steps: tuple[Step, ...]

    def of(self, *deeds: Deed) -> tuple[Step, ...]:
        """The steps of these kinds."""
        return tuple(step for step in self.steps if step.deed in deeds)

    @property
    def changes(self) -> tuple[Step, ...]:
        """What will be written."""
        return self.of(Deed.CREATE, Deed.UPDATE, Deed.OVERWRITE)

    @property
    def overwritten(self) -> tuple[SavedObject, ...]:
        """What is there now and will not be afterwards: what a backup holds."""
        return tuple(step.actual for step in self.of(Deed.UPDATE, Deed.OVERWRITE) if step.actual is not None)


def plan(wanted: Sequence[SavedObject], actual: Mapping[Key, SavedObject], *, force: bool = False) -> Plan:
    """What makes `wanted` true. Objects are sealed here."""
    return Plan(tuple(_step(sealed(each), actual.get(each.key), force=force) for each in wanted))


def differing(wanted: Sequence[SavedObject], actual: Mapping[Key, SavedObject]) -> list[str]:
    """A line for each object that is not there as it was sent."""
    found = []
    for each in wanted:
        there = actual.get(each.key)
        if there is None:
            found.append(f"{each.name} is not there")
        elif not same(each, there):
            found.append(f"{each.name} is there, but not as it was sent")
    return found


def same(wanted: SavedObject, actual: SavedObject) -> bool:
    """Whether they say the same; an index pattern may know more fields than we sent."""
    return fingerprint(wanted) == fingerprint(actual) and _fields(wanted) <= _fields(actual)


def _step(wanted: SavedObject, actual: SavedObject | None, *, force: bool) -> Step:
    if actual is None:
        return Step(Deed.CREATE, wanted, actual, "missing")
    untouched = is_untouched(actual)
    if same(wanted, actual) and untouched:
        return Step(Deed.LEAVE, wanted, actual, "as it should be")
    if untouched:
        return Step(Deed.UPDATE, wanted, actual, "ours, of another version or time range")
    if force:
        return Step(Deed.OVERWRITE, wanted, actual, "changed by somebody, and forced")
    return Step(Deed.KEEP, wanted, actual, "changed by somebody, or not ours: kept (--force overwrites it)")


def _fields(found: SavedObject) -> set[tuple[str, str, bool, bool]]:
    if found.type != "index-pattern":
        return set()
    try:
        fields = orjson.loads(found.attributes.get("fields", "[]"))
        return {(each["name"], each["type"], each["searchable"], each["aggregatable"]) for each in fields}
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return set()
