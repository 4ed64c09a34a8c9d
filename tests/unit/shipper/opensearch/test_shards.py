from datetime import date

from shipper.opensearch.shards import ShardSum, forecast, partitions_of
from shipper.partition import PartitionRule, Unit

START = date(1970, 1, 1)


def rule(dataset: str, unit: Unit) -> PartitionRule:
    return PartitionRule("f", dataset, ((START, unit),))


def test_how_many_partitions_a_year_makes() -> None:
    year = (date(2025, 1, 1), date(2026, 1, 1))
    assert len(partitions_of(rule("d", Unit.MONTH), *year)) == 12
    assert len(partitions_of(rule("d", Unit.DAY), *year)) == 365
    assert len(partitions_of(rule("d", Unit.HOUR), *year)) == 8760
    assert partitions_of(rule("d", Unit.MONTH), date(2026, 1, 31), date(2026, 2, 2)) == {"f-d-2026.01", "f-d-2026.02"}
    assert partitions_of(rule("d", Unit.MONTH), *year[::-1]) == frozenset()


def test_what_exists_is_not_counted_twice() -> None:
    total = forecast(
        ShardSum(existing=10, limit=1000, copies=2),
        [rule("a", Unit.MONTH), rule("b", Unit.DAY)],
        ["f-a-2026.01", "f-b-2026.01.05", "unrelated"],
        date(2026, 1, 1),
        date(2026, 2, 1),
    )
    assert total == ShardSum(existing=10, limit=1000, copies=2, new_partitions=30)
    assert total.total == 70


def test_thirteen_datasets_by_day_do_not_fit_one_node_for_a_year() -> None:
    rules = [rule(f"d{n}", Unit.DAY) for n in range(13)]
    year = forecast(ShardSum(existing=5, limit=1000), rules, (), date(2026, 1, 1), date(2027, 1, 1))
    assert year.total == 5 + 13 * 365
    assert "coarser partition unit" in (year.refusal() or "")


def test_up_to_four_fifths_fit() -> None:
    assert ShardSum(existing=800, limit=1000).refusal() is None
    assert ShardSum(existing=801, limit=1000).refusal()
    assert ShardSum(existing=0, limit=0).refusal() is None
