"""The inventory file: read again when it changes; a wrong one leaves what was in force."""

import json
import os
from pathlib import Path

import pytest

from shipper.errors import ConfigError
from shipper.inventory import InventoryFile

DOCUMENT = b'{"@timestamp":"2026-03-04T05:06:07.891Z","flowtap":{"mirror":{"vni":5}}}'


def write(path: Path, eni: str) -> None:
    """As a careful writer does: at once, under another inode."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps({"sessions": [{"vni": 5, "eni": eni}]}))
    new.rename(path)


def eni(file: InventoryFile) -> str:
    found: str = json.loads(file.current().joined(DOCUMENT))["flowtap"]["mirror"]["eni"]
    return found


def test_it_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "inventory.json"
    write(path, "eni-1")
    file = InventoryFile(path)
    first = file.current()
    assert eni(file) == "eni-1"
    assert file.current() is first
    write(path, "eni-2")
    assert eni(file) == "eni-2"


def test_what_became_wrong_is_told_once_and_changes_nothing(tmp_path: Path) -> None:
    path, told = tmp_path / "inventory.json", list[str]()
    write(path, "eni-1")
    file = InventoryFile(path, told.append)
    path.write_text("{")
    assert [eni(file) for _ in range(3)] == ["eni-1"] * 3
    assert len(told) == 1
    assert f"{path}: not JSON" in told[0]
    path.unlink()
    assert [eni(file) for _ in range(3)] == ["eni-1"] * 3
    assert len(told) == 2
    assert "No such file" in told[1]
    write(path, "eni-2")
    assert eni(file) == "eni-2"
    assert len(told) == 2


@pytest.mark.parametrize("content", [None, b"{", b"\xff"])
def test_a_start_without_a_good_one_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "inventory.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"mirror\.inventory: .*inventory\.json: "):
        InventoryFile(path)


def test_a_change_of_the_same_size_in_place_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "inventory.json"
    write(path, "eni-1")
    file = InventoryFile(path)
    path.write_text(path.read_text().replace("eni-1", "eni-9"))
    os.utime(path, ns=(1, 1))
    assert eni(file) == "eni-9"
