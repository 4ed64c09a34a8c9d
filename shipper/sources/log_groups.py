"""A log group of CloudWatch Logs as inputs: its events of a slice of time each, one event a line.

In: an address and a period. Out: inputs whose bytes are lines as `aws logs filter-log-events` writes its events; the
decoder makes the document's id of the event's, so whatever is read twice is a duplicate.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, Protocol, TypeVar
from urllib.parse import parse_qsl

from aws.cloudwatch import EventPage, LogEvent
from aws.errors import AwsError, AwsUnreadable
from shipper.errors import ConfigError, SourceDamaged, ours
from shipper.sources.inputs import LOG_GROUP_SCHEME, Input
from shipper.sources.pace import Pace
from shipper.sources.patience import Patience

T = TypeVar("T")

PER_SECOND: Final = 4.0
"""Requests. CloudWatch Logs quotas: FilterLogEvents may be called five times a second in an account and region."""

SLICE: Final = timedelta(hours=1)
SETTLED: Final = timedelta(days=1)
"""A slice that was read so long after its end is not read again."""
BEFORE: Final = timedelta(minutes=15)
"""An event's time is its record's start, and a record is chosen by its end: at most ten minutes later, a minute off."""

_NAME = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}")  # CreateLogGroup


@dataclass(frozen=True, slots=True)
class LogGroup:
    """What of CloudWatch Logs is read: log streams of one group, those whose names begin so; region empty: as set."""

    name: str
    stream_prefix: str = ""
    region: str = ""

    @property
    def origin(self) -> str:
        """The beginning of what its slices are called."""
        return f"{LOG_GROUP_SCHEME}{self.name}" + (f"?streams={self.stream_prefix}" if self.stream_prefix else "")


class LogEvents(Protocol):
    """What is needed of CloudWatch Logs; `aws.cloudwatch.LogGroupClient` is one."""

    def events(self, begin_ms: int, end_ms: int, stream_prefix: str = "", token: str = "") -> EventPage:
        """Some events of this time."""

    def first_ms(self, now_ms: int) -> int:
        """Before this no event can be."""


def log_group(text: str) -> LogGroup:
    """What `cloudwatch://log-group?streams=PREFIX&region=REGION` means. Raises ConfigError."""
    name, _, query = text.removeprefix(LOG_GROUP_SCHEME).partition("?")
    given = dict(parse_qsl(query, keep_blank_values=True))
    if not _NAME.fullmatch(name) or given.keys() - {"streams", "region"}:
        raise ConfigError(f"{text}: expected cloudwatch://LOG-GROUP, with ?streams=PREFIX or ?region=REGION")
    return LogGroup(name, given.get("streams", ""), given.get("region", ""))


class EventReader:
    """The events of a slice as lines, page by page. Not for several threads. `wanted` may leave some out."""

    def __init__(self, page: Callable[[str], EventPage], wanted: Callable[[LogEvent], bool]) -> None:
        self._page = page
        self._wanted = wanted
        self._token: str | None = ""
        self._held = b""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end. Raises SourceDamaged, Refused, ConfigError, Unavailable."""
        while not self._held and self._token is not None:
            page = self._page(self._token)
            self._token = page.token or None
            self._held = b"".join(_line(each) for each in page.events if self._wanted(each))
        found, self._held = self._held[:size], self._held[size:]
        return found

    def close(self) -> None:
        """Ask for no more."""
        self._token, self._held = None, b""


class LogSlices:
    """The slices of one log group. Readers may be opened from any thread."""

    def __init__(self, client: LogEvents, patience: Patience, pace: Pace, group: LogGroup) -> None:
        self._client = client
        self._patience = patience
        self._pace = pace
        self.group = group

    def period(self, since: datetime | None, until: datetime | None, now: datetime) -> Iterator[Input]:
        """Whole hours that may hold records that end in this period, the oldest first."""
        if since is None:
            since = datetime.fromtimestamp(self._asked(partial(self._client.first_ms, _ms(now))) / 1000, UTC)
        begin = _hour(since - BEFORE)
        end = min(until or now, now)
        while begin < end:
            # What is read before it has settled is another one the next time.
            settled = begin + SLICE + SETTLED <= now
            origin = f"{self.group.origin}/{begin:%Y-%m-%dT%HZ}"
            opened = partial(self.open, begin, begin + SLICE)
            yield Input(origin, opened, size=0, version="" if settled else f"{now:%Y-%m-%dT%H:%M:%SZ}")
            begin += SLICE

    def open(self, begin: datetime, end: datetime, wanted: Callable[[LogEvent], bool] = lambda _: True) -> EventReader:
        """The events of a time."""
        return EventReader(partial(self._events, _ms(begin), _ms(end)), wanted)

    def _events(self, begin_ms: int, end_ms: int, token: str) -> EventPage:
        return self._asked(partial(self._client.events, begin_ms, end_ms, self.group.stream_prefix, token))

    def _asked(self, call: Callable[[], T]) -> T:
        def in_turn() -> T:
            self._pace()
            return call()

        try:
            return self._patience(in_turn)
        except AwsUnreadable as error:
            raise SourceDamaged(str(error)) from error
        except AwsError as error:
            raise ours(error) from error


def _line(event: LogEvent) -> bytes:
    told = {
        "logStreamName": event.stream,
        "timestamp": event.time_ms,
        "message": event.message,
        "ingestionTime": event.ingested_ms,
        "eventId": event.id,
    }
    return json.dumps(told, separators=(",", ":")).encode("ascii") + b"\n"


def _ms(moment: datetime) -> int:
    return (moment - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
