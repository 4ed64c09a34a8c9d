"""State files: whole or absent after a crash, and an error of ours where they cannot be written."""

import os
from pathlib import Path

import pytest

from shipper.durable import make_directory, write_file
from shipper.errors import StateUnwritable


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What is synced and renamed, in order, by names below tmp_path. Each is still really done."""
    seen: list[str] = []
    fsync, replace = os.fsync, os.replace

    def name(path: str | Path) -> str:
        return str(Path(path).relative_to(tmp_path))

    def noted_fsync(descriptor: int) -> None:
        seen.append(f"sync {name(Path(f'/proc/self/fd/{descriptor}').readlink())}")
        fsync(descriptor)

    def noted_replace(source: Path, target: Path) -> None:
        seen.append(f"rename {name(source)} {name(target)}")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    return seen


def test_a_file_is_synced_then_renamed_and_then_its_directory_is_synced(tmp_path: Path, calls: list[str]) -> None:
    write_file(tmp_path / "state", b"content")
    temporary = f".state.{os.getpid()}.tmp"
    assert calls == [f"sync {temporary}", f"rename {temporary} state", "sync ."]
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_a_crash_before_the_rename_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Crash(BaseException):
        pass

    def crash(_source: Path, _target: Path) -> None:
        raise Crash

    path = tmp_path / "state"
    write_file(path, b"old")
    monkeypatch.setattr(os, "replace", crash)
    with pytest.raises(Crash):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    monkeypatch.undo()
    write_file(path, b"newer")
    assert path.read_bytes() == b"newer"


def test_new_directories_are_private_and_their_names_are_durable(tmp_path: Path, calls: list[str]) -> None:
    make_directory(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    assert sorted(calls) == ["sync .", "sync a"]
    make_directory(tmp_path / "a" / "b")
    assert len(calls) == 2


def test_a_full_disk_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "state"
    write_file(path, b"old")
    (tmp_path / f".state.{os.getpid()}.tmp").symlink_to("/dev/full")
    with pytest.raises(StateUnwritable, match=f"cannot write {path}: No space left on device"):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["state"]


def test_a_place_that_is_no_folder_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateUnwritable, match="Not a directory"):
        write_file(tmp_path / "file" / "state", b"")
    with pytest.raises(StateUnwritable, match="Not a directory"):
        make_directory(tmp_path / "file" / "folder")
