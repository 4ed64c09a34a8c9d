"""A state directory for each test: one process at a time uses the one at home, and tests run beside each other."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _state_of_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, _settings_of_nobody: None) -> None:
    monkeypatch.setenv("SHIPPER_STATE__DIRECTORY", str(tmp_path / "nobody" / "flowtap"))
