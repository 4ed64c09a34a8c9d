"""`shipper checkpoint …`: inputs are named as they are where one stands."""

from pathlib import Path

import pytest

from shipper.checkpoint import CheckpointDirectory
from shipper.cli.main import run
from shipper.model import Checkpoint, StreamKey


def test_a_name_is_taken_as_the_load_took_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = CheckpointDirectory(tmp_path / "state/checkpoints")
    store.write(StreamKey("flowlogs", "t", str(tmp_path / "x.log")), Checkpoint(offset=1))
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    state = ["--set", f"state.directory={tmp_path}/state"]
    assert run([*state, "checkpoint", "reset", "../y.log", "--yes"]) == 3
    assert run([*state, "checkpoint", "reset", "../x.log", "--yes"]) == 0
    assert list(store.entries()) == []
