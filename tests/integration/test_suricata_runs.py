"""Real Suricata with our configuration over real captures: what it accepts, and what comes out."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from integration.suricata_runs import PCAPS, SENSOR, eve_of

pytestmark = pytest.mark.usefixtures("suricata_image")


@pytest.fixture(scope="module")
def eve(tmp_path_factory: pytest.TempPathFactory, suricata_image: str) -> Path:
    """What one run over all captures of tests/data/pcaps made."""
    del suricata_image
    return eve_of(sorted(PCAPS.glob("*.pcap")), tmp_path_factory.mktemp("eve"))


@pytest.fixture(scope="module")
def events(eve: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in eve.read_text("utf-8").splitlines()]


def test_suricata_has_nothing_to_say_against_the_configuration(eve: Path) -> None:
    said = [json.loads(line) for line in eve.with_name("engine.log").read_text().splitlines()]
    assert len(said) > 10
    assert [line for line in said if line["log_level"] not in {"Notice", "Info"}] == []


def test_every_family_that_the_captures_hold_is_there(events: list[dict[str, Any]]) -> None:
    found = Counter(event["event_type"] for event in events)
    assert found.keys() >= {
        "alert", "anomaly", "dhcp", "dns", "fileinfo", "flow", "ftp", "http", "krb5", "mqtt", "netflow", "nfs", "quic",
        "rfb", "smb", "smtp", "ssh", "stats", "tls",
    }  # fmt: skip


def test_every_event_names_its_sensor_and_its_conversation(events: list[dict[str, Any]]) -> None:
    assert {event["host"] for event in events} == {SENSOR}
    assert [event for event in events if "community_id" not in event and event["event_type"] != "stats"] == []


def test_an_alert_brings_its_rule_and_what_was_said(events: list[dict[str, Any]]) -> None:
    alerts = [event for event in events if event["event_type"] == "alert"]
    assert {alert["alert"]["signature_id"] for alert in alerts} >= {9000011, 9000013, 9000014, 9000020}
    for event in alerts:
        assert event["alert"]["rule"].startswith("alert ")
        assert event["alert"]["metadata"]["signature_severity"]
        assert event["payload"]
        assert event["payload_printable"]


def test_clients_have_their_fingerprints_and_files_their_hashes(events: list[dict[str, Any]]) -> None:
    tls = [event["tls"] for event in events if event["event_type"] == "tls"]
    assert tls
    assert all(found["ja4"].startswith("t13") and found["ja3"]["hash"] and found["ja3s"]["hash"] for found in tls)
    assert [event for event in events if event["event_type"] == "quic" and event["quic"].get("ja4")]
    assert [event for event in events if event["event_type"] == "ssh" and event["ssh"]["client"]["hassh"]["hash"]]
    closed = [
        event["fileinfo"]
        for event in events
        if event["event_type"] == "fileinfo" and event["fileinfo"]["state"] == "CLOSED"
    ]
    assert closed
    assert all(file["sha256"] and file["magic"] for file in closed)


def test_the_same_captures_make_the_same_events(tmp_path: Path) -> None:
    """But for flow ids, which are made up anew, and statistics, which tell of the run."""
    names = ["ftp-epsv.pcap", "smb2-async.pcap"]
    first, second = (_lasting(eve_of([PCAPS / name for name in names], tmp_path / run)) for run in ("first", "second"))
    assert first == second
    assert sum(first.values()) > 10


def _lasting(eve: Path) -> Counter[str]:
    events = (json.loads(line) for line in eve.read_text("utf-8").splitlines())
    return Counter(
        json.dumps({key: value for key, value in event.items() if key != "flow_id"}, sort_keys=True)
        for event in events
        if event["event_type"] != "stats"
    )
