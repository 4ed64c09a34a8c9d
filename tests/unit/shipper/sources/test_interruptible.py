"""A pipe whose reader can be told to stop."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

import pytest

from shipper.errors import Unavailable
from shipper.sources.compression import decompressed
from shipper.sources.interruptible import InterruptiblePipe, open_pipe


class Pipe(NamedTuple):
    end: int
    writer: int

    def fileno(self) -> int:
        return self.end

    def close(self) -> None:
        os.close(self.end)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe(*os.pipe())
    yield pipe
    os.close(pipe.end)


def test_it_reads_what_is_there_until_the_end(pipe: Pipe) -> None:
    os.write(pipe.writer, b"one\ntwo\n")
    os.close(pipe.writer)
    assert b"".join(decompressed(InterruptiblePipe(pipe, Event().wait), "-")) == b"one\ntwo\n"


def test_told_to_stop_it_waits_for_no_input(pipe: Pipe) -> None:
    stop = Event()
    stop.set()
    with pytest.raises(Unavailable, match="told to stop"):
        InterruptiblePipe(pipe, stop.wait).read(10)
    os.close(pipe.writer)


def test_what_is_there_is_read_even_when_told_to_stop(pipe: Pipe) -> None:
    stop = Event()
    stop.set()
    os.write(pipe.writer, b"here")
    os.close(pipe.writer)
    assert InterruptiblePipe(pipe, stop.wait).read(10) == b"here"


def test_a_named_pipe_into_which_nobody_writes_can_be_left(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    stop = Event()
    stop.set()
    with closing(open_pipe(tmp_path / "pipe", stop.wait)) as pipe, pytest.raises(Unavailable, match="told to stop"):
        pipe.read(10)


def test_a_named_pipe_is_waited_for_and_read_to_its_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    def write() -> None:
        Event().wait(0.6)
        (tmp_path / "pipe").write_bytes(b"one\n" * 100_000)

    writer = Thread(target=write)
    writer.start()
    with closing(open_pipe(tmp_path / "pipe", Event().wait)) as pipe:
        assert b"".join(decompressed(pipe, "pipe")) == b"one\n" * 100_000
    writer.join()


def test_a_pipe_of_the_shell_may_have_been_left_by_its_writer() -> None:
    """`shipper backfill flowlogs /dev/stdin`, or <(a command) that was quick."""
    end, writer = os.pipe()
    os.write(writer, b"here")
    os.close(writer)
    with closing(open_pipe(Path(f"/dev/fd/{end}"), Event().wait)) as pipe:
        assert (pipe.read(10), pipe.read(10)) == (b"here", b"")
    os.close(end)
