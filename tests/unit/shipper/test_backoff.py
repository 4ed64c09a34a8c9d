"""Delays between attempts."""

from itertools import islice

import pytest

from shipper.backoff import delays


def test_ceilings_double_from_the_first_to_the_most() -> None:
    found = list(islice(delays(lambda: 1.0), 10))
    assert found == [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert list(islice(delays(lambda: 1.0, 5, 60), 6)) == [5, 10, 20, 40, 60, 60]


@pytest.mark.parametrize(("drawn", "waited"), [(0.0, [0, 0, 0]), (0.5, [0.125, 0.25, 0.5])])
def test_each_delay_is_anywhere_below_its_ceiling(drawn: float, waited: list[float]) -> None:
    assert list(islice(delays(lambda: drawn), 3)) == waited
