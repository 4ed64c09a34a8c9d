"""A log group in memory, read in pages of a few events; a page may be empty, as CloudWatch's may."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING

from aws.cloudwatch import EventPage, LogEvent
from aws.errors import AwsError
from shipper.sources.log_groups import LogEvents


@dataclass
class FakeLogGroup:
    """`put` events at any time. `troubles` are raised by the next calls, one each; `asked` are the times asked for."""

    page_size: int = 2
    created_ms: int = 0
    held: list[LogEvent] = field(default_factory=list)
    troubles: list[AwsError] = field(default_factory=list)
    asked: list[tuple[int, int]] = field(default_factory=list)
    before: Callable[[], None] = lambda: None
    _lock: Lock = field(default_factory=Lock)

    def put(self, at: datetime, message: str, stream: str = "eni-0123456789abcdef0-all") -> None:
        ms = int(at.timestamp() * 1000)
        with self._lock:
            self.held.append(LogEvent(f"{len(self.held):056d}", stream, ms, ms + 300_000, message))

    def events(self, begin_ms: int, end_ms: int, stream_prefix: str = "", token: str = "") -> EventPage:
        self.before()
        with self._lock:
            if self.troubles:
                raise self.troubles.pop(0)
            self.asked.append((begin_ms, end_ms))
            found = [
                each
                for each in sorted(self.held, key=lambda each: each.time_ms)
                if begin_ms <= each.time_ms < end_ms and each.stream.startswith(stream_prefix)
            ]
        if not token:
            return EventPage([], "0")
        at = int(token)
        more = at + self.page_size < len(found)
        return EventPage(found[at : at + self.page_size], str(at + self.page_size) if more else "")

    def first_ms(self, now_ms: int) -> int:
        del now_ms
        return self.created_ms


if TYPE_CHECKING:
    _group: LogEvents = FakeLogGroup()
