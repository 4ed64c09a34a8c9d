"""For any pattern of failures and kills: everything is stored once or a dead letter, and no commit passes a record."""

from collections import Counter, deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock

import orjson
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fakes import (
    NOW,
    FakeCheckpoints,
    FakeClock,
    FakeDecoder,
    FakeEndpoint,
    FakePartitions,
    FakeWait,
    Sent,
    answer,
    cut_short,
    inputs,
    items_missing,
    lost_after,
    lost_before,
    page,
)
from shipper.deadletter import DeadLetterDirectory
from shipper.identity import CHUNK_BYTES, Framing
from shipper.model import Checkpoint, DeadLetter, RecordKind, Stream, StreamKey, Sums
from shipper.opensearch.bulk import Item
from shipper.opensearch.reply import Reply
from shipper.opensearch.sink import OpenSearchSink
from shipper.pipeline import Pipeline
from shipper.replay import replay
from shipper.sources.files import FilesSource

KIND = RecordKind("lines")
STREAM = Stream(KIND, "")
CHUNK_LINES = 4
"""So many lines are a chunk: the last of them is as long as one, the others are short."""

PADDING = b"x" * CHUNK_BYTES

BAD = Item(400, "mapper_parsing_exception", "no")
ITEM_FAULTS = [
    Item(429, "rejected_execution_exception"),
    Item(500, "null_pointer_exception"),
    Item(503),
    Item(429, "cluster_block_exception"),
    Item(400, "index_closed_exception"),
    Item(404, "index_not_found_exception"),
]
REQUEST_FAULTS = [
    answer(429, "circuit_breaking_exception"),
    answer(403, "cluster_block_exception"),
    page(502),
    page(413),
    lost_before,
    lost_after,
    cut_short,
    items_missing,
]


class Killed(BaseException):
    """The process is no more: whatever it tries next has no effect."""


class Life:
    """Counts what has an effect outside the process; it ends in the middle, before or after one of these."""

    def __init__(self, steps: int | None) -> None:
        self.ended = Event()
        self._left = steps
        self._lock = Lock()

    def step(self) -> None:
        with self._lock:
            if self._left is None:
                return
            if self._left == 0:
                self.ended.set()
                raise Killed
            self._left -= 1


class MortalLetters(DeadLetterDirectory):
    """A real store in a process that may die before or after each append."""

    def __init__(self, directory: Path, life: Life) -> None:
        super().__init__(directory)
        self._life = life

    def append(self, letters: Sequence[DeadLetter]) -> None:
        if letters:
            self._life.step()
            super().append(letters)
            self._life.step()


class MortalCheckpoints(FakeCheckpoints):
    """Checkpoints that outlive the process, which may die before or after each write."""

    def __init__(self, known: dict[StreamKey, Checkpoint], life: Life) -> None:
        super().__init__(lambda _: life.step())
        self.known = known
        self._life = life

    def write(self, key: StreamKey, checkpoint: Checkpoint) -> None:
        super().write(key, checkpoint)
        self._life.step()


class MortalEndpoint:
    """The store's network as seen by a process that may die before or after each request.

    With `hang`, its first request hangs for as long as the others need to get through, or until it dies.
    """

    def __init__(self, store: FakeEndpoint, life: Life, *, hang: bool = False) -> None:
        self._store = store
        self._life = life
        self._hang = hang

    def request(self, method: str, path: str, **options: object) -> Reply:
        if self._hang:
            self._hang = False
            self._life.ended.wait(0.02)
        self._life.step()
        reply = self._store.request(method, path, **options)  # type: ignore[arg-type]
        self._life.step()
        return reply


class Load(RuleBasedStateMachine):
    """A file is loaded by processes that are killed; it grows; letters are replayed once the store takes them."""

    @initialize(lines=st.lists(st.sampled_from(["p", "q", "bad", "!", ""]), min_size=1, max_size=12))
    def begin(self, lines: list[str]) -> None:
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name, "some.log")
        self.store = FakeEndpoint()
        self.known: dict[StreamKey, Checkpoint] = {}
        self.transient: dict[str, deque[Item]] = {}
        self.mended = False
        self.lines: list[bytes] = []
        self.add(lines)

    def add(self, lines: list[str]) -> None:
        for kind in lines:
            number = len(self.lines)
            if number % CHUNK_LINES == CHUNK_LINES - 1:
                self.lines.append(b"p %d %b" % (number, PADDING))
            else:
                self.lines.append(b"%b %d" % (kind.encode(), number) if kind else b"")
        self.path.write_bytes(b"".join(line + b"\n" for line in self.lines))

    def letters(self, life: Life | None = None) -> DeadLetterDirectory:
        return MortalLetters(Path(self.folder.name, "deadletter"), life or Life(None))

    def judge(self, sent: Sent) -> Item | None:
        if sent.index == "bad" and not self.mended:
            return BAD
        waiting = self.transient.get(sent.id)
        return waiting.popleft() if waiting else None

    def sink(self, life: Life, *, hang: bool = False) -> OpenSearchSink:
        self.store.item = self.judge
        clock = FakeClock()
        endpoint = MortalEndpoint(self.store, life, hang=hang)
        return OpenSearchSink(
            endpoint, FakePartitions(), wait=FakeWait(clock), clock=clock, random=lambda: 0.5, body_bytes=1 << 16
        )

    def run_once(self, memory_bytes: int, steps: int | None = None, *, hang: bool = False) -> Sums:
        life = Life(steps)
        source = FilesSource(
            inputs(str(self.path)),
            key=lambda origin: StreamKey(KIND.name, "store", origin),
            checkpoints=MortalCheckpoints(self.known, life),
            framing=Framing(lambda _: None),
            clock=lambda: NOW,
        )
        pipeline = Pipeline(
            source,
            FakeDecoder(),
            self.sink(life, hang=hang),
            self.letters(life),
            stream=STREAM,
            clock=lambda: NOW,
            stop=Event(),
        )
        try:
            pipeline.run(memory_bytes)
        except Killed:
            assert steps is not None
        finally:
            source.close()
        sums = pipeline.sums().get(str(self.path), Sums())
        assert sums.read == sums.accounted
        return sums

    @rule(
        memory_bytes=st.sampled_from([1, 200, 400, 1 << 20]),
        steps=st.integers(0, 25),
        hang=st.booleans(),
        requests=st.lists(st.sampled_from(REQUEST_FAULTS), max_size=5),
        items=st.lists(st.tuples(st.integers(0, 20), st.lists(st.sampled_from(ITEM_FAULTS), max_size=3)), max_size=4),
    )
    def run_and_be_killed(
        self, memory_bytes: int, steps: int, hang: bool, requests: list, items: list[tuple[int, list[Item]]]
    ) -> None:
        self.store.requests = deque(requests)
        met = [each.id for sent in self.store.sent for each in sent]
        self.transient = {met[place]: deque(faults) for place, faults in items if place < len(met)}
        self.run_once(memory_bytes, steps, hang=hang)

    @rule(
        memory_bytes=st.sampled_from([1, 200, 400, 1 << 20]),
        requests=st.lists(st.sampled_from(REQUEST_FAULTS), max_size=5),
    )
    def run_to_the_end(self, memory_bytes: int, requests: list) -> None:
        self.store.requests = deque(requests)
        self.run_once(memory_bytes)

    @rule(lines=st.lists(st.sampled_from(["p", "bad", "!", ""]), min_size=1, max_size=6))
    def grow(self, lines: list[str]) -> None:
        """Only where the file ends with a chunk: else records of its last chunk have other ids once it is longer."""
        if len(self.lines) % CHUNK_LINES == 0 and len(self.lines) < 16:
            self.add(lines)

    @rule(steps=st.integers(0, 8), mended=st.booleans())
    def replay_and_be_killed(self, steps: int, mended: bool) -> None:
        self.mended = mended
        letters, life = self.letters(), Life(steps)

        def forget(ids: frozenset[str]) -> int:
            life.step()
            return letters.remove(ids)

        with suppress(Killed):
            list(replay(letters.read(), lambda _: FakeDecoder(), self.sink(life), forget))
        self.mended = False

    def stored(self) -> Counter[int]:
        return Counter(int(orjson.loads(document)["line"].split()[1]) for document in self.store.documents.values())

    def dead(self) -> set[int]:
        return {int(letter.raw.split()[1]) for letter in self.letters().read()}

    @invariant()
    def no_commit_passes_an_unsafe_record(self) -> None:
        safe = next((checkpoint.offset for checkpoint in self.known.values()), 0)
        passed = b"".join(line + b"\n" for line in self.lines)[:safe].count(b"\n")
        kept = self.stored().keys() | self.dead()
        assert {number for number in range(passed) if self.lines[number]} <= kept

    @invariant()
    def nothing_is_stored_twice(self) -> None:
        assert max(self.stored().values(), default=1) == 1

    @invariant()
    def letters_are_whole_and_their_own_lines(self) -> None:
        assert not list(self.letters().torn())
        for letter in self.letters().read():
            assert letter.raw == self.lines[int(letter.raw.split()[1])]
            begin = letter.position.offset
            assert self.path.read_bytes()[begin : begin + len(letter.raw)] == letter.raw

    def teardown(self) -> None:
        if not hasattr(self, "folder"):
            return
        try:
            self.run_once(3)
            records = {number for number, line in enumerate(self.lines) if line}
            assert self.stored().keys() | self.dead() == records
            assert self.run_once(3) == Sums()
            (checkpoint,) = self.known.values()
            assert (checkpoint.done, checkpoint.records) == (True, len(self.lines))
            self.mended = True
            self.store.requests.clear()
            list(replay(self.letters().read(), lambda _: FakeDecoder(), self.sink(Life(None)), self.letters().remove))
            assert self.dead() == {number for number, line in enumerate(self.lines) if line.startswith(b"!")}
            assert self.stored().keys() == records - self.dead()
            self.nothing_is_stored_twice()
        finally:
            self.folder.cleanup()


TestLoad = Load.TestCase
TestLoad.settings = settings(max_examples=80, stateful_step_count=10)


def test_a_killed_process_has_no_effect() -> None:
    """The machine's own death is real: else it proves nothing."""
    life = Life(1)
    checkpoints = MortalCheckpoints({}, life)
    key = StreamKey("k", "t", "o")
    with pytest.raises(Killed):
        checkpoints.write(key, Checkpoint(offset=1))
    with pytest.raises(Killed):
        checkpoints.write(key, Checkpoint(offset=2))
    assert checkpoints.read(key) == Checkpoint(offset=1)
