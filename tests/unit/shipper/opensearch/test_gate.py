"""How many requests go at the same time."""

from threading import Barrier, Event, Thread

import pytest

from shipper.errors import Unavailable
from shipper.opensearch.gate import Gate


def never(seconds: float) -> bool:
    del seconds
    return False


def test_it_halves_when_the_store_is_overloaded_and_never_closes() -> None:
    gate = Gate(8, never)
    limits = []
    for _ in range(5):
        gate.narrow()
        limits.append(gate.limit)
    assert limits == [4, 2, 1, 1, 1]


def test_it_opens_again_slowly_and_not_beyond_what_was_given() -> None:
    gate = Gate(3, never)
    gate.narrow()
    gate.narrow()
    limits = []
    for _ in range(20):
        gate.widen()
        limits.append(gate.limit)
    assert limits[0] == 2, "one success at a limit of one allows a second"
    assert limits == sorted(limits)
    assert limits[-1] == 3


def test_no_more_are_inside_than_the_limit() -> None:
    gate, inside, most, start = Gate(2, never), [0], [0], Barrier(6)

    def enter() -> None:
        start.wait(10)
        for _ in range(50):
            with gate.entered():
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    threads = [Thread(target=enter) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert inside == [0]
    assert most[0] <= 2


def test_told_to_stop_nobody_waits_for_a_place() -> None:
    stop = Event()
    gate = Gate(1, stop.wait)
    with gate.entered():
        stop.set()
        with pytest.raises(Unavailable, match="told to stop"), gate.entered():
            pass


def test_a_place_is_given_back_after_an_error() -> None:
    gate = Gate(1, never)
    with pytest.raises(ValueError, match="sic"), gate.entered():
        raise ValueError("sic")
    with gate.entered():
        pass
