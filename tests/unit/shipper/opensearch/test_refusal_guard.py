"""When most documents are refused, it is the template."""

import pytest

from shipper.errors import Refused
from shipper.opensearch.refusal_guard import WINDOW, RefusalGuard


def test_the_window_is_a_thousand_documents() -> None:
    assert WINDOW == 1000
    guard = RefusalGuard()
    guard.saw_good(499)
    for _ in range(500):
        guard.saw("mapper_parsing_exception", "no")
    with pytest.raises(Refused, match=r"refused 501 of the last 1000 documents with mapper_parsing_exception .*no"):
        guard.saw("mapper_parsing_exception", "no")


def test_half_of_them_is_not_most() -> None:
    guard = RefusalGuard(10)
    for _ in range(100):
        guard.saw_good(1)
        guard.saw("a", "")


def test_few_documents_prove_nothing() -> None:
    guard = RefusalGuard(10)
    for _ in range(9):
        guard.saw("a", "")
    with pytest.raises(Refused):
        guard.saw("a", "")


def test_only_one_reason_counts() -> None:
    guard = RefusalGuard(10)
    for _ in range(50):
        guard.saw("a", "")
        guard.saw("b", "")


def test_old_refusals_are_forgotten() -> None:
    guard = RefusalGuard(10)
    for _ in range(5):
        guard.saw("a", "")
    guard.saw_good(1_000_000)
    for _ in range(5):
        guard.saw("a", "")
    with pytest.raises(Refused):
        guard.saw("a", "")
