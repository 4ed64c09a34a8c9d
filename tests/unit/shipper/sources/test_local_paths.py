"""What a person names → inputs."""

import os
import shutil
from collections.abc import Iterable
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest

from shipper.errors import ConfigError
from shipper.sources.inputs import Input
from shipper.sources.local_paths import PassOver
from shipper.sources.local_paths import expand as expand_with


def expand(given: Iterable[str], pass_over: PassOver = lambda _: None) -> list[Input]:
    return expand_with(given, lambda _: BytesIO(b"from a pipe"), pass_over)


def content(item: Input) -> bytes:
    with closing(item.open()) as file:
        return file.read(100)


def names(folder: Path, *given: str) -> list[str]:
    return [os.path.relpath(item.origin, folder) for item in expand(given)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.log", "a.log", "c/d.log", "c/.hidden/e.log", "c/.f.log", "a/z.log"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    (tmp_path / "empty").mkdir()
    return tmp_path


def test_a_folder_is_its_files_in_order_but_hidden_ones(folder: Path) -> None:
    assert names(folder, str(folder)) == ["a/z.log", "a.log", "b.log", "c/d.log"]


def test_a_hidden_file_may_be_named(folder: Path) -> None:
    assert names(folder, str(folder / "c/.f.log"), str(folder / "c/.hidden")) == ["c/.f.log", "c/.hidden/e.log"]


def test_names_keep_their_order_and_each_file_comes_once(folder: Path) -> None:
    given = [str(folder / "b.log"), str(folder), str(folder / "c/../b.log"), "-", "-"]
    assert names(folder, *given[:3]) == ["b.log", "a/z.log", "a.log", "c/d.log"]
    assert [item.origin for item in expand(given)][-1] == "-"
    assert len(expand(given)) == 5


def test_patterns_match_files_and_folders(folder: Path) -> None:
    assert names(folder, f"{folder}/*.log") == ["a.log", "b.log"]
    assert names(folder, f"{folder}/**/*.log") == ["a.log", "a/z.log", "b.log", "c/d.log"]
    assert names(folder, f"{folder}/[c]") == ["c/d.log"]


def test_a_pattern_passes_over_empty_folders(folder: Path) -> None:
    assert names(folder, f"{folder}/*") == ["a/z.log", "a.log", "b.log", "c/d.log"]


def test_a_file_may_be_named_like_a_pattern(folder: Path) -> None:
    (folder / "a[b]*.log").touch()
    assert names(folder, f"{folder}/a[b]*.log") == ["a[b]*.log"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("absent.log", "no such file or folder"),
        ("empty", "no files in this folder"),
        ("*.txt", "nothing matches this pattern"),
        ("empt*", "nothing matches this pattern"),
        ("x" * 300, "File name too long"),
    ],
)
def test_a_name_behind_which_there_is_nothing_is_an_error_that_names_it(folder: Path, name: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        expand([str(folder), str(folder / name)])
    assert str(error.value) == f"{folder / name}: {said}"


def test_no_name_at_all_is_not_the_current_folder() -> None:
    with pytest.raises(ConfigError, match="empty"):
        expand([""])


def test_a_folder_that_cannot_be_looked_into_is_not_passed_over(tmp_path: Path) -> None:
    """A path that is too long to be opened stands for a folder without permission, which root never meets."""
    (tmp_path / "a.log").touch()
    home = os.open(tmp_path, os.O_RDONLY)
    here = os.dup(home)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=here)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    try:
        with pytest.raises(ConfigError, match="File name too long"):
            expand([str(tmp_path)])
    finally:
        shutil.rmtree("d" * 250, dir_fd=home)
        os.close(home)


def test_an_input_knows_its_size_and_time(folder: Path) -> None:
    path = folder / "a.log"
    os.utime(path, ns=(5, 1_700_000_000_123_456_789))
    (found,) = expand([str(path)])
    assert (found.origin, found.size, found.modified_ns) == (str(path), 5, 1_700_000_000_123_456_789)
    assert found.resumable
    assert content(found) == content(found) == b"a.log"


def test_standard_input_and_pipes_cannot_be_read_again(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    stdin, pipe = expand(["-", str(tmp_path / "pipe")])
    assert (stdin.origin, pipe.origin) == ("-", str(tmp_path / "pipe"))
    assert content(stdin) == content(pipe) == b"from a pipe"
    assert not stdin.resumable
    assert not pipe.resumable


def test_a_link_goes_by_its_own_name(folder: Path) -> None:
    (folder / "c" / "link.log").symlink_to(folder / "a.log")
    (folder / "c" / "broken.log").symlink_to(folder / "absent")
    assert names(folder, str(folder / "c")) == ["c/d.log", "c/link.log"]


def test_names_that_are_not_utf_8_are_told_apart_and_can_be_printed(tmp_path: Path) -> None:
    for name in (b"\xff.log", b"\xfe.log", rb"\xff.log", "é.log".encode()):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(name)
    found = expand([str(tmp_path)])
    contents = [content(item) for item in found]
    assert sorted(contents) == sorted([b"\xff.log", b"\xfe.log", rb"\xff.log", "é.log".encode()])
    for item in found:
        item.origin.encode("utf-8")
    assert {item.origin.rsplit("/", 1)[-1] for item in found} == {r"\xff.log", r"\xfe.log", "é.log"}


def test_what_is_passed_over_below_a_folder_is_told(folder: Path) -> None:
    (folder / "linked").symlink_to(folder / "c")
    (folder / "nothing.log").symlink_to(folder / "absent.log")
    (folder / ".hidden.log").symlink_to(folder / "absent.log")
    (folder / "good.log").symlink_to(folder / "c/d.log")
    os.mkfifo(folder / "pipe")
    told: list[Path] = []
    found = expand([str(folder)], told.append)
    assert "good.log" in [Path(item.origin).name for item in found]
    assert sorted(path.name for path in told) == ["linked", "nothing.log", "pipe"]
