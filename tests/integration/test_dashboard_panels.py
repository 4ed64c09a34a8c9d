"""Every panel's query, as Dashboards sends it, on the demo's day in real OpenSearch: none is empty, in 3.x and 2.19."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

import sensor_day
from dashboards.bundle import shipped
from dashboards.model import PREFIX, Dashboard
from dashboards.panels import DASHBOARDS
from dashboards.query import TimeRange
from integration.command import Shipper
from shipper.opensearch.client import Connection, Store
from shipper.views.data_range import LIVE, data_range
from shipper.views.panels import Answered, ask

ROOT = Path(__file__).parents[2]
RECORDS = 6_000
VNIS = (1053, 0xFFFFFF)  # one that the inventory knows, and one that it does not
SESSION = {
    "vni": 1053, "session_id": "tms-1", "instance_id": "i-1", "eni": "e-1", "vpc_id": "vpc-1", "account_id": "123",
    "region": "eu-central-1",
}  # fmt: skip
# The scan and the theft of the story are in it at any size; these ask about the last minutes of the clock.
LATELY = {"overview-accepted-lately", "overview-refused-lately"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("panels") / "flowlogs"
    command = [sys.executable, "-m", "demo.flow_logs", "--out", out, "--records", str(RECORDS)]
    subprocess.run(command, cwd=ROOT, check=True)
    return out


@pytest.fixture(scope="module", params=["opensearch3", "opensearch2"])
def loaded(request: pytest.FixtureRequest, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shipper]:
    node = request.getfixturevalue(request.param)
    story = orjson.loads((folder / "story.json").read_bytes())
    since, until = (datetime.fromisoformat(story[end]) for end in ("begin", "end"))
    state = tmp_path_factory.mktemp("state")
    known = tmp_path_factory.mktemp("inventory") / "inventory.json"
    with Shipper(node, f"flowtapb{os.getpid()}", state).with_schema() as shipper:
        shipper("backfill", "flowlogs", folder / "AWSLogs")
        events = "".join(f"{line}\n" for line in (*sensor_day.lines(since, until), *sensor_day.watched(since, until)))
        shipper("backfill", "eve", "-", stdin=events.encode())
        known.write_text(json.dumps({"sessions": [SESSION]}))
        told = "".join(f"{line}\n" for line in sensor_day.mirrored(since, until, VNIS))
        mirror = ("--set", f"mirror.inventory={known}")
        shipper(*mirror, "backfill", "eve", "-", "--vlan-is-vni", stdin=told.encode())
        shipper("backfill", "flowlogs", "-", stdin=b"version account-id\n2\n", code=5)  # a dead letter
        shipper.search({"size": 0})
        yield shipper


def store(shipper: Shipper) -> Store:
    node = shipper.node
    return Store(Connection(node.url, node.username, node.password, node.ca_file))


@pytest.fixture(scope="module")
def answers(loaded: Shipper) -> dict[str, Answered]:
    objects = shipped(loaded.prefix)
    found = ask(store(loaded), objects, TimeRange("now-26h", "now"))
    return {each.id.removeprefix(f"{loaded.prefix}-"): each for each in found}


def test_no_panel_is_empty(answers: dict[str, Answered]) -> None:
    assert len(answers) > 70
    assert not [name for name, found in answers.items() if found.empty and name not in LATELY]


def test_what_panels_count_is_what_is_there(loaded: Shipper, answers: dict[str, Answered], folder: Path) -> None:
    story = orjson.loads((folder / "story.json").read_bytes())["records"]
    assert answers["overview-accepted-ever"].documents == story["by_action"]["ACCEPT"]
    assert answers["overview-refused-ever"].documents == story["by_action"]["REJECT"]
    assert answers["refused-total"].documents == story["by_action"]["REJECT"]
    assert answers["overview-log-status"].rows == len(story["by_log_status"])
    assert answers["alerts-total"].documents == loaded.count("suricata.alert")
    assert answers["mirroring-vnis"].rows == len(VNIS)
    assert answers["mirroring-sessions"].rows == answers["mirroring-strangers"].rows == 1


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each.name)
def test_every_filter_has_values_to_choose(loaded: Shipper, dashboard: Dashboard) -> None:
    """Dashboards greys out one that has none. Events have those of the inventory's session."""
    filters = {each.label: {"terms": {"field": each.field, "size": 1000}} for each in dashboard.controls}
    title = dashboard.pattern.title.replace(PREFIX, loaded.prefix)
    reply = store(loaded).call("POST", f"/{title}/_search", body={"size": 0, "aggs": filters})
    chosen = {label: [each["key"] for each in found["buckets"]] for label, found in reply["aggregations"].items()}
    assert all(chosen.values()), chosen
    if dashboard.name in {"alerts", "protocols", "connection", "mirroring"}:
        told = {"Account": "account_id", "Region": "region", "Instance": "instance_id"}
        assert all(SESSION[name] in chosen[label] for label, name in told.items()), chosen


def test_an_empty_dataset_is_told(loaded: Shipper) -> None:
    """Without events the panels of Suricata are empty, and only those of flow logs are not."""
    other = shipped(f"{loaded.prefix}x")
    found = list(ask(store(loaded), other, TimeRange("now-26h", "now")))
    assert found
    assert all(each.empty for each in found)


def test_the_command_tells_empty_panels(loaded: Shipper) -> None:
    full = loaded("dashboards", "check", "--store", "--since", "now-26h", "--json").json
    assert not {name.removeprefix(f"{loaded.prefix}-") for name in full["empty"]} - LATELY
    none = loaded("dashboards", "check", "--store", "--since", "now-26y", "--until", "now-25y", "--json").json
    at_any_time = {f"{loaded.prefix}-{name}" for name in LATELY | {"overview-accepted-ever", "overview-refused-ever"}}
    assert set(none["empty"]) - at_any_time == {row["id"] for row in none["panels"]} - at_any_time
    assert f"{loaded.prefix}-overview-accepted-ever" not in none["empty"]


def test_a_load_says_where_to_look(loaded: Shipper, folder: Path) -> None:
    told = loaded("--set", "dashboards.url=http://127.0.0.1:5601", "backfill", "flowlogs", folder / "AWSLogs").err
    shown = f"http://127.0.0.1:5601/app/dashboards#/view/{loaded.prefix}-overview?_g=(time:(from:'now-24h',to:'now'))"
    assert f"Look: {shown}" in told


def test_the_range_of_the_data_is_found(loaded: Shipper, folder: Path) -> None:
    now = datetime.fromisoformat(orjson.loads((folder / "story.json").read_bytes())["end"])
    assert data_range(store(loaded), loaded.prefix, now) == LIVE
    later: Any = now.replace(year=now.year + 1)
    since, until = data_range(store(loaded), loaded.prefix, later)
    assert since.endswith(":00:00.000Z")
    assert since < until
    assert data_range(store(loaded), "nothing", later) == LIVE
