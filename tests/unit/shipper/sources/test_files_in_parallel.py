"""Inputs that are read at the same time: none holds up another, and all are left when nobody reads any more."""

from collections.abc import Iterable, Iterator
from functools import partial
from io import BytesIO
from threading import Event

import pytest

from fakes import NOW, FakeCheckpoints
from polling import next_chunk, polled
from shipper.decoders.flow_log.header import find_header
from shipper.errors import Unavailable
from shipper.identity import Framing
from shipper.model import StreamKey
from shipper.sources.files import FilesSource, Progress
from shipper.sources.inputs import Input

TEXT = b"".join(b"%d " % number + b"x" * 100_000 + b"\n" for number in range(30))
"""Two chunks and a rest."""


def sourced(items: Iterable[Input], parallel: int = 1, checkpoints: FakeCheckpoints | None = None) -> FilesSource:
    return FilesSource(
        items,
        key=lambda origin: StreamKey("flowlogs", "store", origin),
        checkpoints=checkpoints or FakeCheckpoints(),
        framing=Framing(find_header),
        clock=lambda: NOW,
        parallel=parallel,
    )


class Held(BytesIO):
    """A far end that gives nothing before it is let go."""

    def __init__(self, let_go: Event) -> None:
        super().__init__(b"slow\n")
        self._let_go = let_go

    def read(self, size: int | None = -1) -> bytes:
        assert self._let_go.wait(60)
        return super().read(size)


def test_one_that_is_slow_does_not_hold_up_the_others() -> None:
    let_go = Event()
    items = [Input("slow", lambda: Held(let_go), 5), *(Input(f"{n}", partial(BytesIO, TEXT), 9) for n in range(3))]
    source = sourced(items, parallel=2)
    quick = [next_chunk(source) for _ in range(9)]
    assert {chunk.position.origin for chunk in quick} == {"0", "1", "2"}
    let_go.set()
    assert [chunk.records for chunk in polled(source)] == [b"slow\n"]
    assert source.progress().files_done == 4


def test_inputs_may_be_found_while_reading_goes_on() -> None:
    """Few are asked for before what is read has been taken."""
    asked: list[int] = []

    def found() -> Iterator[Input]:
        for number in range(50):
            asked.append(number)
            yield Input(f"{number}", partial(BytesIO, TEXT), 9)

    source = sourced(found(), parallel=2)
    assert source.progress() == Progress(0, 0, 0, -1, 0)
    next_chunk(source)
    assert len(asked) <= 10
    assert len(list(polled(source))) == 50 * 3 - 1
    assert source.progress().files_total == source.progress().files_done == 50


def test_what_goes_wrong_while_inputs_are_found_is_the_pollers_error() -> None:
    def found() -> Iterator[Input]:
        yield Input("good", partial(BytesIO, b"one\n"), 4)
        raise Unavailable("the listing broke off")

    with pytest.raises(Unavailable, match="broke off"):
        list(polled(sourced(found(), parallel=3)))


def test_closing_ends_every_reader() -> None:
    opened: list[BytesIO] = []

    def open_big() -> BytesIO:
        opened.append(BytesIO(TEXT * 8))
        return opened[-1]

    source = sourced([Input(f"{number}", open_big, 9) for number in range(9)], parallel=3)
    next_chunk(source)
    source.close()
    assert 1 <= len(opened) <= 3
    assert all(file.closed for file in opened)


def test_the_version_of_an_object_tells_whether_it_is_the_same() -> None:
    checkpoints = FakeCheckpoints()

    def run(version: str) -> int:
        source = sourced([Input("s3://b/k", partial(BytesIO, b"one\n"), 4, 1, version)], checkpoints=checkpoints)
        for chunk in polled(source):
            source.commit(chunk.id)
        return len(source.unchanged())

    assert [run(version) for version in ("a", "a", "b", "b")] == [0, 1, 0, 1]
