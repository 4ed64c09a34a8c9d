"""One costly step for many threads: everything is kept once, and a failure is everybody's own."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from shipper.together import Together


def test_what_comes_meanwhile_is_kept_together_and_in_order() -> None:
    batches: list[list[int]] = []
    begun, go_on = Event(), Event()

    def keep(batch: Sequence[int]) -> None:
        begun.set()
        assert go_on.wait(60)
        batches.append(list(batch))

    together = Together(keep)
    with ThreadPoolExecutor(20) as pool:
        first = pool.submit(together, 0)
        assert begun.wait(60)
        others = [pool.submit(together, number) for number in range(1, 20)]
        assert not first.done()
        go_on.set()
        for each in (first, *others):
            each.result(60)
    assert batches[0] == [0]
    assert sorted(number for batch in batches for number in batch) == list(range(20))


def test_nobody_returns_before_his_thing_is_kept() -> None:
    kept: set[int] = set()
    together = Together(kept.update)
    start = Barrier(8)

    def bring(number: int) -> bool:
        start.wait(60)
        together(number)
        return number in kept

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(bring, range(8)))


def test_a_failure_is_raised_to_each_whose_thing_could_not_be_kept() -> None:
    kept: list[int] = []

    def keep(batch: Sequence[int]) -> None:
        if 0 in batch:
            raise OSError(28, "disk full")
        kept.extend(batch)

    together = Together(keep)
    with ThreadPoolExecutor(8) as pool:
        running = [pool.submit(together, number) for number in (0, 1, 2, 3)]
        failed = [isinstance(each.exception(60), OSError) for each in running]
    assert failed[0]
    assert sorted(kept) == [number for number in range(4) if not failed[number]]
    together(9)
    assert kept[-1] == 9
    with pytest.raises(OSError, match="disk full"):
        together(0)
