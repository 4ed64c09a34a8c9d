from datetime import UTC, date, datetime

import pytest

from shipper.opensearch.retention import Deletion, PartitionSize, plan
from shipper.partition import PartitionRule, Unit

RULES = {
    "aws.vpcflow": PartitionRule("f", "aws.vpcflow", ((date(1970, 1, 1), Unit.MONTH), (date(2026, 2, 1), Unit.DAY))),
    "deadletter": PartitionRule("f", "deadletter"),
}


def due(indices: list[str], days: dict[str, int | None], now: str) -> list[str]:
    sizes = [PartitionSize(index, 1, 2) for index in indices]
    return [deletion.index for deletion in plan(sizes, RULES, days, datetime.fromisoformat(now).replace(tzinfo=UTC))]


def test_a_partition_goes_when_its_last_record_is_too_old() -> None:
    january = "f-aws.vpcflow-2026.01"
    assert due([january], {"aws.vpcflow": 30}, "2026-03-02T23:59:59") == []
    assert due([january], {"aws.vpcflow": 30}, "2026-03-03T00:00:00") == [january]


def test_documents_bytes_and_span_are_reported_oldest_first() -> None:
    sizes = [PartitionSize("f-aws.vpcflow-2026.02.03", 7, 70), PartitionSize("f-aws.vpcflow-2026.01", 5, 50)]
    assert plan(sizes, RULES, {"aws.vpcflow": 1}, datetime(2026, 6, 1, tzinfo=UTC)) == (
        Deletion("f-aws.vpcflow-2026.01", "aws.vpcflow", datetime(2026, 1, 1, tzinfo=UTC),
                 datetime(2026, 2, 1, tzinfo=UTC), 5, 50),
        Deletion("f-aws.vpcflow-2026.02.03", "aws.vpcflow", datetime(2026, 2, 3, tzinfo=UTC),
                 datetime(2026, 2, 4, tzinfo=UTC), 7, 70),
    )  # fmt: skip


@pytest.mark.parametrize("days", [{}, {"aws.vpcflow": None}, {"aws.vpcflow": 0}, {"deadletter": 1}])
def test_everything_is_kept_unless_days_are_given(days: dict[str, int | None]) -> None:
    assert due(["f-aws.vpcflow-2001.01"], days, "2026-03-01") == []


def test_what_has_no_date_or_is_not_ours_is_never_due() -> None:
    indices = [
        "f-aws.vpcflow-undated", "f-aws.vpcflow-*", "f-aws.vpcflow-2001.01-restored", "f-aws.vpcflow-2001",
        "g-aws.vpcflow-2001.01", "f-suricata.flow-2001.01", ".f-aws.vpcflow-2001.01", "f-component-2001.01",
    ]  # fmt: skip
    assert due(indices, {"aws.vpcflow": 1, "deadletter": 1}, "2026-03-01") == []
