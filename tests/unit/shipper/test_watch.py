"""What a watched run says of itself: figures of the moment, and how it ended."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fakes import NOW, FakeClock, FakeSink
from shipper.deadletter import DeadLetterDirectory
from shipper.errors import Refused, ShipperError
from shipper.meter import MeteredSink
from shipper.model import DeadLetter, Position, Reading, RecordKind, Sums, Traffic, Waiting
from shipper.teller import Teller
from shipper.watch import Letters, Look, Watch


@dataclass
class FakeRun:
    """A run that reads what it is told."""

    bytes_read: list[int] = field(default_factory=lambda: [0])
    bytes_total: int = 100

    def sums(self) -> Sums:
        return Sums(read=5, dead_lettered=1)

    def unknown_columns(self) -> frozenset[str]:
        return frozenset({"new"})

    def reading(self) -> Reading:
        read = self.bytes_read.pop(0)
        return Reading(read, self.bytes_total - read if self.bytes_total >= 0 else -1, 1, trouble=self.trouble)

    trouble: Waiting | None = None


class Told:
    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def write(self, state: str, failure: str = "") -> None:
        self.said.append((state, failure))


def letters(folder: Path) -> Letters:
    directory = DeadLetterDirectory(folder)
    counted = Letters(directory, directory)
    counted.append([DeadLetter(RecordKind("a"), b"x", Position("a", 0), "id", 0, b"", "why", NOW, NOW)])
    return counted


def look(folder: Path) -> Look:
    clock = FakeClock()
    return Look(clock, MeteredSink(FakeSink(), clock), lambda: Traffic(resent=4), letters(folder))


def test_before_there_is_a_run_everything_is_zero(tmp_path: Path) -> None:
    seen = look(tmp_path)()
    assert (seen.at, seen.sums, seen.read_bytes, seen.waiting) == (NOW, Sums(), 0, None)


def test_all_inputs_are_added_and_counters_never_fall(tmp_path: Path) -> None:
    looked = look(tmp_path)
    looked.followed = FakeRun([60, 40])
    first, second = looked(), looked()
    assert first.sums == Sums(read=5, dead_lettered=1)
    assert (first.read_bytes, first.backlog_bytes, first.backlog_inputs) == (60, 40, 1)
    assert second.read_bytes == 60
    assert (first.traffic.resent, first.kept_letters) == (4, 1)


def test_a_pipe_has_no_known_backlog(tmp_path: Path) -> None:
    looked = look(tmp_path)
    looked.followed = FakeRun([60], bytes_total=-1)
    assert looked().backlog_bytes == -1


def test_what_keeps_a_source_from_going_on_is_waited_for(tmp_path: Path) -> None:
    looked = look(tmp_path)
    looked.followed = FakeRun(trouble=Waiting("no file", NOW, "start the sensor"))
    assert looked().waiting == Waiting("no file", NOW, "start the sensor")


def watch(folder: Path, told: Told) -> Watch:
    sink = MeteredSink(FakeSink(), FakeClock())
    return Watch({"a": look(folder)}, {"a": sink}, DeadLetterDirectory(folder), Teller([told], None, clock=FakeClock()))


@pytest.mark.parametrize(("stopped", "state"), [(False, "finished"), (True, "stopped")])
def test_how_a_run_ended_is_told(tmp_path: Path, *, stopped: bool, state: str) -> None:
    told = Told()
    with watch(tmp_path, told).over({"a": FakeRun()}, lambda: stopped):
        pass
    assert told.said == [(state, "")]


def test_an_error_is_told_and_passes(tmp_path: Path) -> None:
    told = Told()
    watched = watch(tmp_path, told)
    error: ShipperError = Refused("no permission")
    with pytest.raises(Refused), watched.over({"a": FakeRun()}, lambda: True):
        raise error
    assert told.said == [("failed", "no permission")]
    assert watched.failure == "no permission"


def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    told = Told()
    with pytest.raises(KeyboardInterrupt), watch(tmp_path, told).over({"a": FakeRun()}, lambda: True):
        raise KeyboardInterrupt
    assert told.said == []
