"""Which index a document belongs to: `<prefix>-<dataset>-<yyyy.MM>`. Fixed before data exists (ADR 0001).

The unit (month, day, hour) is a list of (from date, unit) kept in the index template's `_meta`; a change applies to
future dates only, so the same record always meets the same index.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""Times outside [EARLIEST, LATEST) are suspect."""

UNDATED = "undated"


class Unit(StrEnum):
    """How much time one partition spans."""

    MONTH = "month"
    DAY = "day"
    HOUR = "hour"


_PATTERN = {Unit.MONTH: "%Y.%m", Unit.DAY: "%Y.%m.%d", Unit.HOUR: "%Y.%m.%d.%H"}


def plausible(moment: datetime | None) -> bool:
    """Whether a record's time can be believed."""
    return moment is not None and EARLIEST <= moment < LATEST


@dataclass(frozen=True, slots=True)
class PartitionRule:
    """How one dataset is cut into indices. `units` ascends by date; its first entry covers what is before, too."""

    prefix: str
    dataset: str
    units: Sequence[tuple[date, Unit]] = ((date(1970, 1, 1), Unit.MONTH),)

    def index(self, moment: datetime | None) -> str:
        """The index of a record of this UTC time; the undated partition where the time cannot be believed."""
        if moment is None or not plausible(moment):
            return f"{self.stem}-{UNDATED}"
        return f"{self.stem}-{moment.strftime(_PATTERN[self.unit_on(moment.date())])}"

    @property
    def stem(self) -> str:
        """What all partitions of the dataset begin with, without the last hyphen."""
        return f"{self.prefix}-{self.dataset}"

    def unit_on(self, day: date) -> Unit:
        """The unit in force on a (UTC) day."""
        unit = self.units[0][1]
        for begin, candidate in self.units:
            if begin <= day:
                unit = candidate
        return unit

    def span(self, index: str) -> tuple[datetime, datetime] | None:
        """[begin, end) of a partition by its name; None for the undated one and for names that are not ours."""
        if not index.startswith(self.stem + "-"):
            return None
        stamp = index[len(self.stem) + 1 :]
        for unit, pattern in _PATTERN.items():
            try:
                begin = datetime.strptime(stamp, pattern).replace(tzinfo=UTC)
            except ValueError:
                continue
            if begin.strftime(pattern) == stamp:
                return begin, _after(begin, unit)
        return None


def _after(begin: datetime, unit: Unit) -> datetime:
    if unit is Unit.HOUR:
        return begin + timedelta(hours=1)
    if unit is Unit.DAY:
        return begin + timedelta(days=1)
    return (begin.replace(day=28) + timedelta(days=4)).replace(day=1)
