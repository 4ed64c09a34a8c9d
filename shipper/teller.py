"""The thread beside a run that tells of it: summaries every few seconds, figures every minute, both at the end."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Protocol

from shipper.interfaces import Wait

LOOK_SECONDS = 5.0
RECORD_EVERY = timedelta(minutes=1)
END_SECONDS = 15.0
"""How long the end of a run may be put off; what is not told then is told by the next run, or not at all."""


class Record(Protocol):
    """Figures as documents."""

    def write(self, state: str, failure: str = "") -> None:
        """One attempt to tell of the time since the last document."""


class Summaries(Protocol):
    """Summaries of dead letters."""

    def flush(self, go_on: Callable[[], bool]) -> bool:
        """Write what is due while `go_on` says so."""

    def finish(self, go_on: Callable[[], bool]) -> None:
        """The same, at the end."""


class Teller:
    """Started once, ended once. `wait` is made by the caller only in tests."""

    def __init__(
        self,
        records: Sequence[Record],
        summaries: Summaries | None,
        *,
        clock: Callable[[], datetime],
        wait: Wait | None = None,
    ) -> None:
        self._records = records
        self._summaries = summaries
        self._clock = clock
        self._ended = Event()
        self._wait = wait or self._ended.wait
        self._last = ("failed", "")
        self._thread = Thread(target=self.tell, name="tell", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self, state: str, failure: str = "") -> None:
        """Tell how the run ended. Returns when that is told, or when it takes too long."""
        self._last = (state, failure)
        self._ended.set()
        self._thread.join(END_SECONDS)

    def tell(self) -> None:
        """What the thread does, until `wait` says that the run has ended."""
        due = self._clock() + RECORD_EVERY
        while not self._wait(LOOK_SECONDS):
            if self._summaries:
                self._summaries.flush(lambda: not self._ended.is_set())
            if self._records and self._clock() >= due:
                self._write("running")
                due = self._clock() + RECORD_EVERY
        self._write(*self._last)
        if self._summaries:
            until = self._clock() + timedelta(seconds=END_SECONDS)
            self._summaries.finish(lambda: self._clock() < until)

    def _write(self, state: str, failure: str = "") -> None:
        for record in self._records:
            record.write(state, failure)
