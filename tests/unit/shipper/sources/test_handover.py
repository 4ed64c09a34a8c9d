"""Things from writing threads to a reading one: in order, bounded, and nobody waits for somebody who has left."""

from threading import Thread

import pytest

from shipper.errors import EndOfInput, Unavailable
from shipper.sources.handover import Handover


def writer(handover: Handover[int], things: list[int]) -> Thread:
    def write() -> None:
        for thing in things:
            handover.put(thing, 10)
        handover.leave()

    thread = Thread(target=write, daemon=True)
    thread.start()
    return thread


def read_all(handover: Handover[int]) -> list[int]:
    found = []
    while True:
        try:
            thing = handover.get(0.25)
        except EndOfInput:
            return found
        if thing is not None:
            found.append(thing)


@pytest.mark.parametrize(("max_bytes", "max_things"), [(1, 1), (25, 9), (10_000, 3), (10_000, 10_000)])
def test_every_writers_things_come_in_its_order(max_bytes: int, max_things: int) -> None:
    handover = Handover[int](3, max_bytes=max_bytes, max_things=max_things)
    threads = [writer(handover, list(range(start, start + 200))) for start in (0, 1000, 2000)]
    found = read_all(handover)
    for start in (0, 1000, 2000):
        assert [thing for thing in found if start <= thing < start + 1000] == list(range(start, start + 200))
    for thread in threads:
        thread.join()
    with pytest.raises(EndOfInput):
        handover.get(0)


def test_nothing_comes_in_time() -> None:
    assert Handover[int](1, max_bytes=1, max_things=1).get(0.01) is None


def test_what_is_too_large_fits_where_nothing_else_is() -> None:
    handover = Handover[int](1, max_bytes=1, max_things=1)
    handover.put(7, 100)
    assert handover.get(0) == 7


def test_a_writer_waits_for_room_and_is_told_when_nobody_reads_any_more() -> None:
    handover = Handover[int](2, max_bytes=100, max_things=1)
    handover.put(1, 1)
    taken: list[bool] = []
    thread = Thread(target=lambda: taken.append(handover.put(2, 1)))
    thread.start()
    handover.close()
    thread.join(30)
    assert taken == [False]


def test_what_a_writer_failed_with_comes_at_once_and_again() -> None:
    handover = Handover[int](2, max_bytes=100, max_things=9)
    handover.put(1, 1)
    handover.leave(Unavailable("gone"))
    for _ in range(2):
        with pytest.raises(Unavailable, match="gone"):
            handover.get(0)
