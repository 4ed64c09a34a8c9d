from datetime import date

import pytest

from shipper.errors import Refused
from shipper.opensearch.units import changed, decode, encode, inferred
from shipper.partition import PartitionRule, Unit

ALWAYS = date(1970, 1, 1)
MONTHS = ((ALWAYS, Unit.MONTH),)
RULE = PartitionRule("f", "d")


@pytest.mark.parametrize(
    ("today", "begin"),
    [
        (date(2026, 1, 1), date(2026, 2, 1)),
        (date(2026, 1, 31), date(2026, 2, 1)),
        (date(2026, 12, 31), date(2027, 1, 1)),
        (date(2024, 2, 29), date(2024, 3, 1)),
    ],
)
def test_a_change_begins_with_the_next_month(today: date, begin: date) -> None:
    assert changed(MONTHS, Unit.DAY, today) == ((ALWAYS, Unit.MONTH), (begin, Unit.DAY))


def test_a_change_not_yet_in_force_can_be_taken_back_and_the_past_never() -> None:
    planned = changed(MONTHS, Unit.DAY, date(2026, 1, 15))
    assert changed(planned, Unit.DAY, date(2026, 1, 20)) == planned
    assert changed(planned, Unit.MONTH, date(2026, 1, 20)) == MONTHS
    assert changed(planned, Unit.MONTH, date(2026, 2, 1)) == (*planned, (date(2026, 3, 1), Unit.MONTH))
    assert changed(planned, Unit.DAY, date(2026, 5, 1)) == planned


def test_written_then_read_is_the_same() -> None:
    units = changed(MONTHS, Unit.HOUR, date(2026, 1, 15))
    assert encode(units) == [["1970-01-01", "month"], ["2026-02-01", "hour"]]
    assert decode("t", {"units": encode(units)}) == units


@pytest.mark.parametrize(
    "units",
    [None, [], "month", [["1970-01-01"]], [["1970-01-01", "week"]], [["soon", "day"]], [[1, "day"]],
     [["2026-01-01", "day"], ["1970-01-01", "month"]], [["1970-01-01", "day"], ["1970-01-01", "month"]]],
)  # fmt: skip
def test_units_that_cannot_be_read_are_never_guessed(units: object) -> None:
    with pytest.raises(Refused, match=r"_meta\.units of index template t"):
        decode("t", {"units": units})
    with pytest.raises(Refused, match="template t"):
        decode("t", {})


def test_a_lost_template_comes_back_with_the_units_its_partitions_have() -> None:
    today = date(2026, 3, 15)
    assert inferred(RULE, [], Unit.DAY, today) == ((ALWAYS, Unit.DAY),)
    assert inferred(RULE, ["f-d-undated", "other-2026.01"], Unit.DAY, today) == ((ALWAYS, Unit.DAY),)
    months = ["f-d-2026.01", "f-d-2025.12"]
    assert inferred(RULE, months, Unit.MONTH, today) == MONTHS
    assert inferred(RULE, months, Unit.DAY, today) == (*MONTHS, (date(2026, 4, 1), Unit.DAY))
    mixed = [*months, "f-d-2026.02.03", "f-d-2026.02.04", "f-d-2026.03.01.00"]
    assert inferred(RULE, mixed, Unit.HOUR, today) == (
        *MONTHS, (date(2026, 2, 3), Unit.DAY), (date(2026, 3, 1), Unit.HOUR))  # fmt: skip
