"""Real files, rotated by every method while they are followed: each line once, whatever happened meanwhile.

Test names carry the codes of the failures that other shippers are known for. Long because each is a story of its own.
"""

import gzip
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from fakes import FakeCheckpoints, FakeClock, FakeWait
from shipper.errors import EndOfInput
from shipper.identity import CHUNK_BYTES, MAX_RECORD_BYTES
from shipper.model import Chunk, StreamKey
from shipper.sources.tail import Manners, TailSource
from shipper.sources.tail_marks import Marks


@dataclass
class World:
    """A folder with a log, somebody who writes numbered lines, and a source that is killed and begun again."""

    folder: Path
    store: FakeCheckpoints = field(default_factory=FakeCheckpoints)
    clock: FakeClock = field(default_factory=FakeClock)
    seconds: float = 0.0
    patterns: tuple[str, ...] = ()
    written: int = 0
    rotations: int = 0
    got: Counter[bytes] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)
    source: TailSource | None = None
    settle_seconds: float = 30.0

    @property
    def log(self) -> Path:
        return self.folder / "eve.json"

    def line(self) -> bytes:
        self.written += 1
        return b'{"number": %d, "padding": "%s"}\n' % (self.written, b"x" * (self.written % 90))

    def write(self, lines: int, path: Path | None = None) -> None:
        with (path or self.log).open("ab") as file:
            for _ in range(lines):
                file.write(self.line())

    def begin(self) -> TailSource:
        self.kill()
        marks = Marks(
            self.store,
            lambda origin: StreamKey("eve", "store", origin, (("input", "a"),)),
            clock=self.clock,
            log=self.tell,
            write_every=timedelta(0),
        )
        self.source = TailSource(
            self.patterns or (str(self.log),),
            marks,
            self.tell,
            clock=self.clock,
            wait=FakeWait(),
            manners=Manners(linger_seconds=0, once=True, settle_seconds=self.settle_seconds),
            monotonic=self.monotonic,
        )
        return self.source

    def tell(self, event: str, /, level: str = "info", **fields: object) -> None:
        self.said.append(f"{level} {event} {fields}")

    def monotonic(self) -> float:
        self.seconds += 0.5  # every second look is a look around
        return self.seconds

    def kill(self) -> None:
        """Nothing is committed, written or told any more."""
        if self.source is not None:
            for stream in self.source._search.streams:  # the kernel closes a dead process's files
                stream.detach()
            self.source = None

    def chunks(self) -> Iterator[Chunk]:
        """What is there now."""
        source = self.source or self.begin()
        idle = 0
        while idle < 4:
            try:
                chunk = source.poll(CHUNK_BYTES)
            except EndOfInput:
                idle += 1
                self.seconds += 1
                continue
            if chunk is not None:
                yield chunk

    def read(self, commit: Callable[[Chunk], bool] = lambda _: True) -> None:
        """Everything that is there; a chunk counts when it is committed: what is not is read again."""
        for chunk in self.chunks():
            if commit(chunk):
                assert self.source
                self.source.commit(chunk.id)
                self.got.update(chunk.records.split(b"\n")[:-1] if chunk.records.endswith(b"\n") else [chunk.records])

    def settle(self) -> None:
        """Long enough for a rotated file to have ended."""
        self.seconds += 2 * self.settle_seconds
        self.read()

    def numbers(self) -> Counter[int]:
        return Counter(int(line.partition(b":")[2].partition(b",")[0]) for line in self.got.elements())

    def assert_exact(self) -> None:
        found = self.numbers()
        wrong = {number: found[number] for number in {*range(1, self.written + 1), *found} if found[number] != 1}
        assert not wrong, f"{len(wrong)} of {self.written} are not there once: {wrong}"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    if world.source is not None:
        world.source.close()


def rename_and_create(world: World) -> None:
    for number in range(60, 0, -1):
        if (older := world.folder / f"eve.json.{number}").exists():
            older.rename(world.folder / f"eve.json.{number + 1}")
        if (older := world.folder / f"eve.json.{number}.gz").exists():
            older.rename(world.folder / f"eve.json.{number + 1}.gz")
    world.log.rename(world.folder / "eve.json.1")
    world.log.touch()


def copy_and_truncate(world: World) -> None:
    world.rotations += 1
    shutil.copyfile(world.log, world.folder / f"eve.json.{world.rotations}")
    os.truncate(world.log, 0)


def rename_and_compress(world: World) -> None:
    rename_and_create(world)
    rotated = world.folder / "eve.json.1"
    packed = rotated.with_suffix(".1.gz")
    packed.write_bytes(gzip.compress(rotated.read_bytes()))
    shutil.copystat(rotated, packed)
    rotated.unlink()


def dated(world: World) -> None:
    world.rotations += 1
    world.log.rename(world.folder / f"eve-{world.rotations}.json")
    world.log.touch()


METHODS = {
    "rename": rename_and_create,
    "copytruncate": copy_and_truncate,
    "gzip": rename_and_compress,
    "dated": dated,
}
rotations = pytest.mark.parametrize("rotate", METHODS.values(), ids=METHODS)


def test_what_is_written_is_read_as_it_comes(world: World) -> None:
    for lines in (3, 0, 1, 200, 2):
        world.write(lines)
        world.read()
        world.assert_exact()


@rotations
def test_f1_f2_f7_each_line_is_read_once_through_a_rotation(world: World, rotate: Callable[[World], None]) -> None:
    world.write(50)
    world.read()
    world.write(20)
    rotate(world)
    world.write(30)
    world.read()
    world.settle()
    world.assert_exact()


@rotations
def test_f1_f2_f7_the_same_while_nobody_looked(world: World, rotate: Callable[[World], None]) -> None:
    world.write(50)
    world.read()
    world.kill()
    world.write(20)
    rotate(world)
    world.write(30)
    world.read()
    world.settle()
    world.assert_exact()


def test_f1_lines_written_to_the_old_handle_after_the_rotation_are_read(world: World) -> None:
    world.write(10)
    world.read()
    with world.log.open("ab") as old:
        rename_and_create(world)
        old.write(world.line())
        old.flush()
        world.read()
        world.write(5)
        old.write(world.line())
        old.flush()
        world.read()
    world.assert_exact()


def test_f1_files_that_came_and_went_while_nobody_looked_are_read(world: World) -> None:
    world.write(10)
    world.read()
    world.kill()
    for _ in range(3):
        world.write(10)
        rename_and_create(world)
    world.write(10)
    world.read()
    world.assert_exact()


def test_f1_what_was_rotated_before_it_was_ever_followed_was_not_asked_for(world: World) -> None:
    world.write(10)
    rename_and_create(world)
    world.written = 0
    world.write(10)
    world.read()
    world.assert_exact()


def test_f2_a_copy_beside_a_file_that_goes_on_is_not_read(world: World) -> None:
    world.patterns = (f"{world.log}*",)
    world.write(10)
    world.read()
    shutil.copyfile(world.log, world.folder / "eve.json.backup")
    world.read()
    world.write(10)
    world.read()
    world.assert_exact()


def test_f2_a_writer_that_keeps_its_offset_leaves_a_hole(world: World) -> None:
    world.write(20)
    with world.log.open("r+b") as writer:
        writer.seek(0, os.SEEK_END)
        world.read()
        writer.write(world.line())
        writer.flush()
        copy_and_truncate(world)
        for _ in range(30):
            writer.write(world.line())
        writer.flush()
        world.read()
        world.kill()
        writer.write(world.line())
        writer.flush()
        world.read()
    world.assert_exact()


def test_f2_a_huge_hole_is_passed_at_once(world: World) -> None:
    with world.log.open("wb") as file:
        file.seek(50 << 30)
        file.write(world.line())
    world.read()
    world.assert_exact()


def test_f3_a_file_that_shrank_is_read_from_its_start(world: World) -> None:
    world.write(100)
    world.read()
    os.truncate(world.log, 0)
    world.write(3)
    world.read()
    world.kill()
    os.truncate(world.log, 0)
    world.write(2)
    world.read()
    world.assert_exact()


def test_f3_a_file_written_over_to_the_same_length_is_read_from_its_start(world: World) -> None:
    world.log.write_bytes(b'{"number": 1, "a": 0}\n')
    world.read()
    world.log.write_bytes(b'{"number": 2, "a": 0}\n')
    os.utime(world.log, ns=(0, world.log.stat().st_mtime_ns + 1_000_000))
    world.read()
    assert world.numbers() == {1: 1, 2: 1}


@pytest.mark.parametrize("down", [False, True])
def test_f4_a_file_with_the_number_of_one_that_is_gone_is_another(world: World, *, down: bool) -> None:
    world.write(10)
    number = world.log.stat().st_ino
    world.read()
    for _ in range(50):
        if down:
            world.kill()
        world.log.unlink()
        world.write(30)
        world.read()
        if world.log.stat().st_ino == number:
            break
    world.assert_exact()


def test_f5_files_that_begin_alike_are_not_mistaken_for_each_other(world: World) -> None:
    world.patterns = (str(world.folder / "*.json"),)
    first = b'{"number": 0, "shared": "%s"}\n' % (b"h" * 300)
    names = ["a.json", "b.json", "c.json"]
    for name in names:
        (world.folder / name).write_bytes(first)
        world.read()
    for name in names[::-1]:
        world.write(5, world.folder / name)
        world.read()
        world.kill()
    world.write(5, world.folder / "b.json")
    world.read()
    found = world.numbers()
    assert found.pop(0) >= 1
    assert found == Counter(range(1, world.written + 1))


def test_f6_tiny_and_empty_files_are_files_of_their_own(world: World) -> None:
    world.patterns = (str(world.folder / "*.json"),)
    for name in "abc":
        (world.folder / f"{name}.json").touch()
    world.read()
    for name in "abc":
        world.write(1, world.folder / f"{name}.json")
        world.read()
        world.kill()
    world.assert_exact()


def test_f7_compressed_files_that_fit_the_glob_are_read_once(world: World) -> None:
    world.patterns = (f"{world.log}*",)
    world.write(10)
    world.read()
    rename_and_compress(world)
    world.write(10)
    world.read()
    rename_and_compress(world)
    world.kill()
    world.write(10)
    rename_and_compress(world)
    world.read()
    world.assert_exact()


def test_f7_a_compression_that_is_not_finished_waits(world: World) -> None:
    world.patterns = (f"{world.log}*",)
    world.write(5000)
    world.read()
    world.kill()
    world.write(20)
    packed = gzip.compress(world.log.read_bytes())
    half = world.folder / "eve.json.1.gz"
    half.write_bytes(packed[: len(packed) // 2])
    rotated = world.folder / "eve.json.1"
    world.log.rename(rotated)
    world.write(3)
    world.read()
    with half.open("ab") as file:
        file.write(packed[len(packed) // 2 :])
    rotated.unlink()
    world.read()
    world.settle()
    world.assert_exact()


def test_f8_files_that_are_gone_for_long_are_forgotten(world: World) -> None:
    def marks() -> list[str]:
        return sorted(key.origin.rpartition("/")[2] for key in world.store.known)

    world.patterns = (str(world.folder / "*.json"),)
    world.write(10)
    world.write(10, world.folder / "other.json")
    world.read()
    (world.folder / "other.json").unlink()
    world.read()
    world.clock.advance(23 * 3600)
    world.read()
    assert marks() == ["eve.json", "eve.json", "other.json", "other.json"]
    world.settle()
    world.kill()
    world.read()
    world.clock.advance(25 * 3600)
    world.write(10)
    world.read()
    assert marks() == ["eve.json", "eve.json"]
    world.assert_exact()


@rotations
@pytest.mark.parametrize("seed", range(12))
def test_f9_killed_anywhere_nothing_is_lost(world: World, rotate: Callable[[World], None], seed: int) -> None:
    """What was handed out and never committed is read again, and nothing else is."""
    dice = random.Random(seed)  # noqa: S311  (moments, not secrets)
    world.log.touch()
    world.read()
    for _ in range(40):
        step = dice.randrange(10)
        if step < 4:
            world.write(dice.randrange(1, 60))
        elif step < 6:
            rotate(world)
        elif step < 8:
            world.read()
        else:
            if step == 8:
                world.read(lambda _: False)
            world.kill()
    world.read()
    world.settle()
    world.assert_exact()


def test_f10_a_line_waits_for_its_end(world: World) -> None:
    whole = world.line()
    world.log.write_bytes(whole[:10])
    world.read()
    assert not world.got
    with world.log.open("ab") as file:
        file.write(whole[10:] + world.line()[:-1])
    world.read()
    assert world.numbers() == {1: 1}
    with world.log.open("ab") as file:
        file.write(b"\n")
    world.read()
    world.assert_exact()


@pytest.mark.parametrize("pack", [False, True])
def test_f10_the_last_line_of_a_rotated_file_is_taken_as_it_is(world: World, *, pack: bool) -> None:
    world.write(2)
    with world.log.open("ab") as file:
        file.write(world.line()[:-1])
    world.read()
    assert len(world.got) == 2
    if pack:
        world.kill()
        rename_and_compress(world)
    else:
        rename_and_create(world)
    world.write(1)
    world.read()
    world.settle()
    world.assert_exact()


def test_f11_a_line_of_many_mib_is_handed_out_in_pieces(world: World) -> None:
    world.write(1)
    size = 5 * MAX_RECORD_BYTES
    with world.log.open("ab") as file:
        file.write(b"y" * size + b"\n")
    world.write(2)
    chunks = []
    for chunk in world.chunks():
        chunks.append(chunk)
        assert len(chunk.records) <= CHUNK_BYTES + MAX_RECORD_BYTES
        assert world.source
        world.source.commit(chunk.id)
    joined = b"".join(chunk.records for chunk in chunks)
    assert joined == world.log.read_bytes()
    for before, after in pairwise(chunks):
        assert after.mid_line == (not before.records.endswith(b"\n"))


def test_f11_what_is_no_text_passes_unchanged(world: World) -> None:
    lines = [b"\xff\xfe bad", b"a\0b", "\u2028 one line".encode(), b"", b"last"]
    world.log.write_bytes(b"\n".join(lines) + b"\n")
    world.read()
    assert world.got == Counter(lines)


def test_f11_nuls_before_a_line_are_passed_over_and_room_for_a_write_is_not(world: World) -> None:
    world.write(1)
    with world.log.open("ab") as file:
        file.write(b"\0" * 5000)
    world.read()
    world.write(1)
    world.read()
    world.assert_exact()
    end = world.log.stat().st_size
    with world.log.open("r+b") as file:
        file.truncate(end + 3 * CHUNK_BYTES)
        world.read()
        file.seek(end)
        file.write(world.line())
    world.read()
    world.assert_exact()


def test_m2_a_long_backlog_comes_in_chunks_of_a_mib(world: World) -> None:
    world.write(60_000)
    sizes = []
    for chunk in world.chunks():
        sizes.append(len(chunk.records))
        assert world.source
        world.source.commit(chunk.id)
    assert max(sizes) <= CHUNK_BYTES
    assert len(sizes) == -(-sum(sizes) // (CHUNK_BYTES - 200))


def test_lag_is_counted_until_a_record_is_safe(world: World) -> None:
    world.seconds = 1000.0
    source = world.begin()
    world.write(10)
    chunk = source.poll(CHUNK_BYTES)
    assert chunk
    lag = source.reading()
    assert lag.backlog_bytes == world.log.stat().st_size
    assert 0 < lag.lag_seconds < 10
    source.commit(chunk.id)
    assert source.reading().backlog_bytes == 0
    assert source.reading().lag_seconds == 0


def test_no_file_and_silence_are_told_and_pass_by_themselves(world: World) -> None:
    source = world.begin()
    with pytest.raises(EndOfInput):
        source.poll(CHUNK_BYTES)
    trouble = source.reading().trouble
    assert trouble
    assert str(world.log) in trouble.what
    world.write(1)
    os.utime(world.log, (world.clock().timestamp(),) * 2)
    world.read()
    assert source.reading().trouble is None
    world.clock.advance(301)
    world.read()
    trouble = source.reading().trouble
    assert trouble
    assert "nothing new" in trouble.what
    world.write(1)
    os.utime(world.log, (world.clock().timestamp(),) * 2)
    world.read()
    assert source.reading().trouble is None
    world.assert_exact()
