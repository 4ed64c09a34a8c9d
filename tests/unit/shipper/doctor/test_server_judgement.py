"""Judgements of what OpenSearch says, by plain values."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest

from shipper.doctor import server_judgement
from shipper.doctor.finding import Outcome
from shipper.doctor.server import Access, Disks, Health, Node
from shipper.opensearch.cluster_settings import ClusterSettings
from shipper.opensearch.reply import ServerInfo
from shipper.opensearch.schema import Actual, AddLeaves, ForbidAutoCreate, Obstacle, Plan, PutTemplate
from shipper.opensearch.shards import ShardSum
from shipper.partition import PartitionRule, Unit

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
GIB = 2**30
OK, WARN, FAIL = Outcome.OK, Outcome.WARN, Outcome.FAIL


@pytest.mark.parametrize(
    ("version", "distribution", "outcome"),
    [
        ((3, 4, 0), "opensearch", OK),
        ((2, 19, 4), "opensearch", OK),
        ((4, 0, 0), "opensearch", WARN),
        ((2, 11, 0), "opensearch", WARN),
        ((1, 3, 0), "opensearch", FAIL),
        ((8, 15, 0), "", FAIL),
    ],
)
def test_version(version: tuple[int, ...], distribution: str, outcome: Outcome) -> None:
    found = server_judgement.version(ServerInfo(version, distribution, "c", "u"))
    assert found.outcome is outcome
    assert ("Elasticsearch" in found.seen) == (not distribution)


@pytest.mark.parametrize(
    ("roles", "refused", "outcome", "word"),
    [
        (None, (), OK, "no security"),
        (("flowtap_writer", "own_index"), (), OK, "flowtap_writer"),
        (("all_access",), (), OK, "all_access"),
        (("mine",), (), WARN, "not known"),
        (("flowtap_reader",), ("cluster health",), FAIL, "cluster health"),
        (None, ("index templates",), FAIL, "unknown"),
    ],
)
def test_access(roles: tuple[str, ...] | None, refused: tuple[str, ...], outcome: Outcome, word: str) -> None:
    found = server_judgement.access(Access("me", roles, refused), "flowtap")
    assert found.outcome is outcome
    assert word in found.seen
    assert outcome is OK or "flowtap_writer" in found.remedy


PUT = PutTemplate("/_index_template/f-d", {}, "why")
ADD = AddLeaves("f-d-2026.01", {"a": {"type": "ip"}}, "why")
THERE = Actual({}, {"f-d": {}}, {"f-d-2026.01": {}}, ClusterSettings())
FORBID = ForbidAutoCreate("persistent", "-f-*,+*", "is true")


@pytest.mark.parametrize(
    ("plan", "refusal", "actual", "outcome", "word"),
    [
        (Plan(()), "", THERE, OK, "1 partitions"),
        (Plan((FORBID,)), "", THERE, OK, "1 partitions"),
        (Plan((PUT,)), "no template", Actual({}, {}, {}, ClusterSettings()), FAIL, "1 are missing: f-d"),
        (Plan((PUT,)), "", THERE, WARN, "f-d"),
        (Plan((PUT,)), "older than this program", THERE, FAIL, "older"),
        (Plan((ADD,)), "", THERE, WARN, "f-d-2026.01"),
        (Plan((PUT,), (Obstacle("f-z", "wins over", "lower it"),)), "", THERE, FAIL, "f-z: wins over"),
        (Plan((), (Obstacle("f-d-2026.01", "other types", "again", blocks=False),)), "", THERE, WARN, "other types"),
    ],
)
def test_templates(plan: Plan, refusal: str, actual: Actual, outcome: Outcome, word: str) -> None:
    found = server_judgement.templates(plan, refusal, actual)
    assert found.outcome is outcome
    assert word in found.seen


def test_auto_create_says_how_anybody_can_forbid_it() -> None:
    assert server_judgement.auto_create(Plan((PUT,))).outcome is OK
    found = server_judgement.auto_create(Plan((PUT, FORBID)))
    assert (found.outcome, found.seen) == (WARN, "action.auto_create_index is true")
    assert "shipper schema apply" in found.remedy
    assert '{"persistent":{"action.auto_create_index":"-f-*,+*"}}' in found.remedy


@pytest.mark.parametrize(
    ("existing", "unit", "days", "outcome"),
    [
        (10, Unit.MONTH, 0, OK),
        (10, Unit.DAY, 0, OK),
        (500, Unit.DAY, 0, WARN),
        (500, Unit.DAY, 90, OK),
        (10, Unit.HOUR, 0, WARN),
        (801, Unit.MONTH, 0, FAIL),
    ],
)
def test_shards_now_and_in_a_year(existing: int, unit: Unit, days: int, outcome: Outcome) -> None:
    rule = PartitionRule("f", "d", ((date(1970, 1, 1), unit),))
    found = server_judgement.shards(ShardSum(existing, 1000), [rule], (), {"d": days}, NOW.date())
    assert found.outcome is outcome


@pytest.mark.parametrize(
    ("cluster", "partitions", "outcome", "word"),
    [
        ((), {}, OK, "none"),
        (("cluster.blocks.create_index",), {}, FAIL, "create_index"),
        ((), {"f-d-1": ("write",), "f-d-2": ("read_only_allow_delete",)}, FAIL, "f-d-2"),
        ((), {"f-d-1": ("write",)}, WARN, "f-d-1 (write)"),
    ],
)
def test_blocks(
    cluster: tuple[str, ...], partitions: Mapping[str, tuple[str, ...]], outcome: Outcome, word: str
) -> None:
    found = server_judgement.blocks(cluster, partitions)
    assert found.outcome is outcome
    assert word in found.seen


def test_closed_partitions() -> None:
    assert server_judgement.closed(()).outcome is OK
    found = server_judgement.closed(("f-1", "f-2", "f-3", "f-4", "f-5"))
    assert (found.outcome, found.seen.startswith("f-1, f-2, f-3 and 2 more")) == (WARN, True)


@pytest.mark.parametrize(
    ("used", "marks", "outcome"),
    [
        (50, ("85%", "90%", "95%"), OK),
        (85, ("85%", "90%", "95%"), WARN),
        (92, ("85%", "90%", "95%"), WARN),
        (95, ("85%", "90%", "95%"), FAIL),
        (95, ("0.85", "0.9", "0.97"), WARN),
        (95, ("20gb", "10gb", "4gb"), WARN),
        (97, ("20gb", "10gb", "4gb"), FAIL),
        (50, ("20gb", "10gb", "4gb"), OK),
        (99, ("odd", "odd", "odd"), OK),
    ],
)
def test_disks(used: int, marks: tuple[str, str, str], outcome: Outcome) -> None:
    nodes = (
        Node("spare", holds_data=True, total=100 * GIB, available=90 * GIB),
        Node("full", holds_data=True, total=100 * GIB, available=(100 - used) * GIB),
        Node("manager", holds_data=False, total=100 * GIB, available=0),
    )
    found = server_judgement.disks(Disks(nodes, True, *marks))
    assert found.outcome is outcome
    assert "full is" in found.seen


def test_disks_nobody_watches() -> None:
    node = Node("n", holds_data=True, total=100, available=50)
    assert server_judgement.disks(Disks((node,), False, "85%", "90%", "95%")).outcome is WARN
    assert server_judgement.disks(Disks((), True, "85%", "90%", "95%")).outcome is WARN


@pytest.mark.parametrize(("seconds", "outcome"), [(0, OK), (-30, OK), (30.5, WARN), (-31, WARN)])
def test_clock(seconds: float, outcome: Outcome) -> None:
    assert server_judgement.clock(timedelta(seconds=seconds)).outcome is outcome


@pytest.mark.parametrize(("colour", "outcome"), [("green", OK), ("yellow", WARN), ("red", FAIL)])
def test_health(colour: str, outcome: Outcome) -> None:
    assert server_judgement.health(Health(colour, 1, 0)).outcome is outcome
