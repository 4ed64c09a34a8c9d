"""Partition names are fixed before data exists: these are pinned. Changing one is a migration (ADR 0001)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shipper.partition import PartitionRule, Unit, plausible

START = date(1970, 1, 1)
MONTHS = PartitionRule("flowtap", "aws.vpcflow")
DAYS = PartitionRule("flowtap", "aws.vpcflow", ((START, Unit.DAY),))
HOURS = PartitionRule("flowtap", "aws.vpcflow", ((START, Unit.HOUR),))
CHANGING = PartitionRule(
    "flowtap", "aws.vpcflow", ((START, Unit.MONTH), (date(2026, 3, 1), Unit.DAY), (date(2026, 5, 1), Unit.HOUR))
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "moment", "index"),
    [
        (MONTHS, "2014-12-14T04:07:50", "flowtap-aws.vpcflow-2014.12"),
        (MONTHS, "2026-01-31T23:59:59.999999", "flowtap-aws.vpcflow-2026.01"),
        (MONTHS, "2026-02-01T00:00:00", "flowtap-aws.vpcflow-2026.02"),
        (MONTHS, "2024-02-29T12:00:00", "flowtap-aws.vpcflow-2024.02"),
        (MONTHS, "2000-01-01T00:00:00", "flowtap-aws.vpcflow-2000.01"),
        (MONTHS, "1999-12-31T23:59:59.999999", "flowtap-aws.vpcflow-undated"),
        (MONTHS, "2099-12-31T23:59:59.999999", "flowtap-aws.vpcflow-2099.12"),
        (MONTHS, "2100-01-01T00:00:00", "flowtap-aws.vpcflow-undated"),
        (MONTHS, "1970-01-01T00:00:00", "flowtap-aws.vpcflow-undated"),
        (DAYS, "2024-02-29T23:59:59", "flowtap-aws.vpcflow-2024.02.29"),
        (DAYS, "2024-03-01T00:00:00", "flowtap-aws.vpcflow-2024.03.01"),
        (HOURS, "2026-12-31T23:59:59", "flowtap-aws.vpcflow-2026.12.31.23"),
        (HOURS, "2027-01-01T00:00:00", "flowtap-aws.vpcflow-2027.01.01.00"),
        (CHANGING, "2000-01-01T00:00:00", "flowtap-aws.vpcflow-2000.01"),
        (CHANGING, "2026-02-28T23:59:59.999999", "flowtap-aws.vpcflow-2026.02"),
        (CHANGING, "2026-03-01T00:00:00", "flowtap-aws.vpcflow-2026.03.01"),
        (CHANGING, "2026-04-30T23:59:59", "flowtap-aws.vpcflow-2026.04.30"),
        (CHANGING, "2026-05-01T00:00:00", "flowtap-aws.vpcflow-2026.05.01.00"),
        (CHANGING, "2099-12-31T23:00:00", "flowtap-aws.vpcflow-2099.12.31.23"),
        (PartitionRule("x1", "deadletter"), "2026-07-09T08:07:06", "x1-deadletter-2026.07"),
    ],
)
def test_a_time_names_its_index(rule: PartitionRule, moment: str, index: str) -> None:
    assert rule.index(at(moment)) == index


def test_no_time_is_undated() -> None:
    assert MONTHS.index(None) == "flowtap-aws.vpcflow-undated"
    assert not plausible(None)


@pytest.mark.parametrize(
    ("name", "begin", "end"),
    [
        ("2026.01", "2026-01-01", "2026-02-01"),
        ("2026.12", "2026-12-01", "2027-01-01"),
        ("2024.02", "2024-02-01", "2024-03-01"),
        ("2023.02", "2023-02-01", "2023-03-01"),
        ("2024.02.29", "2024-02-29", "2024-03-01"),
        ("2026.12.31", "2026-12-31", "2027-01-01"),
        ("2026.12.31.23", "2026-12-31T23:00", "2027-01-01"),
        ("2026.01.01.00", "2026-01-01T00:00", "2026-01-01T01:00"),
    ],
)
def test_a_name_says_its_span_whatever_the_unit_in_force(name: str, begin: str, end: str) -> None:
    for rule in (MONTHS, DAYS, HOURS, CHANGING):
        assert rule.span(f"flowtap-aws.vpcflow-{name}") == (at(begin), at(end))


@pytest.mark.parametrize(
    "index",
    [
        "flowtap-aws.vpcflow-undated",
        "flowtap-aws.vpcflow-2026",
        "flowtap-aws.vpcflow-2026.1",
        "flowtap-aws.vpcflow-2026.13",
        "flowtap-aws.vpcflow-2023.02.29",
        "flowtap-aws.vpcflow-2026.01.01.24",
        "flowtap-aws.vpcflow-2026.01-old",
        "flowtap-aws.vpcflow-2026.01.restored",
        "flowtap-aws.vpcflow-",
        "flowtap-aws.vpcflow",
        "flowtap-aws.vpcflowx-2026.01",
        "flowtap-aws.tgwflow-2026.01",
        "flowtap2-aws.vpcflow-2026.01",
        "",
    ],
)
def test_other_names_have_no_span(index: str) -> None:
    assert MONTHS.span(index) is None


@pytest.mark.parametrize("rule", [MONTHS, DAYS, HOURS, CHANGING])
def test_every_time_lies_in_the_span_of_its_index(rule: PartitionRule) -> None:
    moment = at("2023-12-30T00:00:00")
    while moment < at("2026-06-03"):
        span = rule.span(rule.index(moment))
        assert span is not None
        assert span[0] <= moment < span[1]
        moment += timedelta(hours=7, minutes=59, seconds=59)
