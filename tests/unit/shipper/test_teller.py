"""Summaries every few seconds, figures every minute, both at the end."""

from collections.abc import Callable

from fakes import FakeClock, FakeWait
from shipper.teller import LOOK_SECONDS, Teller


class Told:
    """A record and summaries that keep what they were asked for."""

    def __init__(self, clock: FakeClock, slow_seconds: float = 0) -> None:
        self.said: list[tuple[str, str]] = []
        self.flushed = self.finished = 0
        self._clock = clock
        self._slow_seconds = slow_seconds

    def write(self, state: str, failure: str = "") -> None:
        self.said.append((state, failure))

    def flush(self, go_on: Callable[[], bool]) -> bool:
        self.flushed += go_on()
        return True

    def finish(self, go_on: Callable[[], bool]) -> None:
        while self._slow_seconds and go_on():
            self._clock.advance(self._slow_seconds)
            self.finished += 1


def test_a_document_a_minute_and_one_at_the_end() -> None:
    clock = FakeClock()
    told = Told(clock)
    Teller([told], told, clock=clock, wait=FakeWait(clock, lambda times: times * LOOK_SECONDS > 150)).tell()
    assert [state for state, _ in told.said] == ["running", "running", "failed"]
    assert told.flushed == 30


def test_the_end_is_told_and_does_not_take_long() -> None:
    clock = FakeClock()
    told = Told(clock, slow_seconds=10)
    teller = Teller([told], told, clock=clock)
    teller.start()
    teller.end("failed", "no permission")
    assert told.said == [("failed", "no permission")]
    assert told.finished == 2


def test_what_is_switched_off_is_not_done() -> None:
    clock = FakeClock()
    Teller((), None, clock=clock, wait=FakeWait(clock, lambda times: times > 20)).tell()
