"""Files as a source: what is read again, what is not, and what is said of files that cannot be read to their end."""

import gzip
import os
import tracemalloc
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest

from fakes import NOW, FakeCheckpoints, inputs
from flow_log_samples import AWS_NAME
from polling import next_chunk, poll_all
from shipper.decoders.flow_log.header import find_header
from shipper.errors import CorruptState, StateUnwritable
from shipper.identity import CHUNK_BYTES, Framing
from shipper.model import Checkpoint, Chunk, StreamKey
from shipper.sources.files import FilesSource, Progress
from shipper.sources.local_paths import expand


class Reader:
    """Runs over the same checkpoints. `commit` says which chunks of a run become safe; by default all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkpoints = FakeCheckpoints()
        self.problems: dict[str, str] = {}
        self.unchanged: Sequence[str] = ()

    def source(self, *names: str, again: bool = False, stdin: bytes = b"") -> FilesSource:
        return FilesSource(
            inputs(*(name if name == "-" else str(self.folder / name) for name in names), stdin=stdin),
            key=self.key,
            checkpoints=self.checkpoints,
            framing=Framing(find_header),
            clock=lambda: NOW,
            again=again,
        )

    def run(self, *names: str, commit: slice = slice(None), again: bool = False, stdin: bytes = b"") -> list[Chunk]:
        """What was handed out."""
        source = self.source(*(names or ("some.log",)), again=again, stdin=stdin)
        chunks = poll_all(source)
        for chunk in chunks[commit]:
            source.commit(chunk.id)
        source.close()
        self.problems, self.unchanged = source.problems, source.unchanged()
        return chunks

    def key(self, origin: str) -> StreamKey:
        return StreamKey("flowlogs", "store", origin)

    def checkpoint(self, name: str = "some.log") -> Checkpoint | None:
        return self.checkpoints.read(self.key(str(self.folder / name)))


def content(chunks: Sequence[Chunk]) -> bytes:
    return b"".join(chunk.records for chunk in chunks)


def numbered(begin: int, end: int) -> bytes:
    """A line of about 100 kB for each number; eleven are a chunk."""
    return b"".join(b"%d " % number + b"x" * 100_000 + b"\n" for number in range(begin, end))


CHUNK = numbered(0, 11)
TEXT = numbered(0, 30)
"""Two chunks and a rest."""


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "some.log"
    path.write_bytes(TEXT)
    return path


def test_a_file_that_was_loaded_whole_is_not_read_again(reader: Reader, log: Path) -> None:
    assert content(reader.run()) == TEXT
    assert (reader.run(), list(reader.unchanged)) == ([], [str(log)])
    checkpoint = reader.checkpoint()
    assert checkpoint
    assert (checkpoint.done, checkpoint.offset, checkpoint.records) == (True, len(TEXT), 30)
    assert (checkpoint.size, checkpoint.modified_ns) == (len(TEXT), log.stat().st_mtime_ns)


def test_again_reads_everything_whatever_the_checkpoint_says(reader: Reader, log: Path) -> None:
    first = reader.run()
    again = reader.run(again=True)
    assert [(chunk.identity, chunk.records) for chunk in again] == [(chunk.identity, chunk.records) for chunk in first]
    assert (reader.run(), list(reader.unchanged)) == ([], [str(log)])


def test_a_file_that_was_only_touched_is_proved_to_be_the_same(reader: Reader, log: Path) -> None:
    reader.run()
    os.utime(log, ns=(1, 1))
    assert (reader.run(), list(reader.unchanged)) == ([], [])
    assert (reader.run(), list(reader.unchanged)) == ([], [str(log)])


def test_a_file_that_changed_before_its_checkpoint_is_another_file(reader: Reader, log: Path) -> None:
    reader.run(commit=slice(2))
    log.write_bytes(b"9" + TEXT[1:])
    assert content(reader.run()) == b"9" + TEXT[1:]


def test_a_file_that_changed_after_its_checkpoint_goes_on(reader: Reader, log: Path) -> None:
    first = reader.run(commit=slice(1))
    log.write_bytes(TEXT[: len(CHUNK)] + b"9 changed\n")
    assert content(reader.run()) == b"9 changed\n"
    assert reader.run(again=True)[0].identity == first[0].identity


def test_a_file_that_grew_after_whole_chunks_goes_on(reader: Reader, log: Path) -> None:
    log.write_bytes(CHUNK)
    reader.run()
    log.write_bytes(CHUNK + b"more\n")
    (more,) = reader.run()
    assert (more.records, more.position.offset) == (b"more\n", len(CHUNK))
    assert content(reader.run(again=True)) == CHUNK + b"more\n"


def test_a_file_that_grew_in_its_last_chunk_is_read_from_its_start(reader: Reader, log: Path) -> None:
    """The last chunk's identity is another now; the ids of what was before it are the same."""
    first = reader.run()
    log.write_bytes(TEXT + b"more\n")
    again = reader.run()
    assert content(again) == TEXT + b"more\n"
    assert [chunk.identity for chunk in again[:2]] == [chunk.identity for chunk in first[:2]]
    assert again[2].identity != first[2].identity


def test_a_file_that_shrank_is_read_from_its_start(reader: Reader, log: Path) -> None:
    reader.run()
    log.write_bytes(numbered(0, 3))
    assert content(reader.run()) == numbered(0, 3)


def test_the_header_is_known_after_a_restart(reader: Reader, log: Path) -> None:
    log.write_bytes(b"srcaddr dstaddr vpc-id\n" + TEXT)
    reader.run(commit=slice(1))
    assert [chunk.header for chunk in reader.run()] == [b"srcaddr dstaddr vpc-id"] * 2


def test_lines_of_an_object_count_on_after_a_restart(reader: Reader, tmp_path: Path) -> None:
    name = AWS_NAME.removesuffix(".gz")
    (tmp_path / name).write_bytes(TEXT)
    whole = reader.run(name, commit=slice(1))
    assert [chunk.first_ordinal for chunk in whole] == [0, 11, 22]
    assert [(chunk.identity, chunk.first_ordinal) for chunk in reader.run(name)] == [
        (chunk.identity, chunk.first_ordinal) for chunk in whole[1:]
    ]


def test_the_same_bytes_packed_or_renamed_are_the_same_records(reader: Reader, log: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.txt").write_bytes(TEXT)
    (tmp_path / "packed").write_bytes(gzip.compress(TEXT[:150_000]) + gzip.compress(TEXT[150_000:]))
    first = [(chunk.identity, chunk.first_ordinal, chunk.position.offset) for chunk in reader.run(log.name)]
    for name in ("copy.txt", "packed"):
        found = reader.run(name)
        assert [(chunk.identity, chunk.first_ordinal, chunk.position.offset) for chunk in found] == first
        assert {chunk.position.origin for chunk in found} == {str(tmp_path / name)}


def test_a_last_line_without_line_end_is_a_record(reader: Reader, log: Path) -> None:
    log.write_bytes(b"one\ntwo")
    assert content(reader.run()) == b"one\ntwo"
    checkpoint = reader.checkpoint()
    assert checkpoint
    assert (checkpoint.records, checkpoint.offset) == (2, 7)


def test_an_empty_file_is_loaded_at_once(reader: Reader, log: Path, tmp_path: Path) -> None:
    log.write_bytes(b"")
    (tmp_path / "other.log").write_bytes(b"")
    (tmp_path / "packed").write_bytes(gzip.compress(b""))
    names = ("some.log", "other.log", "packed")
    assert reader.run(*names) == []
    assert reader.problems == {}
    reader.run(*names)
    assert len(reader.unchanged) == 3


def truncated(text: bytes = TEXT, left_out: int = 100) -> bytes:
    """A gzip file of incompressible lines, so that what is cut off at its end is little."""
    return gzip.compress(text, 0)[:-left_out]


@pytest.mark.parametrize(
    "damaged", [truncated(), gzip.compress(TEXT, 0)[:-8] + b"bad crc!", truncated() + b"\xff" * 99]
)
def test_a_damaged_file_gives_its_whole_lines_and_is_read_again_next_time(
    reader: Reader, tmp_path: Path, damaged: bytes
) -> None:
    path = tmp_path / "some.gz"
    path.write_bytes(damaged)
    good = content(reader.run("some.gz"))
    assert good in {numbered(0, 28), numbered(0, 29)}
    checkpoint = reader.checkpoint("some.gz")
    assert checkpoint
    assert (checkpoint.done, checkpoint.offset) == (False, len(good))
    for _ in range(2):
        assert str(path) in reader.problems[str(path)]
        assert (reader.run("some.gz"), reader.unchanged) == ([], ())
    assert content(reader.run("some.gz", again=True)) == good
    path.write_bytes(gzip.compress(TEXT))
    assert content(reader.run("some.gz")) == TEXT
    assert reader.problems == {}
    reader.run("some.gz")
    assert reader.unchanged == (str(path),)


def test_a_damaged_file_goes_on_at_its_last_full_chunk_once_it_is_whole(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "some.gz"
    path.write_bytes(truncated())
    reader.run("some.gz", commit=slice(2))
    path.write_bytes(gzip.compress(TEXT))
    assert content(reader.run("some.gz")) == numbered(22, 30)


def test_a_file_that_changed_and_is_damaged_before_its_checkpoint_gives_what_is_good(
    reader: Reader, tmp_path: Path
) -> None:
    path = tmp_path / "some.gz"
    path.write_bytes(gzip.compress(TEXT))
    reader.run("some.gz", commit=slice(2))
    path.write_bytes(truncated(numbered(100, 115)))
    assert content(reader.run("some.gz")) == numbered(100, 114)
    assert "truncated" in reader.problems[str(path)]


def test_other_files_go_on_after_one_that_cannot_be_read(reader: Reader, log: Path, tmp_path: Path) -> None:
    (tmp_path / "1.gz").write_bytes(b"\x1f\x8b nonsense")
    (tmp_path / "2.parquet").write_bytes(b"PAR1....")
    (tmp_path / "3.zst").write_bytes(b"\x28\xb5\x2f\xfd....")
    (tmp_path / "4.log").write_bytes(b"vanishes")
    (tmp_path / "5.log").write_bytes(b"becomes a folder")
    source = reader.source("1.gz", "2.parquet", "3.zst", "4.log", "5.log", "some.log")
    (tmp_path / "4.log").unlink()
    (tmp_path / "5.log").unlink()
    (tmp_path / "5.log").mkdir()
    assert content(poll_all(source)) == TEXT
    said = {Path(origin).name: problem for origin, problem in source.problems.items()}
    assert said["1.gz"].startswith(f"{tmp_path}/1.gz: corrupt gzip")
    assert said["2.parquet"].startswith(f"{tmp_path}/2.parquet")
    assert said["3.zst"].startswith(f"{tmp_path}/3.zst: ")
    assert said["4.log"] == f"{tmp_path}/4.log: No such file or directory"
    assert said["5.log"] == f"{tmp_path}/5.log: Is a directory"
    assert source.progress().files_done == 6
    assert reader.checkpoints.known.keys() <= {reader.key(str(log))}


def test_standard_input_is_read_each_time_and_leaves_no_checkpoint(reader: Reader) -> None:
    first = reader.run("-", stdin=gzip.compress(TEXT))
    assert content(first) == TEXT
    assert {chunk.position.origin for chunk in first} == {"-"}
    assert [chunk.identity for chunk in reader.run("-", stdin=TEXT)] == [chunk.identity for chunk in first]
    assert reader.checkpoints.known == {}


def test_damage_in_standard_input_is_a_problem_of_its_own(reader: Reader) -> None:
    assert content(reader.run("-", stdin=gzip.compress(b"one\n")[:-3])) == b"one\n"
    assert reader.problems == {"-": "standard input: gzip ends in the middle (truncated)"}


def test_nothing_is_written_while_an_earlier_chunk_is_unsafe(reader: Reader, log: Path) -> None:
    source = reader.source(log.name)
    first, second, third = poll_all(source)
    source.commit(third.id)
    source.commit(second.id)
    assert reader.checkpoint() is None
    source.commit(first.id)
    checkpoint = reader.checkpoint()
    assert checkpoint
    assert checkpoint.done


def test_a_checkpoint_that_cannot_be_written_is_the_committers_error(reader: Reader, log: Path) -> None:
    def full(_: Checkpoint) -> None:
        raise StateUnwritable("disk full")

    source = reader.source(log.name)
    first, *_ = poll_all(source)
    reader.checkpoints.before = full
    with pytest.raises(StateUnwritable):
        source.commit(first.id)


def test_a_corrupt_checkpoint_stops_reading(reader: Reader, log: Path) -> None:
    class Corrupt(FakeCheckpoints):
        def read(self, key: StreamKey) -> Checkpoint | None:
            raise CorruptState(key.origin)

    reader.checkpoints = Corrupt()
    with pytest.raises(CorruptState, match=str(log)):
        next_chunk(reader.source("some.log"))


def test_memory_stays_flat_behind_a_chunk_that_is_not_safe_for_a_long_time(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "big.log").write_bytes(TEXT * 8)
    source = reader.source("big.log")
    parked = next_chunk(source)
    tracemalloc.start()
    try:
        for _ in range(20):
            source.commit(next_chunk(source).id)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * CHUNK_BYTES
    for chunk in poll_all(source):
        source.commit(chunk.id)
    assert reader.checkpoint("big.log") is None
    source.commit(parked.id)
    checkpoint = reader.checkpoint("big.log")
    assert checkpoint
    assert (checkpoint.offset, checkpoint.records, checkpoint.done) == (8 * len(TEXT), 240, True)


def test_progress_is_told_in_bytes_on_disk(reader: Reader, log: Path, tmp_path: Path) -> None:
    packed = gzip.compress(TEXT)
    (tmp_path / "2.gz").write_bytes(packed)
    reader.run()
    source = reader.source(log.name, "2.gz")
    total = len(TEXT) + len(packed)
    assert source.progress() == Progress(2, 0, 0, total, 0)
    next_chunk(source)
    assert source.progress() == Progress(2, 1, 1, total, total)
    poll_all(source)
    assert source.progress() == Progress(2, 2, 1, total, total)
    assert reader.source("-", "some.log").progress().bytes_total == -1


def test_what_was_read_of_a_file_that_was_left_is_still_known(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    (tmp_path / "some.log").write_bytes(numbered(0, 90))
    source = reader.source("some.log")
    next_chunk(source)
    source.close()
    assert CHUNK_BYTES <= source.progress().bytes_read < len(numbered(0, 90))


def test_a_pipe_that_cannot_be_opened_is_a_problem_of_its_own(tmp_path: Path) -> None:
    def refuse(_: Path | None) -> BytesIO:
        raise PermissionError(13, "Permission denied")

    os.mkfifo(tmp_path / "pipe")
    source = FilesSource(
        expand([str(tmp_path / "pipe")], refuse),
        key=Reader(tmp_path).key,
        checkpoints=FakeCheckpoints(),
        framing=Framing(find_header),
        clock=lambda: NOW,
    )
    assert poll_all(source) == []
    assert source.problems == {str(tmp_path / "pipe"): f"{tmp_path}/pipe: Permission denied"}
