"""How flow logs are laid out in a bucket, and which folders can hold what is wanted. Pure.

Amazon VPC User Guide, "Flow log files": [prefix/]AWSLogs/account/vpcflowlogs/region/year/month/day/[hour/], or
Hive-compatible AWSLogs/aws-account-id=…/aws-service=vpcflowlogs/aws-region=…/year=…/month=…/day=…/[hour=…/].
A folder whose name says nothing is never left out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shipper.identity import object_name

SERVICE = "vpcflowlogs"
MARGIN = timedelta(hours=1)
"""An object is named for its five minutes; records of other times are delivered in it when they are late."""

_ROOT = "AWSLogs"
# The levels below AWSLogs: what Hive calls it, and what its value looks like.
_LEVELS = (
    ("aws-account-id", re.compile(r"\d{12}")),
    ("aws-service", re.compile(r"[A-Za-z][A-Za-z-]*")),
    ("aws-region", re.compile(r"[a-z]{2}(-[a-z]+)+-\d+")),
    ("year", re.compile(r"\d{4}")),
    ("month", re.compile(r"\d\d")),
    ("day", re.compile(r"\d\d")),
    ("hour", re.compile(r"\d\d")),
)
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
_DAY = 6  # so many levels are known of a day's folder
# What this product writes for itself is never read as flow logs.
_OWN = re.compile(r"(^|/)flowtap-[a-z]+/")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which objects are wanted; empty: all. `since` and `until` are times of records, the end left out."""

    accounts: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None

    def overlaps(self, begin: datetime, end: datetime) -> bool:
        """Whether records of this time may be in what was delivered in that span."""
        after = self.since is None or end + MARGIN > self.since
        return after and (self.until is None or begin - MARGIN < self.until)

    def takes(self, account: str, region: str) -> bool:
        """Whether this account and region are wanted; an empty one is not known."""
        return all(
            not wanted or not value or value in wanted
            for wanted, value in ((self.accounts, account), (self.regions, region))
        )


@dataclass(frozen=True, slots=True)
class Folder:
    """What the path of a folder says; empty or None where it says nothing. `end` is the first moment after it."""

    account: str = ""
    service: str = ""
    region: str = ""
    begin: datetime | None = None
    end: datetime | None = None
    levels: int = 0

    @property
    def is_day(self) -> bool:
        """Whether objects lie here, and nothing but hours is below."""
        return self.levels >= _DAY


def folder_of(prefix: str) -> Folder:
    """What a prefix says, up to its last `/`."""
    parts = prefix.split("/")[:-1]
    if _ROOT not in parts:
        return Folder()
    below = parts[parts.index(_ROOT) + 1 :]
    values = _values(below[1:] if below and _ORGANIZATION.fullmatch(below[0]) else below)
    account, service, region, *numbers = (*values, *[""] * max(0, 3 - len(values)))
    begin, end = _span([int(number) for number in numbers])
    return Folder(account, service, region, begin, end, len(values))


def may_hold(prefix: str, wanted: Wanted) -> bool:
    """Whether an object that is wanted can be below this prefix."""
    found = folder_of(prefix)
    if _OWN.search(prefix) or (found.service and found.service != SERVICE):
        return False
    if not wanted.takes(found.account, found.region):
        return False
    return found.begin is None or found.end is None or wanted.overlaps(found.begin, found.end)


def is_wanted(key: str, wanted: Wanted) -> bool:
    """Whether this object is to be read; one whose name says nothing is."""
    if key.endswith("/") or _OWN.search(key):
        return False
    name = object_name(key)
    if name is None:
        return True
    try:
        begin = datetime.fromisoformat(name.stamp)
    except ValueError:
        return True
    return wanted.takes(name.account, name.region) and wanted.overlaps(begin, begin + timedelta(minutes=5))


def _values(parts: Sequence[str]) -> list[str]:
    """The values of the levels, as far as they look like what is expected."""
    values: list[str] = []
    for part, (name, form) in zip(parts, _LEVELS, strict=False):
        value = part.removeprefix(f"{name}=")
        if not form.fullmatch(value):
            break
        values.append(value)
    return values


def _span(numbers: Sequence[int]) -> tuple[datetime | None, datetime | None]:
    """Begin and end of [year, [month, [day, [hour]]]]."""
    if not numbers:
        return None, None
    year, month, day, hour = (*numbers, *(1, 1, 0)[len(numbers) - 1 :])
    try:
        begin = datetime(year, month, day, hour, tzinfo=UTC)
        if len(numbers) == 1:
            return begin, begin.replace(year=year + 1)
        if len(numbers) == 2:
            return begin, (begin + timedelta(days=31)).replace(day=1)
        return begin, begin + (timedelta(days=1) if len(numbers) == 3 else timedelta(hours=1))
    except (ValueError, OverflowError):  # no such day: it says nothing
        return None, None
