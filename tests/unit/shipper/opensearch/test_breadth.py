"""How many partitions one request may touch."""

from shipper.opensearch.breadth import Breadth


def test_unlimited_until_whole_partitions_are_turned_away() -> None:
    breadth = Breadth()
    breadth.widen(50)
    assert breadth.limit is None


def test_it_becomes_what_the_store_took_and_never_nothing() -> None:
    breadth = Breadth()
    limits = []
    for taken in (9, 2, 0):
        breadth.narrow(taken)
        limits.append(breadth.limit)
    assert limits == [9, 2, 1]


def test_it_grows_one_by_one_each_after_eight_requests_that_used_it() -> None:
    breadth = Breadth()
    breadth.narrow(2)
    limits = []
    for _ in range(16):
        breadth.widen(breadth.limit or 0)
        limits.append(breadth.limit)
    assert limits == [2] * 7 + [3] * 8 + [4]
    for _ in range(100):
        breadth.widen(1)
    assert breadth.limit == 4, "narrow requests do not tell whether wide ones would go well"
