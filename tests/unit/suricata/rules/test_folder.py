"""The sensor's folder: tried before it is changed, replaced whole, kept in step, readable for Suricata."""

import os
import stat
from pathlib import Path

import pytest

from suricata.check import Judgement, Problem
from suricata.errors import BadSensor
from suricata.rules.folder import DISABLED, LOCAL, THRESHOLDS, UPDATED, YAML, SensorFolder

RULE = 'alert tcp any any -> any any (msg:"{0}"; sid:{0};)\n'


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def folder(tmp_path: Path) -> SensorFolder:
    made = SensorFolder(tmp_path / "sensor")
    made.write({YAML: "yaml\n", LOCAL: RULE.format(1) + RULE.format(2)})
    return made


def test_the_first_write_makes_everything(tmp_path: Path) -> None:
    made = SensorFolder(tmp_path / "a" / "sensor")
    assert not made.exists
    made.write({YAML: "yaml\n"})
    assert made.exists
    assert contents(made.path).keys() == {YAML, THRESHOLDS, DISABLED, LOCAL, "active/local.rules"}
    assert made.state().rules[LOCAL]


def test_writing_the_same_again_touches_nothing(folder: SensorFolder) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.path.rglob("*") if path.is_file()}
    assert folder.write({YAML: "yaml\n"}) == ()
    assert {path: path.stat().st_mtime_ns for path in folder.path.rglob("*") if path.is_file()} == before


def test_a_disabled_rule_is_not_active_and_comes_back(folder: SensorFolder) -> None:
    assert folder.write({DISABLED: "2\n"}) == (DISABLED, "active/local.rules")
    assert (folder.path / "active/local.rules").read_text() == RULE.format(1) + "# disabled by flowtap: " + RULE.format(
        2
    )
    folder.write({DISABLED: ""})
    assert (folder.path / "active/local.rules").read_text() == (folder.path / LOCAL).read_text()


def test_what_people_edit_becomes_active_and_what_they_remove_goes(folder: SensorFolder) -> None:
    (folder.path / "rules/mine.rules").write_text(RULE.format(3))
    assert folder.write({}) == ("active/mine.rules",)
    (folder.path / "rules/mine.rules").unlink()
    assert folder.write({}) == ("active/mine.rules",)
    assert not (folder.path / "active/mine.rules").exists()


def test_a_change_is_tried_whole_beside_the_folder(folder: SensorFolder) -> None:
    seen: dict[str, str] = {}

    def judge(candidate: Path) -> Judgement:
        assert candidate.parent == folder.path  # the same mount, for Suricata in a container
        seen.update(contents(candidate))
        return Judgement(True, ())

    folder.write({UPDATED: RULE.format(5), DISABLED: "5\n"}, judge)
    assert seen == contents(folder.path)
    assert "# disabled" in seen["active/updated.rules"]


def test_what_suricata_refuses_changes_nothing_and_is_told_by_the_files_that_people_edit(folder: SensorFolder) -> None:
    before = contents(folder.path)

    def judge(candidate: Path) -> Judgement:
        found = (
            Problem("error", "bad", f"{candidate}/active/updated.rules", 1),
            Problem("error", "bad", f"{candidate}/suricata.yaml", 2),
        )
        return Judgement(False, found)

    with pytest.raises(BadSensor) as raised:
        folder.write({UPDATED: "nonsense\n"}, judge)
    assert f"{folder.path}/rules/updated.rules:1: error: bad\n{folder.path}/suricata.yaml:2" in str(raised.value)
    assert contents(folder.path) == before


def test_suricata_can_read_it_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        made = SensorFolder(tmp_path / "sensor")
        made.write({YAML: "yaml\n"})
    finally:
        os.umask(before)
    for path in (made.path, *made.path.rglob("*")):
        wanted = 0o755 if path.is_dir() else 0o644
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_a_file_that_is_no_text_is_named(folder: SensorFolder) -> None:
    (folder.path / LOCAL).write_bytes(b"\xff")
    with pytest.raises(BadSensor, match=r"local\.rules is not UTF-8"):
        folder.state()


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadSensor, match=r"suricata\.directory"):
        SensorFolder(tmp_path / "file" / "sensor").write({YAML: ""})
