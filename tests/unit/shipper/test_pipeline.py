"""From source to commit: what is committed, when, and what stops it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from threading import Event, Semaphore

import pytest

from fakes import NOW, FakeDeadLetters, FakeDecoder, FakeSink, FakeSource
from flow_log_samples import RECORD, decoder, lines
from shipper.decoders.flow_log.header import find_header
from shipper.errors import CorruptState, Refused, StateUnwritable, Unavailable
from shipper.identity import CHUNK_BYTES, pieces
from shipper.interfaces import DeadLetterStore, Decoder, Sink, Source
from shipper.model import Batch, Chunk, ChunkId, DeadLetter, Fate, Position, RecordKind, Stream, Sums, Verdict
from shipper.pipeline import Pipeline, header_of, numbered_lines

KIND = RecordKind("lines", {"format": "x"})
STREAM = Stream(KIND, "cluster/prefix")
CHUNKS = [b"p a\np b\n!bad\n\n", b"p c\n", b"!worse\n", b"\n"]
DELIVERED = Verdict(Fate.DELIVERED)


def pipeline(
    source: Source,
    sink: Sink | None = None,
    dead_letters: DeadLetterStore | None = None,
    *,
    decoder: Decoder | None = None,
    stop: Event | None = None,
) -> Pipeline:
    return Pipeline(
        source,
        decoder or FakeDecoder(),
        sink or FakeSink(),
        dead_letters or FakeDeadLetters(),
        stream=STREAM,
        clock=lambda: NOW,
        stop=stop or Event(),
    )


def raising(error: BaseException) -> Callable[[object], None]:
    def before(_: object) -> None:
        raise error

    return before


def test_everything_is_committed_and_adds_up() -> None:
    source, letters = FakeSource(CHUNKS), FakeDeadLetters()
    run = pipeline(source, dead_letters=letters)
    run.run()
    assert source.safe == 4
    assert run.sums() == {"fake": Sums(read=7, delivered=3, dead_lettered=2, skipped=2)}
    assert run.sums()["fake"].accounted == 7
    assert {(letter.raw, letter.position.offset, letter.ordinal, letter.identity) for letter in letters.letters} == {
        (b"!bad", 8, 2, "chunk0000000"),
        (b"!worse", 18, 0, "chunk0000002"),
    }


def test_each_verdict_is_counted_by_origin() -> None:
    fates = [Fate.DELIVERED, Fate.DUPLICATE, Fate.REFUSED]

    def verdict(_: Batch, number: int) -> Verdict:
        return Verdict(fates[number], "mapper_parsing_exception: no" if fates[number] is Fate.REFUSED else "")

    class TwoOrigins(FakeSource):
        def poll(self, max_bytes: int) -> Chunk | None:
            chunk = super().poll(max_bytes)
            return chunk and replace(chunk, position=Position(f"origin {chunk.id}", 0))

    run = pipeline(TwoOrigins([b"p a\np b\n\np c\n", b"p d\n"]), FakeSink(verdict))
    run.run()
    assert run.sums() == {
        "origin 0": Sums(read=4, delivered=1, duplicate=1, dead_lettered=1, skipped=1),
        "origin 1": Sums(read=1, delivered=1),
    }


def test_a_refused_document_is_a_letter_with_its_own_line() -> None:
    letters = FakeDeadLetters()
    sink = FakeSink(lambda batch, number: Verdict(Fate.REFUSED, "x: no") if batch.ordinals[number] == 3 else DELIVERED)
    pipeline(FakeSource([b"p 0\n", b"q 0\n\nq 2\nq 3"]), sink, letters).run()
    assert letters.letters == [
        DeadLetter(
            kind=KIND,
            raw=b"q 3",
            position=Position("fake", 13),
            identity="chunk0000001",
            ordinal=3,
            header=b"",
            reason="x: no",
            received_at=NOW,
            dead_at=NOW,
            index="q",
            target="cluster/prefix",
        )
    ]


def test_nothing_is_committed_before_its_letters_are_safe() -> None:
    safe_then = []
    source = FakeSource([b"p a\n!bad\n"])
    pipeline(source, dead_letters=FakeDeadLetters(lambda _: safe_then.append(source.safe))).run()
    assert (safe_then, source.safe) == ([0], 1)


def test_letters_that_cannot_be_kept_stop_the_stream_without_a_commit() -> None:
    source, sink = FakeSource([b"!bad\np a\n"] * 100), FakeSink()
    run = pipeline(source, sink, FakeDeadLetters(raising(StateUnwritable("disk full"))))
    with pytest.raises(StateUnwritable, match="disk full"):
        run.run()
    assert (source.safe, run.sums()) == (0, {})
    assert len(sink.written) < 10


@pytest.mark.parametrize("error", [Refused("closed"), Unavailable("never without a stop"), ZeroDivisionError("a bug")])
def test_an_error_in_one_batch_stops_the_others_and_is_raised(error: Exception) -> None:
    stop = Event()

    def before(batch: Batch) -> None:
        if batch.chunk.id <= 3 < batch.chunk.id + len(batch):
            raise error
        if batch.chunk.id > 3:
            assert stop.wait(30)
            raise Unavailable("told to stop")

    source = FakeSource([b"p a\n"] * 100)
    run = pipeline(source, FakeSink(before=before), stop=stop)
    with pytest.raises(type(error), match=str(error)):
        run.run()
    assert source.safe <= 3  # those that went together with the one that failed are not safe either
    assert run.sums().get("fake", Sums()) == Sums(read=source.safe, delivered=source.safe)
    assert stop.is_set()


def test_the_first_error_is_raised_whatever_follows() -> None:
    stop, others = Event(), Semaphore(0)

    def before(batch: Batch) -> None:
        if batch.chunk.id == 0:
            assert others.acquire(timeout=30)
            raise Refused("the first")
        others.release()
        assert stop.wait(30)
        raise Refused("another")

    with pytest.raises(Refused, match="the first"):
        pipeline(FakeSource([b"p a\n"] * 5), FakeSink(before=before), stop=stop).run()


def test_a_commit_that_fails_stops_the_stream_and_is_not_counted() -> None:
    class Full(FakeSource):
        def commit(self, *chunk_ids: ChunkId) -> None:
            raise StateUnwritable(f"checkpoint {chunk_ids}")

    run = pipeline(Full([b"p a\n"] * 50))
    with pytest.raises(StateUnwritable, match="checkpoint"):
        run.run()
    assert run.sums() == {}


def test_a_source_that_fails_ends_what_is_on_its_way() -> None:
    class Corrupt(FakeSource):
        def poll(self, max_bytes: int) -> Chunk | None:
            if self._next == 2:
                raise CorruptState("checkpoint")
            return super().poll(max_bytes)

    source = Corrupt([b"p a\n"] * 5)
    with pytest.raises(CorruptState):
        pipeline(source).run()
    assert source.safe == 2


def test_a_decoder_that_fails_commits_nothing_of_its_chunk() -> None:
    class Buggy(FakeDecoder):
        def decode(self, chunk: Chunk) -> Batch:
            if chunk.id == 2:
                raise RuntimeError("bulk lines are not documents")
            return super().decode(chunk)

    source = FakeSource([b"p a\n"] * 5)
    with pytest.raises(RuntimeError, match="bulk lines"):
        pipeline(source, decoder=Buggy()).run()
    assert source.safe == 2


def test_a_chunk_without_documents_needs_no_sink() -> None:
    source = FakeSource([b"\n\n", b"!x\n"])
    pipeline(source, FakeSink(before=raising(AssertionError("called")))).run()
    assert source.safe == 2


def room_for(batches: int) -> int:
    """Memory for so many batches of one short record."""
    one = FakeSource([b"p a\n"]).poll(0)
    assert one is not None
    return batches * (len(one.records) + len(FakeDecoder().decode(one).body))


@pytest.mark.parametrize("batches", [1, 2, 3, 8])
def test_no_more_is_held_than_the_memory_given(batches: int) -> None:
    most, source = 0, FakeSource([b"p a\n"] * 60)

    def before(_: Batch) -> None:
        nonlocal most
        most = max(most, source.unsafe)

    pipeline(source, FakeSink(before=before)).run(room_for(batches))
    assert source.safe == 60
    assert most <= batches


def test_polling_pauses_while_nothing_gets_through() -> None:
    arrived, go = Semaphore(0), Event()
    polled = []

    class Watched(FakeSource):
        def poll(self, max_bytes: int) -> Chunk | None:
            polled.append(self._next)
            return super().poll(max_bytes)

    def before(batch: Batch) -> None:
        arrived.release()
        if batch.chunk.id == 2:
            for _ in range(3):
                assert arrived.acquire(timeout=30)
            assert polled[-1] == 2
            go.set()
        assert go.wait(30)

    pipeline(Watched([b"p a\n"] * 9), FakeSink(before=before)).run(room_for(3))
    assert polled == list(range(10))


def test_other_chunks_go_on_past_one_that_waits() -> None:
    others = Event()
    source = FakeSource([b"p a\n"] * 20)

    def before(batch: Batch) -> None:
        if batch.chunk.id == 0:
            assert others.wait(30)
        elif batch.chunk.id == 19:
            assert source.safe == 0
            others.set()

    pipeline(source, FakeSink(before=before)).run(room_for(3))
    assert source.safe == 20


def test_told_to_stop_what_is_in_flight_is_finished() -> None:
    stop = Event()
    source = FakeSource([b"p a\n"] * 100)
    run = pipeline(source, FakeSink(before=lambda _: stop.set()), stop=stop)
    run.run()
    assert 1 <= source.safe <= 4
    assert run.sums()["fake"].delivered == source.safe


def test_told_to_stop_while_waiting_is_no_error_and_no_commit() -> None:
    stop = Event()

    def before(_: Batch) -> None:
        stop.set()
        raise Unavailable("told to stop while waiting")

    source = FakeSource([b"p a\n"] * 100)
    run = pipeline(source, FakeSink(before=before), stop=stop)
    run.run()
    assert (source.safe, run.sums()) == (0, {})


def test_told_to_stop_beforehand_nothing_is_read() -> None:
    stop = Event()
    stop.set()
    source = FakeSource([b"p a\n"])
    pipeline(source, stop=stop).run()
    assert source.unsafe == 0


def test_a_source_that_has_nothing_yet_is_asked_again() -> None:
    class Slow(FakeSource):
        asked = 0

        def poll(self, max_bytes: int) -> Chunk | None:
            self.asked += 1
            return None if self.asked % 3 else super().poll(max_bytes)

    source = Slow([b"p a\n"] * 3)
    pipeline(source).run()
    assert source.safe == 3


def test_lines_are_found_by_ordinal_in_any_chunk() -> None:
    chunk = Chunk(ChunkId(0), b"a\n\nbc\r\nd", Position("o", 100), "IDENTITY-12c", 40, NOW)
    found = numbered_lines(chunk, {40, 42, 43})
    assert {ordinal: (each.raw, each.offset) for ordinal, each in found.items()} == {
        40: (b"a", 100),
        42: (b"bc\r", 103),
        43: (b"d", 107),
    }


def flow_log_letters(records: bytes, refuse: Callable[[Batch, int], bool]) -> Sequence[DeadLetter]:
    """Letters of a flow log whose documents are refused so, read in chunks as a file would be."""

    class Pieces(FakeSource):
        def poll(self, max_bytes: int) -> Chunk | None:
            chunk = super().poll(max_bytes)
            piece = chunk and read[chunk.id]
            return chunk and piece and replace(
                chunk,
                position=Position("some.log", piece.offset),
                identity=piece.identity,
                first_ordinal=piece.first_ordinal,
                header=piece.header,
                mid_line=piece.mid_line,
            )  # fmt: skip

    read = list(pieces([records], "some.log", find_header))
    letters = FakeDeadLetters()
    sink = FakeSink(lambda batch, number: Verdict(Fate.REFUSED, "x: y") if refuse(batch, number) else DELIVERED)
    pipeline(Pieces([piece.records for piece in read]), sink, letters, decoder=decoder()).run(1)
    return letters.letters


def test_a_letter_names_the_header_in_force_at_its_line() -> None:
    records = lines(
        RECORD, b"srcaddr vpc-id", b"10.0.0.1 a", b"10.0.0.1 a b", b"vpc-id srcaddr", b"b 10.0.0.2", b"b 2 3"
    )
    letters = flow_log_letters(records, lambda _batch, _number: True)
    assert {letter.raw: letter.header for letter in letters} == {
        RECORD: b"",
        b"10.0.0.1 a": b"srcaddr vpc-id",
        b"10.0.0.1 a b": b"srcaddr vpc-id",
        b"b 10.0.0.2": b"vpc-id srcaddr",
        b"b 2 3": b"vpc-id srcaddr",
    }


def test_letters_of_later_chunks_point_at_their_own_lines() -> None:
    records = lines(b"srcaddr vpc-id", *[b"10.0.0.1 %d-" % number + b"v" * 1000 for number in range(3000)])
    letters = flow_log_letters(records, lambda batch, number: batch.ordinals[number] == 7)
    assert len(records) > 2 * CHUNK_BYTES
    assert len(letters) == len({letter.identity for letter in letters}) == 3
    for letter in letters:
        assert records[letter.position.offset :].startswith(letter.raw + b"\n")
        assert (letter.header, letter.ordinal) == (b"srcaddr vpc-id", 7)
    for before, after in pairwise(letters):
        assert after.position.offset > before.position.offset + 1_000_000


def test_the_header_before_a_line_is_the_last_one() -> None:
    chunk = Chunk(ChunkId(0), b"", Position("o", 0), "IDENTITY-12c", 0, NOW, header=b"before")
    batch = Batch(chunk, b"", [0], [], [], headers=[(3, b"third"), (5, b"fifth")])
    assert [header_of(batch, ordinal) for ordinal in (0, 3, 4, 5, 6)] == [
        b"before",
        b"before",
        b"third",
        b"third",
        b"fifth",
    ]
