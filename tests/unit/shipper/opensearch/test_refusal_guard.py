"""When most documents are refused, it is the template."""

import pytest

from shipper.errors import Refused
from shipper.opensearch.bulk import Item
from shipper.opensearch.refusal_guard import WINDOW, RefusalGuard

A, B = Item(400, "mapper_parsing_exception", "no"), Item(400, "illegal_argument_exception", "nor this")


def test_the_window_is_a_thousand_documents() -> None:
    assert WINDOW == 1000
    guard = RefusalGuard()
    guard.saw([None] * 499 + [A] * 500)
    with pytest.raises(Refused, match=r"refused 501 of the last 1000 documents with mapper_parsing_exception .*no"):
        guard.saw([A])


def test_half_of_them_is_not_most() -> None:
    RefusalGuard(10).saw([None, A] * 100)


def test_many_of_many_are_not_most() -> None:
    RefusalGuard().saw(([None] * 14 + [A]) * 600)


def test_few_documents_prove_nothing() -> None:
    guard = RefusalGuard(10)
    guard.saw([A] * 9)
    with pytest.raises(Refused):
        guard.saw([A])


def test_only_one_reason_counts() -> None:
    RefusalGuard(10).saw([A, B] * 50)


def test_old_refusals_are_forgotten() -> None:
    guard = RefusalGuard(10)
    guard.saw([A] * 5 + [None] * 10 + [A] * 5)
    with pytest.raises(Refused):
        guard.saw([A])
