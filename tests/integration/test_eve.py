"""Suricata's events in a real OpenSearch: every event of real captures and of every family is there, typed, once."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from integration.command import Shipper
from integration.containers import OpenSearchNode
from integration.fault_proxy import BREAKER, BUSY, LOST, FaultProxy, any_of, every, first
from integration.suricata_runs import PCAPS, eve_of

GOLDEN = Path(__file__).parents[1] / "golden" / "eve"
PREFIX = f"flowtape{os.getpid()}"


@pytest.fixture
def shipper(opensearch3: OpenSearchNode, tmp_path: Path) -> Iterator[Shipper]:
    yield from _shipper(opensearch3, tmp_path)


@pytest.fixture
def older(opensearch2: OpenSearchNode, tmp_path: Path) -> Iterator[Shipper]:
    yield from _shipper(opensearch2, tmp_path)


def _shipper(node: OpenSearchNode, folder: Path) -> Iterator[Shipper]:
    with Shipper(node, PREFIX, folder / "state").with_schema() as shipper:
        yield shipper


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory, suricata_image: str) -> Path:
    """What Suricata wrote for the captures of tests/data/pcaps."""
    del suricata_image
    return eve_of(sorted(PCAPS.glob("*.pcap")), tmp_path_factory.mktemp("captured"))


def check(shipper: Shipper, *files: Path) -> None:
    """Load twice; compare what is stored with the files, by type; nothing refused, nothing ignored."""
    lines = [line for file in files for line in file.read_bytes().splitlines() if line]
    distinct = set(lines)
    told = shipper("backfill", "eve", *files, "--json").json
    assert told["sums"]["delivered"] == len(distinct)
    assert told["sums"]["duplicate"] == len(lines) - len(distinct)
    assert (told["sums"]["read"], told["sums"]["dead_lettered"]) == (told["sums"]["accounted"], 0)
    again = shipper("backfill", "eve", *files, "--again", "--json").json["sums"]
    assert (again["delivered"], again["duplicate"]) == (0, len(lines))
    assert shipper.copies("suricata.eve.event_type", "suricata.*") == Counter(
        json.loads(line)["event_type"] for line in distinct
    )
    ignored = shipper.search({"query": {"exists": {"field": "_ignored"}}, "fields": ["_ignored"]}, "suricata.*")
    assert ignored["hits"]["hits"] == []


def test_every_event_of_real_captures_is_stored_once_and_whole(shipper: Shipper, captured: Path) -> None:
    check(shipper, captured)
    alert = {"term": {"event.kind": "alert"}}
    found = shipper.search(
        {"size": 1, "query": alert, "aggs": {"rules": {"terms": {"field": "rule.name"}}}}, "suricata.*"
    )
    assert found["aggregations"]["rules"]["buckets"]
    assert found["hits"]["hits"][0]["_source"]["network"]["community_id"].startswith("1:")


def test_and_on_the_oldest_opensearch(older: Shipper, captured: Path) -> None:
    check(older, captured, GOLDEN / "written.in", GOLDEN / "suricata-7.in")


def test_every_family_is_taken_as_it_is_typed(shipper: Shipper) -> None:
    check(shipper, GOLDEN / "written.in", GOLDEN / "suricata-7.in")


def test_hostile_events_ship_or_are_dead_letters_and_add_nothing_to_the_mapping(shipper: Shipper) -> None:
    raw = (GOLDEN / "hostile.in").read_bytes()
    pinned = json.loads((GOLDEN / "hostile.out.json").read_text())
    before: Any = None
    for code in (5, 5):
        sums = shipper("backfill", "eve", "-", "--json", stdin=raw, code=code).json["sums"]
        assert sums["dead_lettered"] == len(pinned["rejects"])
        assert sums["delivered"] + sums["duplicate"] == len(pinned["documents"])
        _, mapping = shipper.node.request("GET", f"/{PREFIX}-suricata.*/_mapping")
        assert before in (None, mapping)
        before = mapping
    ignored = shipper.search({"query": {"exists": {"field": "_ignored"}}}, "suricata.*")
    assert ignored["hits"]["total"]["value"] == 0


def test_a_refused_event_is_replayed_under_the_same_id(shipper: Shipper, tmp_path: Path) -> None:
    """Refused by a partition that somebody changed, stored when that is gone; the load finds it there."""
    file = tmp_path / "eve.json"
    event = {
        "timestamp": "2026-03-04T05:06:07.891234+0000",
        "event_type": "never",
        "app_proto": "x",
        "src_ip": "10.0.0.5",
    }
    file.write_text(json.dumps(event) + "\n")
    index = f"/{PREFIX}-suricata.other-2026.03"
    changed = {"properties": {"network": {"properties": {"protocol": {"type": "long", "ignore_malformed": False}}}}}
    body = {"settings": {"index.mapping.ignore_malformed": False}, "mappings": changed}
    assert shipper.node.request("PUT", index, body)[0] == 200
    told = shipper("backfill", "eve", file, "--sensor", "edge", "--json", code=5).json
    assert told["sums"]["dead_lettered"] == 1
    assert shipper.node.request("DELETE", index)[0] == 200
    assert shipper("deadletter", "replay", "--json").json["delivered"] == 1
    sums = shipper("backfill", "eve", file, "--sensor", "edge", "--again", "--json").json["sums"]
    assert (sums["delivered"], sums["duplicate"]) == (0, 1)


def test_every_fault_at_once_stores_each_event_once(shipper: Shipper, tmp_path: Path) -> None:
    """The short form of `bench/fault_race.py` with events."""
    file = tmp_path / "eve.json"
    base = json.loads((GOLDEN / "written.in").read_bytes().splitlines()[0])
    lines = [json.dumps({**base, "flow_id": number}, separators=(",", ":")) for number in range(6000)]
    file.write_text("\n".join([*lines, "no event"]) + "\n")
    faults = any_of(every(7, BREAKER), every(9, LOST))
    with FaultProxy(shipper.node.url, faults, items=first(2, BUSY, 0.1, 1)) as proxy:
        harmed = replace(shipper, node=replace(shipper.node, url=proxy.url))
        told = harmed("--set", "opensearch.body_bytes=300000", "backfill", "eve", file, "--json", code=5).json
    assert told["sums"]["delivered"] + told["sums"]["duplicate"] == 6000
    assert told["sums"]["dead_lettered"] == 1
    assert shipper.copies("suricata.eve.flow_id", "suricata.*") == {str(number): 1 for number in range(6000)}
    (letter,) = shipper("deadletter", "list", "--json").json
    assert letter["reason"].startswith("not JSON")
