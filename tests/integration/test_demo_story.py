"""The demo's questions, answered by a real OpenSearch, against what the story's generator knows to be true."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration.command import Shipper
from integration.containers import OpenSearchNode
from integration.suricata_runs import eve_of
from integration.transcript import missing, transcripts

ROOT = Path(__file__).parents[2]
RECORDS = 20_000
NETWORK = ROOT / "demo" / "network.json"
LEGACY_GROUP = "sg-0a30e6a1b4d8f2593"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo") / "flowlogs"
    subprocess.run(
        [sys.executable, "-m", "demo.flow_logs", "--out", out, "--records", str(RECORDS)], cwd=ROOT, check=True
    )
    return out


@pytest.fixture(scope="module")
def story(folder: Path) -> Any:
    return json.loads((folder / "story.json").read_text())


@pytest.fixture(scope="module")
def eve(folder: Path, suricata_image: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Suricata says of the day's packets, taken out of what the mirror session sent."""
    del suricata_image
    made = tmp_path_factory.mktemp("eve")
    command = [
        sys.executable,
        "-m",
        "shipper",
        "mirror",
        "decode",
        folder / "mirrored.pcap",
        "--out",
        made / "tagged.pcap",
    ]
    subprocess.run(command, cwd=ROOT, check=True)
    return eve_of([made / "tagged.pcap"], made / "suricata")


@pytest.fixture(scope="module")
def loaded(opensearch3: OpenSearchNode, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shipper]:
    with Shipper(opensearch3, f"flowtape{os.getpid()}", tmp_path_factory.mktemp("state")).with_schema() as shipper:
        shipper("backfill", "flowlogs", folder / "AWSLogs")
        shipper.search({"size": 0})
        yield shipper


@pytest.fixture(scope="module")
def mirrored(folder: Path, eve: Path) -> tuple[object, ...]:
    """Words that load Suricata's events, whose session is looked up in the story's inventory."""
    return "--set", f"mirror.inventory={folder / 'inventory.json'}", "backfill", "eve", eve, "--vlan-is-vni"


@pytest.fixture(scope="module")
def joined(loaded: Shipper, mirrored: tuple[object, ...]) -> Shipper:
    """Both witnesses."""
    loaded(*mirrored)
    loaded.search({"size": 0}, "suricata.*")
    return loaded


def answer(shipper: Shipper, story: Any, question: str, limit: int = 10) -> list[dict[str, Any]]:
    arguments = ("--since", story["begin"], "--until", story["end"], "--limit", limit, "--json")
    return list(shipper("query", question, *arguments).json)


def test_every_record_is_there_once_and_whole(loaded: Shipper, story: Any) -> None:
    assert loaded.count() == story["records"]["total"]
    assert loaded.search({"size": 0, "query": {"exists": {"field": "_ignored"}}})["hits"]["total"]["value"] == 0
    ids = loaded.search({"size": 0, "aggs": {"ids": {"cardinality": {
        "field": "network.community_id", "precision_threshold": 40_000}}}})["aggregations"]["ids"]["value"]  # fmt: skip
    assert ids == pytest.approx(story["records"]["community_ids"], rel=0.02), "cardinality is an estimate"


def test_the_top_refused_server_ports(loaded: Shipper, story: Any) -> None:
    told = {row["port"]: row["records"] for row in story["refused"]["top_server_ports"]}
    assert {row["port"]: row["refused"] for row in answer(loaded, story, "refused-ports")[:5]}.items() <= told.items()


def test_the_top_talkers_count_once_what_both_ends_recorded(loaded: Shipper, story: Any) -> None:
    found = {(row["source"], row["destination"]): row["bytes"] for row in answer(loaded, story, "top-talkers", 100)}
    for pair in story["once"]["top_talkers"][:3]:
        client, server = pair["client"], pair["server"]
        assert found.get((client, server), 0) + found.get((server, client), 0) == pair["bytes"]


def test_accepted_and_refused_over_time(loaded: Shipper, story: Any) -> None:
    rows = answer(loaded, story, "actions-over-time")
    sums = {"ACCEPT": sum(row["accepted"] for row in rows), "REJECT": sum(row["refused"] for row in rows)}
    at_the_end = 200  # records that end in the last moment of the story are outside [begin, end)
    for action, count in story["records"]["by_action"].items():
        assert count - at_the_end <= sums[action] <= count
    scan = story["scan"]["begin"][:13].replace("T", " ")
    assert max(rows, key=lambda row: row["refused"])["from (UTC)"].startswith(scan)


def test_an_alert_stands_beside_the_flow_logs_of_its_connection(
    joined: Shipper, mirrored: tuple[object, ...], story: Any
) -> None:
    login = story["login"]
    rows = answer(joined, story, "alerts")
    assert {(row["client"], row["server"]) for row in rows} == {
        (login["client"], f"{login['server']}:{login['server_port']}")
    }
    assert {row["alert"] for row in rows} == {"FLOWTAP cleartext credentials: FTP password"}
    assert [
        (row["seen at"], row["sent by"], row["action"], {"packets": row["packets"], "bytes": row["bytes"]})
        for row in rows
    ] == [
        (login["interface_id"], "client", "accept", login["from_client"]),
        (login["interface_id"], "server", "accept", login["from_server"]),
    ]
    (alert,) = joined.documents(dataset="suricata.alert")
    assert alert["_source"]["rule"]["id"] == str(login["sid"])
    both = {"term": {"network.community_id": alert["_source"]["network"]["community_id"]}}
    records = joined.documents(both)
    assert sum(row["records"] for row in rows) == len(records) >= 4
    again = joined(*mirrored, "--again", "--json").json["sums"]
    assert (again["delivered"], again["dead_lettered"]) == (0, 0)

    # The alert names the instance, and the flow logs of its interface are those of the connection.
    mirror = alert["_source"]["flowtap"]["mirror"]
    assert (mirror["eni"], mirror["vni"]) == (login["interface_id"], 1053)
    assert mirror["instance_id"] == alert["_source"]["cloud"]["instance"]["id"]
    assert {row["mirrored at"] for row in rows} == {f"{mirror['instance_id']} {mirror['session_id']}"}
    traced = joined(
        "trace", login["client"], f"{login['server']}:{login['server_port']}",
        "--since", story["begin"], "--until", story["end"],
    ).out  # fmt: skip
    assert f"session {mirror['session_id']}" in traced
    assert mirror["instance_id"] in traced
    assert "FTP password" in traced
    assert login["interface_id"] in traced
    of_session = {record["_source"]["cloud"]["instance"]["id"] for record in records if "aws" in record["_source"]}
    assert of_session == {mirror["instance_id"]}


def test_the_readmes_transcripts_are_what_the_commands_print(joined: Shipper, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever follows them on the demo's day sees this, at other times."""
    monkeypatch.chdir(ROOT)
    commands = list(transcripts((ROOT / "README.md").read_text("utf-8")))
    assert len(commands) == 6
    for (program, *arguments), lines in commands:
        assert program == "shipper"
        printed = joined(*arguments).out
        assert not missing(lines, printed), printed


def test_run_again_it_adds_nothing(loaded: Shipper, folder: Path, story: Any) -> None:
    assert "Nothing new" in loaded("backfill", "flowlogs", folder / "AWSLogs").out
    again = loaded("backfill", "flowlogs", folder / "AWSLogs", "--again", "--json").json["sums"]
    assert (again["delivered"], again["duplicate"]) == (0, story["records"]["total"])


def test_rules_are_counted_by_the_requests_that_they_let_through(loaded: Shipper, story: Any) -> None:
    """Of the forgotten host: what came in on each port, by the records of its own interface."""
    time = ("--since", story["begin"], "--until", story["end"])
    told = loaded("explain", "rules", "--network", NETWORK, "--group", LEGACY_GROUP, *time, "--json").json
    wanted = {port: requests_to(loaded, story, port) for port in (21, 22, 80, 443, 8000, 8443)}
    found = {row["says"].split()[2]: row for row in told["rules"] if row["says"].startswith("allow tcp")}
    assert {int(port): row["records"] for port, row in found.items()} == wanted
    assert all(row["alone"] == row["records"] and row["interfaces"] == 1 for row in found.values())
    assert wanted[22] > wanted[8000] > 0
    assert (told["fit_no_rule"], told["interfaces_without_records"]) == (0, 0)
    every = loaded("explain", "rules", "--network", NETWORK, *time, "--unused", "--json").json
    assert every["fit_no_rule"] == 0
    unused = {(row["group"].split()[1], row["says"]) for row in every["rules"]}
    assert ("(reports)", "allow tcp 443 from 192.0.2.10/32") in unused
    assert not any(group == "(legacy)" and "tcp" in says for group, says in unused)


def requests_to(shipper: Shipper, story: Any, port: int) -> int:
    """Accepted records of requests at the forgotten host."""
    login = story["login"]
    wanted = [
        {"term": {"destination.ip": login["server"]}}, {"term": {"destination.port": port}},
        {"term": {"event.action": "accept"}}, {"term": {"aws.vpcflow.interface_id": login["interface_id"]}},
        {"range": {"@timestamp": {"gte": story["begin"], "lt": story["end"]}}},
    ]  # fmt: skip
    body = {"size": 0, "track_total_hits": True, "query": {"bool": {"filter": wanted}}}
    return int(shipper.search(body)["hits"]["total"]["value"])


def test_a_stored_record_is_explained_by_its_id_its_ends_and_its_community_id(joined: Shipper, story: Any) -> None:
    time = ("--since", story["begin"], "--until", story["end"], "--network", NETWORK, "--json")
    scanner, host = story["scan"]["source"], story["scan"]["target"]
    refused = joined.documents({"bool": {"filter": [
        {"term": {"source.ip": scanner}}, {"term": {"event.action": "reject"}}]}})[0]  # fmt: skip
    ends = scanner, f"{host}:{refused['_source']['destination']['port']}"
    asked = ([refused["_id"]], ends, ends[::-1], [refused["_source"]["network"]["community_id"][0]])
    for what in asked:
        (told,) = joined("explain", *what, *time).json
        assert (told["recorded"], told["now"], told["agrees"]) == ("reject", "refused", True)
        assert told["ids"] == [refused["_id"]]
    login = story["login"]
    both = joined("explain", login["client"], f"{login['server']}:{login['server_port']}", *time).json
    assert {(each["answer"], each["now"]) for each in both} == {(False, "allowed"), (True, "allowed")}
    assert both[0]["checks"][1]["rules"][0]["description"] == "stock lists"
    (alert,) = joined.documents(dataset="suricata.alert")
    names = alert["_id"], alert["_source"]["suricata"]["eve"]["flow_id"], alert["_source"]["network"]["community_id"]
    for name in names:
        assert joined("explain", name, *time).json == both
    assert "Checks: those above" in joined("explain", alert["_id"], *time[:-1]).out
    one = joined("trace", scanner, "--pick", 1, *time[:4], "--json").json["ids"]
    assert sorted(name for each in joined("explain", scanner, "--pick", 1, *time).json for name in each["ids"]) == one
    assert "nothing of 192.0.2.250" in joined("explain", "192.0.2.250", "10.0.0.1:1", *time, code=3).out
