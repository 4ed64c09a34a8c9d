"""A log group of CloudWatch Logs that goes on growing, as one endless stream of chunks.

Events come minutes after their time, each log stream's in its own rhythm, so there is no place up to which all were
read. Instead each minute of event time is looked at several times, the last time when an hour has gone by. What an
earlier look handed out is left out by its event id as long as it is remembered; otherwise the store sees by the
document's id that it is there already.

State: the minute before which all is settled, and how far each minute behind it was looked at; an hour's worth.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event, Lock
from typing import Final

from aws.cloudwatch import LogEvent
from shipper.identity import Framing
from shipper.model import Checkpoint, Chunk, ChunkId, Reading, StreamKey
from shipper.sources.files import FilesSource
from shipper.sources.inputs import Input
from shipper.sources.log_groups import LogSlices
from shipper.sources.tail_marks import MarkStore

SLICE: Final = timedelta(minutes=1)
LOOKS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 3, 5, 7, 9, 12, 15, 20, 30, 60))
"""How long after its end a slice is looked at. Flow logs: aggregated over one or ten minutes, delivered five later."""
MOST_REMEMBERED: Final = 500_000
"""Event ids, of all slices together: some 80 MiB."""

_MOST_OPEN: Final = 240
"""Slices looked at in one go after a long time without; the others follow."""
_WAIT_SECONDS = 0.5
_RETRY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class TailRules:
    """How a log group is followed: from so long ago at the first start; `once` ends where no look is due any more."""

    lookback: timedelta = timedelta(hours=1)
    once: bool = False
    parallel: int = 4


@dataclass(slots=True)
class _Slice:
    """A minute that is not settled: how many looks are safe, whether one is on its way, the ids handed out."""

    begin: datetime
    looks: int = 0
    busy: bool = False
    not_before: datetime | None = None
    ids: set[str] = field(default_factory=set)

    def due(self, now: datetime) -> int:
        """How many looks are due by now."""
        return sum(now >= self.begin + SLICE + after for after in LOOKS)


class LogGroupTail:
    """A source over one log group. Raises Refused, ConfigError, Unavailable from `poll`."""

    def __init__(
        self,
        slices: LogSlices,
        rules: TailRules,
        *,
        checkpoints: MarkStore,
        key: Callable[[str], StreamKey],
        framing: Framing,
        clock: Callable[[], datetime],
    ) -> None:
        self._slices = slices
        self._rules = rules
        self._checkpoints = checkpoints
        self._key = key
        self._clock = clock
        self._closing = Event()
        self._lock = Lock()
        self._open: dict[datetime, _Slice] = {}  # from the first that is not settled on, without gaps
        self._looking: dict[str, tuple[_Slice, int]] = {}
        self._next = clock()
        self._remembered = 0
        self._origin = f"{slices.group.origin}/"
        self._files = FilesSource(
            self._arriving(),
            key=key,
            checkpoints=checkpoints,
            framing=framing,
            clock=clock,
            parallel=rules.parallel,
            settled=self._settle,
        )

    def poll(self, max_bytes: int) -> Chunk | None:
        """The next chunk of any slice. Raises EndOfInput when told to look only once and all was looked at."""
        return self._files.poll(max_bytes)

    def commit(self, *chunk_ids: ChunkId) -> None:
        """These chunks are safe. With the last one of it, the look at its slice is."""
        self._files.commit(*chunk_ids)

    def close(self) -> None:
        """Stop looking."""
        self._closing.set()
        self._files.close()

    def reading(self) -> Reading:
        """How far it is. Its lag is the time since the first look that is due and not safe yet. From any thread."""
        now = self._clock()
        with self._lock:
            waiting = [each.begin for each in self._open.values() if not each.looks]
            busy = len(self._looking)
        lag = (now - (min(waiting) + SLICE + LOOKS[0])).total_seconds() if waiting else 0.0
        return Reading(self._files.progress().bytes_read, backlog_inputs=busy, lag_seconds=max(lag, 0.0))

    def _arriving(self) -> Iterator[Input]:
        """Looks as they fall due; one reading thread at a time asks for the next."""
        self._go_on()
        while not self._closing.is_set():
            found = self._due(self._clock())
            yield from found
            if self._rules.once and not found:
                return
            if not found:
                self._closing.wait(_WAIT_SECONDS)

    def _go_on(self) -> None:
        """Where the last run was, or some time ago."""
        key = self._key(self._origin)
        known = self._checkpoints.read(key)
        if known is None:
            begin = _minute(self._clock() - self._rules.lookback)
            known = Checkpoint(offset=int(begin.timestamp()))
            self._checkpoints.write(key, known)
        self._next = datetime.fromtimestamp(known.offset, UTC)
        for minutes in range(1, _MOST_OPEN + 1):  # what a kill kept from being forgotten
            self._checkpoints.remove(self._key(self._name(self._next - minutes * SLICE)))

    def _extend(self) -> None:
        """Under the lock: more slices that have come to their first look."""
        now = self._clock()
        while now >= self._next + SLICE + LOOKS[0] and len(self._open) < _MOST_OPEN:
            known = self._checkpoints.read(self._key(self._name(self._next)))
            self._open[self._next] = _Slice(self._next, known.records if known else 0)
            self._next += SLICE

    def _due(self, now: datetime) -> Sequence[Input]:
        """A look at each slice where one is due; only the latest of several."""
        found = []
        with self._lock:
            self._extend()
            for each in self._open.values():
                due = each.due(now)
                failed = each.not_before is not None and (self._rules.once or now < each.not_before)
                if each.busy or failed or due <= each.looks:
                    continue
                each.busy = True
                origin = self._name(each.begin)
                self._looking[origin] = each, due
                wanted = partial(self._is_new, each)
                found.append(Input(origin, partial(self._slices.open, each.begin, each.begin + SLICE, wanted)))
        return found

    def _is_new(self, of: _Slice, event: LogEvent) -> bool:
        """Whether no look handed this event out before, as far as it is remembered."""
        if event.id in of.ids:
            return False
        with self._lock:
            if event.id and self._remembered < MOST_REMEMBERED:
                of.ids.add(event.id)
                self._remembered += 1
        return True

    def _settle(self, item: Input, problem: str) -> None:
        """All that a look handed out is safe. Raises StateUnwritable."""
        with self._lock:
            of, looks = self._looking.pop(item.origin)
            of.busy = False
            if problem:
                of.not_before = self._clock() + _RETRY
                return
            of.looks = looks
            self._checkpoints.write(self._key(item.origin), Checkpoint(records=looks))
            self._move_on()

    def _move_on(self) -> None:
        """Under the lock: forget what is settled, after it was written that it is."""
        settled = []
        for begin, each in self._open.items():
            if each.looks < len(LOOKS):
                break
            settled.append(begin)
        if settled:
            floor = int((settled[-1] + SLICE).timestamp())
            self._checkpoints.write(self._key(self._origin), Checkpoint(offset=floor))
        for begin in settled:
            self._remembered -= len(self._open.pop(begin).ids)
            self._checkpoints.remove(self._key(self._name(begin)))

    def _name(self, begin: datetime) -> str:
        return f"{self._origin}{begin:%Y-%m-%dT%H:%MZ}"


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
