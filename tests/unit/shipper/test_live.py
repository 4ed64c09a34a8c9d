"""Live inputs beside each other: whose error ends what, and who waits for whom (nobody)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from threading import Event, Thread

import pytest

from fakes import NOW, FakeClock, FakeDeadLetters, FakeDecoder, FakeSink
from shipper.errors import ConfigError, CorruptState, EndOfInput, Refused, ShipperError, StateUnwritable, Unavailable
from shipper.interfaces import Sink
from shipper.live import Attempt, Halt, HeardSink, LiveInput
from shipper.live_run import LiveRun, when_there
from shipper.log import StreamLog
from shipper.model import Batch, Chunk, ChunkId, Position, Reading, RecordKind, Stream, Verdict, Waiting
from shipper.pipeline import Pipeline

MEMORY = 8 << 20


class Lines:
    """A source of so many lines, then `then` raises or nothing more comes."""

    def __init__(self, lines: int, then: Callable[[], Exception | None] = EndOfInput) -> None:
        self._left = lines
        self._then = then
        self._safe = 0
        self.closed = False

    def poll(self, max_bytes: int) -> Chunk | None:
        del max_bytes
        if not self._left:
            if error := self._then():
                raise error
            Event().wait(0.01)
            return None
        self._left -= 1
        return Chunk(ChunkId(self._left), b"part line\n", Position("file", 0), "identity", 0, NOW)

    def commit(self, *chunk_ids: ChunkId) -> None:
        self._safe += len(chunk_ids)

    def close(self) -> None:
        self.closed = True

    def reading(self) -> Reading:
        return Reading(read_bytes=10 * self._safe, lag_seconds=1.0)


class Said:
    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, object]]] = []

    def __call__(self, event: str, /, level: str = "info", **fields: object) -> None:
        self.events.append((event, {"level": level, **fields}))

    def names(self) -> list[str]:
        return [event for event, _ in self.events]


class Made:
    """An input of these sources, one for each attempt."""

    def __init__(
        self, name: str, sources: Sequence[Lines], sink: Sink | None = None, clock: Callable[[], datetime] = lambda: NOW
    ) -> None:
        self.said = Said()
        self.halt = Halt()
        self.sources = list(sources)
        heard = HeardSink(sink or FakeSink())

        def begin(stop: Event) -> Attempt:
            source = self.sources.pop(0)
            stream = Stream(RecordKind("lines"), "store")
            pipeline = Pipeline(
                source, FakeDecoder(), heard, FakeDeadLetters(), stream=stream, clock=lambda: NOW, stop=stop
            )
            return Attempt(source, pipeline)

        self.input = LiveInput(name, heard, self.halt, begin, clock=clock, random=lambda: 0.0, log=self.said)


def go(*made: Made, stop: Event | None = None) -> None:
    LiveRun([each.input for each in made], stop=stop or Event(), clock=lambda: NOW, log=made[0].said).run(MEMORY)


def endless() -> Exception | None:
    return None


def failing(*errors: Exception) -> Callable[[], Exception | None]:
    left = list(errors)
    return lambda: left.pop(0) if left else EndOfInput()


def test_inputs_end_when_their_sources_do() -> None:
    one, other = Made("one", [Lines(3)]), Made("other", [Lines(5)])
    go(one, other)
    assert (one.input.sums().delivered, other.input.sums().delivered) == (3, 5)
    assert one.input.reading().failure == ""


@pytest.mark.parametrize("error", [Unavailable("gone"), StateUnwritable("disk full")])
def test_what_may_pass_begins_again(error: ShipperError) -> None:
    sources = [Lines(2, failing(error)), Lines(3)]
    made = Made("one", sources)
    go(made)
    assert made.input.sums().delivered == 5
    assert made.input.reading().read_bytes == 50
    assert made.input.error is None
    assert all(source.closed for source in sources)
    assert "input failed, begins again" in made.said.names()


def test_what_has_not_passed_yet_is_told_as_trouble() -> None:
    seen: list[Waiting | None] = []
    made: list[Made] = []

    def look() -> Exception | None:
        seen.append(made[0].input.reading().trouble)
        return EndOfInput()

    made.append(Made("one", [Lines(0, failing(StateUnwritable("disk full"))), Lines(0, look)]))
    go(*made)
    assert seen[0]
    assert seen[0].what == "disk full"
    assert seen[0].since == NOW


def test_what_has_not_come_again_for_a_minute_has_passed() -> None:
    seen: list[Waiting | None] = []
    clock = FakeClock()
    made: list[Made] = []

    def look() -> Exception | None:
        seen.append(made[0].input.reading().trouble)
        clock.advance(61)
        return EndOfInput() if len(seen) > 1 else None

    made.append(Made("one", [Lines(0, failing(Unavailable("gone"))), Lines(0, look)], clock=clock))
    go(*made)
    assert [bool(each) for each in seen] == [True, False]


@pytest.mark.parametrize("error", [CorruptState("torn"), Refused("queue"), ConfigError("wrong")])
def test_an_input_that_fails_leaves_the_others_alone(error: ShipperError) -> None:
    failed = Made("failed", [Lines(1, failing(error))])
    other = Made("other", [Lines(50)])
    go(failed, other)
    assert other.input.sums().delivered == 50
    assert failed.input.reading().failure == str(error)
    assert other.input.reading().failure == ""


def test_the_run_ends_with_its_last_input_and_says_why() -> None:
    with pytest.raises(CorruptState, match="torn"):
        go(Made("one", [Lines(0, failing(CorruptState("torn")))]))


def test_what_the_store_refuses_ends_the_run() -> None:
    def refuse(_: Batch) -> None:
        raise Refused("401")

    endless_one = Made("endless", [Lines(0, endless)])
    with pytest.raises(Refused, match="401"):
        go(endless_one, Made("refused", [Lines(1)], FakeSink(before=refuse)))


def test_a_bug_ends_the_run() -> None:
    with pytest.raises(ZeroDivisionError):
        go(Made("endless", [Lines(0, endless)]), Made("bug", [Lines(1, failing(ZeroDivisionError()))]))


def test_told_to_stop_every_input_ends_in_good_order() -> None:
    stop = Event()
    made = [Made(name, [Lines(3, endless)]) for name in "ab"]
    thread = Thread(target=lambda: go(*made, stop=stop))
    thread.start()
    while any(each.input.sums().delivered < 3 for each in made):
        Event().wait(0.01)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert all(each.input.error is None for each in made)


class Blocked(FakeSink):
    """Takes nothing until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = Event()

    def write(self, batch: Batch) -> Sequence[Verdict]:
        self.let.wait(30)
        return super().write(batch)

    def waiting(self) -> Waiting | None:
        return None if self.let.is_set() else Waiting("parked", NOW, "free space")


def test_an_input_that_is_blocked_blocks_no_other() -> None:
    sink = Blocked()
    blocked, other = Made("blocked", [Lines(200)], sink), Made("other", [Lines(500)])
    thread = Thread(target=lambda: go(blocked, other))
    thread.start()
    while other.input.sums().delivered < 500:
        Event().wait(0.01)
    assert blocked.input.sums().delivered == 0
    waiting = blocked.input.waiting()
    assert waiting
    assert waiting.what == "parked"
    sink.let.set()
    thread.join(30)
    assert blocked.input.sums().delivered == 200


def test_events_are_lines_or_json(tmp_path: Path) -> None:
    for as_json in (False, True):
        path = tmp_path / f"{as_json}.log"
        with path.open("w") as file:
            StreamLog(file, lambda: NOW, as_json=as_json)("file found", "warning", file="a\nb\udcff", bytes=3, at=NOW)
    plain, told = ((tmp_path / f"{name}.log").read_text() for name in (False, True))
    assert plain.count("\n") == told.count("\n") == 1
    assert plain.startswith("2024-02-03T04:05:06Z WARNING: file found: file a\\nb")
    assert '"event":"file found"' in told
    assert '"bytes":3' in told


def test_a_store_that_is_not_there_yet_is_waited_for() -> None:
    said, waits, answers = Said(), list[float](), [Unavailable("no answer"), Unavailable("no answer"), None]

    def begin() -> str:
        error = answers.pop(0)
        if error:
            raise error
        return "opened"

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return False

    assert when_there(begin, wait=wait, random=lambda: 1.0, log=said) == "opened"
    assert waits == [0.5, 1.0]
    assert said.names() == ["waiting"], "told once, not at each attempt"


def test_a_stop_while_the_store_is_waited_for_is_no_error() -> None:
    def begin() -> str:
        raise Unavailable("no answer")

    assert when_there(begin, wait=lambda _: True, random=lambda: 0.0, log=Said()) is None


def test_a_store_that_refuses_is_not_waited_for() -> None:
    def begin() -> str:
        raise Refused("templates are missing")

    with pytest.raises(Refused):
        when_there(begin, wait=lambda _: True, random=lambda: 0.0, log=Said())
