"""The sensor and the logs that inputs follow, by plain values and by files."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shipper.config import Loaded
from shipper.doctor import sensor_judgement
from shipper.doctor.checks import CHECKS
from shipper.doctor.checkup import Subject, examine
from shipper.doctor.finding import Finding, Outcome
from shipper.doctor.sensor import Sensor, sensor
from shipper.opensearch.client import Connection
from shipper.settings import Settings
from suricata.counters import Counters, Interface
from suricata.errors import SuricataMissing
from suricata.protocol import Answer
from suricata.reload import FailedRule, RulesInForce

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
OK, WARN = Outcome.OK, Outcome.WARN


class FakeControl:
    """Answers as Suricata 7.0.10 does."""

    def ask(self, command: str, **arguments: str) -> Answer:
        del arguments
        answers: dict[str, Any] = {
            "dump-counters": {"detect": {"alert": 1}, "tcp": {"memcap_pressure": 9}},
            "uptime": 77,
            "version": "7.0.10 RELEASE",
            "iface-list": {"ifaces": ["eth0"]},
            "iface-stat": {"pkts": 5000, "drop": 2},
            "ruleset-stats": [{"rules_loaded": 12, "rules_skipped": 0}],
            "ruleset-failed-rules": [],
            "ruleset-reload-time": [{"last_reload": "2026-01-15T11:00:00.000000+0000"}],
        }
        return Answer(True, answers[command])

    def signal_reload(self) -> None:
        raise AssertionError


def seen(version: str = "7.0.10 RELEASE", loaded: int = 12, failed: int = 0, drops: int = 2, memcap: int = 0) -> Sensor:
    counters = Counters(version, 77, (Interface("eth0", 5000, drops),), {"flow": {"memcap": memcap}})
    rules = tuple(FailedRule("local.rules", number, "alert") for number in range(failed))
    return Sensor(counters, RulesInForce("", loaded, rules, 0, "then"))


@pytest.mark.parametrize(
    ("given", "outcome", "said"),
    [
        (seen(), OK, "12 rules, 5,000 packets"),
        (sensor(FakeControl), OK, "Suricata 7.0.10 RELEASE, up 77 s, 12 rules"),
        (seen("8.0.0"), OK, ""),
        (seen("6.0.4 RELEASE"), WARN, "6.0.4"),
        (seen(loaded=0), WARN, "0 rules"),
        (seen(failed=1), WARN, "left out: local.rules:0"),
        (seen(drops=6), WARN, "6 more dropped"),
        (seen(memcap=3), WARN, "hit 3 times"),
    ],
)
def test_what_a_sensor_says(given: Sensor, outcome: Outcome, said: str) -> None:
    found = sensor_judgement.sensor(given)
    assert found.outcome is outcome
    assert said in found.seen
    assert bool(found.remedy) == (outcome is WARN)


def examined(name: str, **settings: Any) -> Finding:
    loaded = Loaded(Settings.model_validate(settings), None, Connection("http://127.0.0.1:1"), "a test")
    checks = tuple(check for check in CHECKS if check.name in ("settings", name))
    (*_, result) = examine(Subject(lambda: loaded, lambda: NOW), checks)
    return result.finding


def test_without_a_sensor_none_is_asked(tmp_path: Path) -> None:
    assert examined("sensor", suricata={"directory": tmp_path}).outcome is OK


@pytest.mark.parametrize("how", ["interface", "folder"])
def test_a_sensor_that_was_set_up_and_does_not_answer(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no engine either
    settings: dict[str, Any] = {"directory": tmp_path, "socket": tmp_path / "none.socket"}
    if how == "interface":
        settings["interface"] = "eth0"
    else:
        (tmp_path / "suricata.yaml").touch()
    found = examined("sensor", suricata=settings)
    assert found.outcome is WARN
    assert "none.socket" in found.seen
    assert sensor_judgement.silent_sensor(str(SuricataMissing("x"))).remedy == found.remedy


def test_a_followed_log_is_there_and_grows(tmp_path: Path) -> None:
    def log(**more: Any) -> Finding:
        inputs = {"edge": {"type": "eve", "paths": [str(tmp_path / "eve*.json")], **more}}
        return examined("followed logs", inputs=inputs)

    assert examined("followed logs").outcome is OK
    assert "eve*.json" in log().seen
    assert log().outcome is WARN
    for name, age in (("eve.json", 301), ("eve-old.json", 9000)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (NOW.timestamp() - age,) * 2)
    found = log()
    assert (found.outcome, "301 s" in found.seen, str(tmp_path / "eve.json") in found.seen) == (WARN, True, True)
    assert log(silent_after_seconds=400).outcome is OK
    assert log(silent_after_seconds=0).outcome is OK
