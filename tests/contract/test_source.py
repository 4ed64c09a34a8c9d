"""What every source promises, whatever it reads. A new source adds a factory to `SOURCES`."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from itertools import permutations
from pathlib import Path
from threading import Thread

import pytest

from fake_bucket import FakeBucket
from fake_log_group import FakeLogGroup
from fake_queue import FakeQueue, created
from fakes import NOW, FakeCheckpoints, FakeDeadLetters, FakeSource, FakeWait, inputs
from polling import next_chunk, polled
from shipper.errors import EndOfInput
from shipper.identity import CHUNK_BYTES, Framing
from shipper.interfaces import Source
from shipper.model import Chunk, RecordKind, Stream, StreamKey
from shipper.sources.files import FilesSource
from shipper.sources.inputs import Input
from shipper.sources.log_groups import LogGroup, LogSlices
from shipper.sources.log_tail import LogGroupTail, TailRules
from shipper.sources.pace import Pace
from shipper.sources.patience import Patience
from shipper.sources.queue_rules import QueueRules
from shipper.sources.s3_layout import Wanted
from shipper.sources.s3_objects import S3Objects
from shipper.sources.sqs_objects import SqsSource
from shipper.sources.tail import Manners, TailSource
from shipper.sources.tail_marks import Marks

CHUNKS = 4

Reopen = Callable[[], Source]
"""The same stream of CHUNKS chunks, from where it is safe."""


def fake(_folder: Path) -> Reopen:
    opened: list[FakeSource] = []

    def reopen() -> FakeSource:
        chunks = [b"a %d\n" % number * 3 for number in range(CHUNKS)]
        opened.append(FakeSource(chunks, safe=max((each.safe for each in opened), default=0)))
        return opened[-1]

    return reopen


def files_source(found: Iterable[Input], checkpoints: FakeCheckpoints, parallel: int) -> FilesSource:
    return FilesSource(
        found,
        key=lambda origin: StreamKey("lines", "store", origin),
        checkpoints=checkpoints,
        framing=Framing(lambda _: None),
        clock=lambda: NOW,
        parallel=parallel,
    )


def files(folder: Path, parallel: int = 1) -> Reopen:
    """One file of three chunks, another of one."""
    lines = [b"%d " % number + b"x" * (CHUNK_BYTES // 2) + b"\n" for number in range(2 * CHUNKS)]
    (folder / "1.log").write_bytes(b"".join(lines[:-2]))
    (folder / "2.log").write_bytes(b"".join(lines[-2:]))
    checkpoints = FakeCheckpoints()

    def reopen() -> FilesSource:
        return files_source(inputs(str(folder)), checkpoints, parallel)

    return reopen


def tail(folder: Path) -> Reopen:
    """Two files that are followed, read up to their ends. Lines such that a chunk is one of them."""
    for name, lines in (("1.log", 3), ("2.log", 1)):
        text = b"".join(
            name.encode() + b" %d " % number + b"x" * (CHUNK_BYTES * 2 // 3) + b"\n" for number in range(lines)
        )
        (folder / name).write_bytes(text)
    checkpoints = FakeCheckpoints()

    def log(_event: str, /, level: str = "info", **_: object) -> None:
        del level

    def reopen() -> TailSource:
        marks = Marks(
            checkpoints,
            lambda origin: StreamKey("lines", "store", origin),
            clock=lambda: NOW,
            log=log,
            write_every=timedelta(0),
        )
        return TailSource(
            [str(folder / "*.log")], marks, log, clock=lambda: NOW, wait=FakeWait(), manners=Manners(once=True)
        )

    return reopen


def bucket(_folder: Path) -> Reopen:
    """The same as objects, each of which is read in two goes."""
    checkpoints = FakeCheckpoints()
    lines = [b"%d " % number + b"x" * (CHUNK_BYTES // 2) + b"\n" for number in range(2 * CHUNKS)]
    objects = FakeBucket({"f/1.log": b"".join(lines[:-2]), "g/2.log": b"".join(lines[-2:])}, page_size=1)

    def reopen() -> FilesSource:
        objects.breaks.append(CHUNK_BYTES)
        found = S3Objects(objects, Patience(FakeWait(), lambda: 0.5), Wanted())
        return files_source(found.below("logs", ""), checkpoints, 2)

    return reopen


def queue(_folder: Path) -> Reopen:
    """A message and an object for each chunk: what is redelivered is a whole message."""
    keys = [f"f/{number}.log" for number in range(CHUNKS)]
    objects = FakeBucket({key: b"%b " % key.encode() + b"x" * 999 + b"\n" for key in keys})
    waiting = FakeQueue({key: created(key, size=len(objects.objects[key])) for key in keys})

    def reopen() -> SqsSource:
        waiting.expire()  # however the last worker ended
        found = S3Objects(objects, Patience(FakeWait(), lambda: 0.5), Wanted())
        return SqsSource(
            waiting,
            found,
            QueueRules(once=True, parallel=1),  # an object is at its end before the next one is handed out
            dead_letters=FakeDeadLetters(),
            stream=Stream(RecordKind("lines"), "store"),
            framing=Framing(lambda _: None),
            clock=lambda: NOW,
        )

    return reopen


def log_slices(events: FakeLogGroup) -> LogSlices:
    return LogSlices(events, Patience(FakeWait(), lambda: 0.5), Pace(FakeWait(), lambda: 0.0, 4), LogGroup("flows"))


def log_group_period(_folder: Path) -> Reopen:
    """Hours of a log group: one of three chunks, another of one, among hours without any events."""
    checkpoints = FakeCheckpoints()
    events = FakeLogGroup()
    begin = NOW.replace(minute=0, second=0, microsecond=0) - timedelta(days=2)
    for number in range(2 * CHUNKS):
        hours = 0 if number < 2 * CHUNKS - 2 else 3
        events.put(begin + timedelta(hours=hours, seconds=number), f"{number} " + "x" * (CHUNK_BYTES // 2))

    def reopen() -> FilesSource:
        return files_source(log_slices(events).period(begin, begin + timedelta(hours=5), NOW), checkpoints, 2)

    return reopen


def log_group_tail(_folder: Path) -> Reopen:
    """Minutes of a log group, some of them to be looked at again later, a chunk for each."""
    checkpoints = FakeCheckpoints()
    events = FakeLogGroup()
    for number in range(CHUNKS):
        events.put(NOW - timedelta(minutes=80 - 20 * number, seconds=1), f"event {number}")

    def reopen() -> LogGroupTail:
        return LogGroupTail(
            log_slices(events),
            TailRules(lookback=timedelta(hours=2), once=True, parallel=1),  # a look is at its end before the next
            checkpoints=checkpoints,
            key=lambda origin: StreamKey("lines", "store", origin),
            framing=Framing(lambda _: None),
            clock=lambda: NOW,
        )

    return reopen


SOURCES: dict[str, Callable[[Path], Reopen]] = {
    "FakeSource": fake,
    "FilesSource": files,
    "FilesSource, three at a time": partial(files, parallel=3),
    "TailSource": tail,
    "FilesSource, a bucket": bucket,
    "SqsSource": queue,
    "FilesSource, a log group": log_group_period,
    "LogGroupTail": log_group_tail,
}


@pytest.fixture(params=SOURCES)
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Reopen:
    return SOURCES[request.param](tmp_path)


def read(source: Source) -> list[Chunk]:
    """Everything that is left, not committed."""
    chunks = list(polled(source))
    source.close()
    return chunks


def same(one: Sequence[Chunk], other: Sequence[Chunk]) -> bool:
    """Whether these are the same records with the same ids, each input's in the same order."""
    return by_origin(one) == by_origin(other)


def by_origin(chunks: Sequence[Chunk]) -> dict[str, list[tuple[object, ...]]]:
    """All but the numbers that a run gave them. Inputs that are read at the same time come in any order."""
    found: dict[str, list[tuple[object, ...]]] = {}
    for chunk in chunks:
        named = (chunk.records, chunk.position, chunk.identity, chunk.first_ordinal, chunk.header, chunk.mid_line)
        found.setdefault(chunk.position.origin, []).append(named)
    return found


def test_a_stream_comes_in_order_and_ends(reopen: Reopen) -> None:
    source = reopen()
    chunks = list(polled(source))
    assert len(chunks) == CHUNKS
    assert [chunk.id for chunk in chunks] == sorted({chunk.id for chunk in chunks})
    for origin in {chunk.position.origin for chunk in chunks}:
        offsets = [chunk.position.offset for chunk in chunks if chunk.position.origin == origin]
        assert offsets == sorted(set(offsets))
    for _ in range(2):
        with pytest.raises(EndOfInput):
            source.poll(CHUNK_BYTES)
    source.close()


def test_chunks_are_whole_lines_one_behind_the_other(reopen: Reopen) -> None:
    ends: dict[str, int] = {}
    for chunk in read(reopen()):
        assert chunk.records.endswith(b"\n")
        assert chunk.position.offset == ends.get(chunk.position.origin, 0)
        ends[chunk.position.origin] = chunk.position.offset + len(chunk.records)


def test_what_was_never_committed_is_read_again(reopen: Reopen) -> None:
    first = read(reopen())
    assert same(read(reopen()), first)


@pytest.mark.parametrize("committed", range(CHUNKS + 1))
def test_a_stream_resumes_after_the_last_commit(reopen: Reopen, committed: int) -> None:
    source = reopen()
    chunks = list(polled(source))
    for chunk in chunks[:committed]:
        source.commit(chunk.id)
    source.close()
    assert same(read(reopen()), chunks[committed:])


@pytest.mark.parametrize("order", list(permutations(range(CHUNKS))))
def test_nothing_unsafe_is_passed_whatever_the_order_of_commits(reopen: Reopen, order: tuple[int, ...]) -> None:
    """Stopped after each commit, the stream goes on at the first chunk that was not committed."""
    source = reopen()
    chunks = list(polled(source))
    unsafe = set(range(CHUNKS))
    for number in order:
        source.commit(chunks[number].id)
        unsafe.remove(number)
        again = read(reopen())
        left = [chunk.records for chunk in again]
        assert all(chunks[each].records in left for each in unsafe)
        origins = {chunk.position.origin for chunk in again}
        for origin in origins:
            mine = [each for each in range(CHUNKS) if chunks[each].position.origin == origin]
            first = min(each for each in mine if each in unsafe)
            assert same([chunk for chunk in again if chunk.position.origin == origin], [
                chunks[each] for each in mine if each >= first
            ])  # fmt: skip
    source.close()
    assert read(reopen()) == []


def test_commits_come_from_other_threads_while_reading_goes_on(reopen: Reopen) -> None:
    source = reopen()
    threads = []
    for chunk in polled(source):
        threads.append(Thread(target=source.commit, args=[chunk.id]))
        threads[-1].start()
    for thread in threads:
        thread.join()
    source.close()
    assert read(reopen()) == []


def test_a_stream_may_be_closed_in_the_middle(reopen: Reopen) -> None:
    source = reopen()
    first = next_chunk(source)
    second = next_chunk(source)
    source.commit(first.id)
    source.close()
    again = read(reopen())
    assert second.records in [chunk.records for chunk in again]
    assert first.records not in [chunk.records for chunk in again]
    assert len(again) == CHUNKS - 1


def test_a_chunk_committed_after_a_restart_is_safe_too(reopen: Reopen) -> None:
    source = reopen()
    first = next_chunk(source)
    source.commit(first.id)
    source.close()
    source = reopen()
    for chunk in polled(source):
        source.commit(chunk.id)
    source.close()
    assert read(reopen()) == []
