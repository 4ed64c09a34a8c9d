from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest

from shipper.errors import Refused, Unavailable
from shipper.opensearch.bulk import Item
from shipper.opensearch.client import Connection, Store
from shipper.opensearch.desired import SCHEMA_VERSION, datasets
from shipper.opensearch.partitions import TOO_MANY_NEW, Partitions
from shipper.opensearch.reply import Reply

JANUARY, FEBRUARY = "f-aws.vpcflow-2026.01", "f-aws.vpcflow-2026.02"


class Cluster(Store):
    """A store without a network: index templates, indices, and an answer for every creation."""

    def __init__(self) -> None:
        super().__init__(Connection("http://cluster"))
        meta = {"managed_by": "flowtap", "schema_version": SCHEMA_VERSION, "units": [["1970-01-01", "month"]]}
        self.templates: dict[str, dict[str, Any]] = {
            f"f-{dataset}": {"index_patterns": [f"f-{dataset}-*"], "priority": 200, "_meta": dict(meta)}
            for dataset in datasets()
        }
        self.indices: set[str] = set()
        self.refusal: Reply | None = None
        self.asked: list[str] = []

    def request(self, method: str, path: str, **_options: Any) -> Reply:
        self.asked.append(f"{method} {path}")
        index = path.removeprefix("/")
        if path == "/_index_template":
            entries = [{"name": name, "index_template": body} for name, body in self.templates.items()]
            return Reply(200, orjson.dumps({"index_templates": entries}))
        if method == "HEAD":
            return Reply(200 if index in self.indices else 404, b"")
        if self.refusal:
            return self.refusal
        self.indices.add(index)
        return Reply(200, b"{}")


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 15, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def partitions(cluster: Cluster, clock: Clock | None = None, **options: int) -> Partitions:
    return Partitions(cluster, "f", clock=clock or Clock(), **options)


def error(status: int, kind: str) -> Reply:
    return Reply(status, orjson.dumps({"error": {"type": kind, "reason": "why"}, "status": status}))


def test_made_once_then_known(cluster: Cluster) -> None:
    made = partitions(cluster)
    assert made.ensure([JANUARY, FEBRUARY]) == {}
    assert cluster.indices == {JANUARY, FEBRUARY}
    cluster.asked.clear()
    assert made.ensure([JANUARY]) == {}
    assert cluster.asked == []


def test_forgotten_then_made_again(cluster: Cluster) -> None:
    made = partitions(cluster)
    made.ensure([JANUARY, FEBRUARY])
    cluster.indices.remove(JANUARY)
    made.forget([JANUARY, "never seen"])
    assert made.ensure([JANUARY, FEBRUARY]) == {}
    assert JANUARY in cluster.indices


def test_refreshed_are_those_that_were_made_sure_of(cluster: Cluster) -> None:
    made = partitions(cluster, allow_partitions=500)
    names = [f"f-aws.vpcflow-{year}.{month:02}" for year in range(2000, 2020) for month in range(1, 13)]
    made.ensure(names)
    cluster.asked.clear()
    made.refresh()
    assert max(map(len, cluster.asked)) < 4096
    paths = [asked.removeprefix("POST /").removesuffix("/_refresh") for asked in cluster.asked]
    assert sorted(name for path in paths for name in path.split(",")) == names


@pytest.mark.parametrize("trouble", [Unavailable("gone"), Refused("TLS")])
def test_where_refreshing_cannot_be_the_store_does_it_later(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    made = partitions(cluster)
    made.ensure([JANUARY])

    def refuse(*_: object, **__: object) -> Reply:
        raise trouble

    monkeypatch.setattr(cluster, "request", refuse)
    made.refresh()


def test_somebody_else_was_faster(cluster: Cluster) -> None:
    cluster.refusal = error(400, "resource_already_exists_exception")
    made = partitions(cluster)
    assert made.ensure([JANUARY]) == {}
    cluster.asked.clear()
    assert made.ensure([JANUARY]) == {}
    assert cluster.asked == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "validation_exception"), (403, "cluster_block_exception"), (429, "cluster_block_exception"),
     (403, "index_create_block_exception")],
)  # fmt: skip
def test_not_now_is_a_value_and_the_others_are_made(cluster: Cluster, status: int, kind: str) -> None:
    cluster.indices.add(FEBRUARY)
    cluster.refusal = error(status, kind)
    made = partitions(cluster)
    assert made.ensure([JANUARY, FEBRUARY]) == {JANUARY: Item(status, kind, "why")}
    cluster.refusal = None
    assert made.ensure([JANUARY]) == {}


@pytest.mark.parametrize(
    ("status", "kind", "raised"),
    [(403, "security_exception", Refused), (401, "", Refused), (400, "invalid_index_name_exception", Refused),
     (503, "", Unavailable), (429, "circuit_breaking_exception", Unavailable)],
)  # fmt: skip
def test_any_other_no_is_an_error(cluster: Cluster, status: int, kind: str, raised: type[Exception]) -> None:
    cluster.refusal = error(status, kind)
    with pytest.raises(raised):
        partitions(cluster).ensure([JANUARY])


def test_only_so_many_new_ones_an_hour(cluster: Cluster) -> None:
    clock = Clock()
    made = partitions(cluster, clock, allow_partitions=2)
    years = [f"f-aws.vpcflow-20{year:02}.01" for year in range(5)]
    cluster.indices.add(years[0])
    refused = made.ensure(years)
    assert set(refused) == set(years[3:])
    assert {item.error_type for item in refused.values()} == {TOO_MANY_NEW}
    assert "--allow-partitions" in refused[years[4]].reason
    clock.now += timedelta(minutes=59)
    assert set(made.ensure(years)) == set(years[3:])
    clock.now += timedelta(minutes=1)
    assert made.ensure(years) == {}


def lose(templates: dict[str, dict[str, Any]]) -> None:
    del templates["f-aws.vpcflow"]


def disown(templates: dict[str, dict[str, Any]]) -> None:
    templates["f-aws.vpcflow"].pop("_meta")


def age(templates: dict[str, dict[str, Any]]) -> None:
    templates["f-aws.vpcflow"]["_meta"]["schema_version"] = SCHEMA_VERSION - 1


def overrule(templates: dict[str, dict[str, Any]]) -> None:
    templates["other"] = {"index_patterns": ["f-*"], "priority": 201}


@pytest.mark.parametrize(
    ("harm", "says"),
    [(lose, "schema apply"), (disown, "schema apply"), (age, "schema apply"), (overrule, "priority below 200")],
)
def test_nothing_is_written_without_a_fitting_template(cluster: Cluster, harm: Any, says: str) -> None:
    harm(cluster.templates)
    for known in (set(), {JANUARY}):
        cluster.indices = known
        with pytest.raises(Refused, match=says):
            partitions(cluster).ensure([JANUARY])
        assert cluster.indices == known
    with pytest.raises(Refused, match=says):
        partitions(cluster).rules()


def test_a_newer_template_will_do(cluster: Cluster) -> None:
    cluster.templates["f-aws.vpcflow"]["_meta"]["schema_version"] = SCHEMA_VERSION + 1
    assert partitions(cluster).ensure([JANUARY]) == {}


def test_an_index_of_no_dataset_is_refused(cluster: Cluster) -> None:
    with pytest.raises(Refused, match="no partition"):
        partitions(cluster).ensure(["f-what-2026.01"])


def test_rules_come_from_the_live_templates(cluster: Cluster) -> None:
    units: Mapping[str, Any] = {"units": [["1970-01-01", "month"], ["2026-02-01", "day"]]}
    cluster.templates["f-aws.vpcflow"]["_meta"] |= units
    rules = partitions(cluster).rules()
    assert set(rules) == set(datasets())
    assert rules["aws.vpcflow"].index(datetime(2026, 2, 1, tzinfo=UTC)) == "f-aws.vpcflow-2026.02.01"
    assert rules["aws.vpcflow"].unit_on(date(2026, 1, 31)) == "month"


def test_a_unit_that_changes_meanwhile_stops_the_stream_at_the_next_new_partition(cluster: Cluster) -> None:
    made = partitions(cluster)
    made.rules()
    assert made.ensure([JANUARY]) == {}
    cluster.templates["f-aws.vpcflow"]["_meta"]["units"].append(["2026-02-01", "day"])
    assert made.ensure([JANUARY]) == {}
    with pytest.raises(Refused, match="start it again"):
        made.ensure([FEBRUARY])
    assert FEBRUARY not in cluster.indices
