"""Looking at a state directory and at packages without touching them."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shipper.doctor import machine
from shipper.doctor.machine import DeadLetters
from shipper.errors import CorruptState
from shipper.state_lock import StateLock, holder

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


def test_suricata_update_in_our_place_is_seen(tmp_path: Path) -> None:
    (tmp_path / "suricata/update").mkdir(parents=True)
    (name,) = machine.import_names(("suricata",), tmp_path)
    assert name.stranger == ""
    (tmp_path / "suricata/update/main.py").touch()
    (name,) = machine.import_names(("suricata",), tmp_path)
    assert name.stranger == "suricata-update"


def test_looking_at_the_state_directory_makes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "not/there"
    seen = machine.state_directory(path)
    assert (seen.base, seen.exists, seen.writable) == (tmp_path, False, True)
    assert holder(path) is None
    assert machine.dead_letters(path, 5) == DeadLetters({}, 0, 5)
    assert machine.checkpoints(path) == 0
    assert not any(tmp_path.iterdir())


def test_who_holds_the_lock_is_told_and_stays_in_hold(tmp_path: Path) -> None:
    with StateLock(tmp_path, NOW):
        told = holder(tmp_path)
        assert told is not None
        assert f"process {os.getpid()} on " in told
        assert holder(tmp_path) == told
    assert holder(tmp_path) is None
    with StateLock(tmp_path, NOW):
        (tmp_path / "lock").write_text("{")
        assert holder(tmp_path) == "another process"


def test_a_checkpoint_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "checkpoints/ab").mkdir(parents=True)
    (tmp_path / "checkpoints/ab/abcd.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(CorruptState, match="abcd"):
        machine.checkpoints(tmp_path)
