"""Live inputs: each in a thread of its own, begun again where its error may pass, until told to stop.

In: inputs and what they share. Out: documents, figures to look at, an error where the run as a whole must end.
One input never waits for another: each has its own share of the memory.

| error | what happens |
|---|---|
| Unavailable, StateUnwritable, SourceDamaged | the input begins again after a while, for as long as it takes |
| any other of ours, from the input itself | it has failed; the others go on, and the run ends with the last one |
| Refused by the store (401, 403, templates) | concerns all: the run ends |
| none of ours | a bug: the run ends |
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Lock

from shipper.backoff import delays
from shipper.errors import Refused, ShipperError, SourceDamaged, StateUnwritable, Unavailable
from shipper.interfaces import LiveSource, Log, Sink
from shipper.model import Batch, Reading, Sums, Verdict, Waiting
from shipper.pipeline import Pipeline

_PASSING = (Unavailable, StateUnwritable, SourceDamaged)
_FIRST_SECONDS, _MOST_SECONDS = 1.0, 60.0
_PASSED = timedelta(seconds=60)
"""What ended an attempt has passed when the next one commits something, or lasts so long."""


class Halt:
    """A stop event that an input gets anew with each attempt; once stopped for good, every one is set."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._event = Event()
        self.final = Event()

    def renew(self) -> Event:
        """The event of the attempt that begins."""
        with self._lock:
            if not self.final.is_set():
                self._event = Event()
            return self._event

    def stop(self) -> None:
        """For good."""
        with self._lock:
            self.final.set()
            self._event.set()

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until the attempt of the moment is told to stop; True then."""
        return self._event.wait(seconds)


class HeardSink:
    """Passes everything through, and remembers that it was the store that refused."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.refused: Refused | None = None

    def write(self, batch: Batch) -> Sequence[Verdict]:
        """As the sink does."""
        try:
            return self._sink.write(batch)
        except Refused as error:
            self.refused = error
            raise

    def waiting(self) -> Waiting | None:
        """As the sink does."""
        return self._sink.waiting()


@dataclass(frozen=True, slots=True)
class Attempt:
    """A source and the pipeline that reads it."""

    source: LiveSource
    pipeline: Pipeline


class LiveInput:
    """One input. `begin` makes its parts anew, with the event that ends them. `run` is for one thread."""

    def __init__(
        self,
        name: str,
        sink: HeardSink,
        halt: Halt,
        begin: Callable[[Event], Attempt],
        *,
        clock: Callable[[], datetime],
        random: Callable[[], float],
        log: Log,
    ) -> None:
        self.name = name
        self._sink = sink
        self._halt = halt
        self._begin = begin
        self._clock = clock
        self._random = random
        self._log = log
        self._lock = Lock()
        self._now: Attempt | None = None
        self._sums = Sums()
        self._unknown: frozenset[str] = frozenset()
        self._read_bytes = 0
        self._trouble: Waiting | None = None
        self._began = clock()
        self.error: BaseException | None = None

    @property
    def fatal(self) -> bool:
        """Whether what ended it concerns the whole run."""
        return self.error is not None and (self._sink.refused is self.error or not isinstance(self.error, ShipperError))

    def run(self, memory_bytes: int) -> None:
        """Until it ends, fails or is told to stop; what it failed of is `error`."""
        try:
            waits = delays(self._random, _FIRST_SECONDS, _MOST_SECONDS)
            while not self._halt.final.is_set():
                before = self.sums().read
                error = self._attempt(memory_bytes)
                if error is None:
                    return
                if self.sums().read > before:
                    waits = delays(self._random, _FIRST_SECONDS, _MOST_SECONDS)
                seconds = next(waits)
                self._log("input failed, begins again", "error", input=self.name, why=str(error), in_seconds=seconds)
                self._halt.final.wait(seconds)
        except BaseException as error:  # noqa: BLE001  (raised by the run, in its thread)
            self.error = error
            self._log("input failed", "error", input=self.name, why=f"{error}")

    def stop(self) -> None:
        """Finish what is on its way, commit it, and end."""
        self._halt.stop()

    def sums(self) -> Sums:
        """What was committed so far, in all attempts."""
        with self._lock:
            return self._sums + _committed(self._now)

    def unknown_columns(self) -> frozenset[str]:
        """Columns that no table knows."""
        with self._lock:
            return self._unknown | (self._now.pipeline.unknown_columns() if self._now else frozenset())

    def reading(self) -> Reading:
        """How far it is, and what keeps it from going on."""
        with self._lock:
            now = self._now
            reading = now.source.reading() if now else Reading()
            if now and (now.pipeline.sums() or self._clock() - self._began >= _PASSED):
                self._trouble = None
            return Reading(
                self._read_bytes + reading.read_bytes,
                reading.backlog_bytes,
                reading.backlog_inputs,
                reading.lag_seconds,
                self._trouble or reading.trouble,
                str(self.error) if self.error else "",
                reading.queue_waiting,
                reading.queue_taken,
            )

    def waiting(self) -> Waiting | None:
        """What it waits for at this moment, in the store or before it."""
        return self._sink.waiting() or self.reading().trouble

    def _attempt(self, memory_bytes: int) -> ShipperError | None:
        """Run once. Gives the error that may pass; raises the others."""
        try:
            now = self._begin(self._halt.renew())
            with self._lock:
                self._now, self._began = now, self._clock()
            try:
                now.pipeline.run(memory_bytes)
            finally:
                self._close(now)
        except _PASSING as error:
            since = self._trouble.since if self._trouble else self._clock()
            self._trouble = Waiting(str(error), since, "it is tried again by itself, at least once a minute")
            return error
        return None

    def _close(self, now: Attempt) -> None:
        try:
            now.source.close()
        finally:
            with self._lock:
                self._sums += _committed(now)
                self._unknown |= now.pipeline.unknown_columns()
                self._read_bytes += now.source.reading().read_bytes
                self._now = None


def _committed(attempt: Attempt | None) -> Sums:
    return sum(attempt.pipeline.sums().values(), Sums()) if attempt else Sums()
