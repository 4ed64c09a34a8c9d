"""Judgements of this machine, by plain values."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from shipper.doctor import machine_judgement
from shipper.doctor.finding import Outcome
from shipper.doctor.machine import DeadLetters, ImportName, SettingsFile, StateDirectory
from shipper.opensearch.client import Connection

GIB = 2**30
OK, WARN, FAIL = Outcome.OK, Outcome.WARN, Outcome.FAIL


@pytest.mark.parametrize(
    ("file", "named", "outcome"),
    [
        (None, (), OK),
        (SettingsFile(Path("s.toml"), 0o644, holds_password=False), (), OK),
        (SettingsFile(Path("s.toml"), 0o600, holds_password=True), ("d",), OK),
        (SettingsFile(Path("s.toml"), 0o640, holds_password=True), (), WARN),
        (None, ("dd",), WARN),
    ],
)
def test_settings(file: SettingsFile | None, named: tuple[str, ...], outcome: Outcome) -> None:
    assert machine_judgement.settings(file, named, ("d",)).outcome is outcome


@pytest.mark.parametrize(
    ("found", "stranger", "outcome"),
    [("/here/suricata", "", OK), ("/there/suricata", "", FAIL), (None, "", FAIL), ("/here/suricata", "other", FAIL)],
)
def test_another_package_of_our_name(found: str | None, stranger: str, outcome: Outcome) -> None:
    name = ImportName("suricata", Path(found) if found else None, Path("/here/suricata"), stranger)
    assert machine_judgement.import_names([name]).outcome is outcome


def state(**given: Any) -> StateDirectory:
    fields = {
        "path": Path("/s"), "base": Path("/s"), "is_directory": True, "writable": True, "mode": 0o700,
        "free_bytes": 9 * GIB,
    }  # fmt: skip
    return StateDirectory(**(fields | given))


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        ({}, OK),
        ({"base": Path("/"), "mode": 0o755}, OK),
        ({"mode": 0o750}, WARN),
        ({"writable": False}, FAIL),
        ({"is_directory": False}, FAIL),
    ],
)
def test_state_directory(given: dict[str, Any], outcome: Outcome) -> None:
    assert machine_judgement.state_directory(state(**given)).outcome is outcome


@pytest.mark.parametrize(("free", "outcome"), [(9 * GIB, OK), (GIB // 2, WARN), (1 << 20, FAIL)])
def test_state_disk(free: int, outcome: Outcome) -> None:
    assert machine_judgement.state_disk(state(free_bytes=free), GIB).outcome is outcome


@pytest.mark.parametrize(
    ("kinds", "used", "outcome"), [({}, 0, OK), ({"flowlogs": 3}, 10, WARN), ({"flowlogs": 3}, 100, FAIL)]
)
def test_dead_letters(kinds: Mapping[str, int], used: int, outcome: Outcome) -> None:
    assert machine_judgement.dead_letters(DeadLetters(kinds, used, 100)).outcome is outcome


@pytest.mark.parametrize(
    ("url", "username", "outcome"),
    [
        ("https://far:9200", "me", OK),
        ("http://127.0.0.1:9200", "me", OK),
        ("http://[::1]:9200", "", OK),
        ("http://localhost:9200", "", OK),
        ("http://far:9200", "", WARN),
        ("http://far:9200", "me", WARN),
    ],
)
def test_connection(url: str, username: str, outcome: Outcome) -> None:
    found = machine_judgement.connection(Connection(url, username, "hunter2"), "a test")
    assert found.outcome is outcome
    assert "hunter2" not in f"{found}"


def test_a_user_without_a_password_is_odd() -> None:
    assert machine_judgement.connection(Connection("https://far", "me"), "a test").outcome is WARN
