"""A pipe whose reader can be told to stop."""

import os
from collections.abc import Iterator
from threading import Event
from typing import NamedTuple

import pytest

from shipper.errors import Unavailable
from shipper.sources.compression import decompressed
from shipper.sources.interruptible import InterruptiblePipe


class Pipe(NamedTuple):
    end: int
    writer: int

    def fileno(self) -> int:
        return self.end


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
