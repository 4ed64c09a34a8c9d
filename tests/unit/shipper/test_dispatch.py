"""Batches to threads: small ones go together while threads are busy, none waits for company, memory is bounded."""

from collections.abc import Sequence
from dataclasses import replace
from threading import Event, Lock, Thread

from fakes import FakeDecoder, FakeSource
from shipper.dispatch import MOST_THREADS, SMALL_BYTES, Dispatch
from shipper.model import Batch


def batches(count: int) -> list[Batch]:
    source = FakeSource([b"p a\n"] * count)
    return [FakeDecoder().decode(chunk) for chunk in (source.poll(0) for _ in range(count)) if chunk]


class Settler:
    """Notes groups; each waits for `go`."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.go = Event()
        self._lock = Lock()

    def __call__(self, group: Sequence[Batch]) -> None:
        with self._lock:
            self.groups.append([batch.chunk.id for batch in group])
        assert self.go.wait(30)

    def settled(self) -> list[int]:
        return sorted(each for group in self.groups for each in group)


def test_small_ones_that_would_wait_go_together_in_order() -> None:
    settler = Settler()
    with Dispatch(settler, Event()) as dispatch:
        for batch in batches(100):
            dispatch.add(batch, 10)
        settler.go.set()
    assert settler.settled() == list(range(100))
    assert len(settler.groups) < 10
    assert all(group == sorted(group) for group in settler.groups)


def test_none_waits_for_company() -> None:
    settler = Settler()
    settler.go.set()
    with Dispatch(settler, Event()) as dispatch:
        dispatch.add(batches(1)[0], 10)
        while not settler.groups:
            dispatch.make_room(1 << 20)
    assert settler.groups == [[0]]


def test_large_ones_go_alone() -> None:
    settler = Settler()
    with Dispatch(settler, Event()) as dispatch:
        for batch in batches(10):
            dispatch.add(batch, SMALL_BYTES)
        settler.go.set()
    assert sorted(settler.groups) == [[number] for number in range(10)]


def test_what_waits_behind_those_that_are_stuck_gets_a_thread_of_its_own() -> None:
    settler = Settler()
    first, *others = batches(40)
    with Dispatch(settler, Event()) as dispatch:
        for _ in range(2):
            dispatch.add(first, 10)
        for batch in others:
            dispatch.add(batch, 10)
        dispatch.nudge()
        while len(settler.groups) < 3:
            dispatch.nudge()
        assert [batch.chunk.id for batch in others] in settler.groups
        settler.go.set()


def test_there_is_no_room_until_something_is_settled_or_told_to_stop() -> None:
    settler, stop = Settler(), Event()
    with Dispatch(settler, stop) as dispatch:
        for batch in batches(3):
            dispatch.add(replace(batch), 10)
        waited = Thread(target=dispatch.make_room, args=[30])
        waited.start()
        waited.join(0.3)
        assert waited.is_alive()
        settler.go.set()
        waited.join(30)
        assert not waited.is_alive()
        settler.go.clear()
        for batch in batches(MOST_THREADS):
            dispatch.add(batch, SMALL_BYTES)
        stop.set()
        dispatch.make_room(1)
        settler.go.set()
