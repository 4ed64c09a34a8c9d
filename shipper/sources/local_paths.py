"""What a person names on the command line → the inputs to read, in a fixed order."""

import glob
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shipper.errors import ConfigError

STDIN = "-"
_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Input:
    """One input. `origin` is its absolute path in printable form, or `-`; `path` is None for standard input.

    `size` in bytes and `modified_ns` are -1 where there is no regular file behind it (a pipe): such an input can be
    read only once and is not checkpointed.
    """

    origin: str
    path: Path | None
    size: int = -1
    modified_ns: int = -1

    @property
    def resumable(self) -> bool:
        """Whether it can be read again from its start."""
        return self.size >= 0


def expand(names: Iterable[str]) -> list[Input]:
    """Files, folders (all regular files below, but hidden ones), globs, `-`. Sorted within each name, each file once.

    Raises ConfigError for a name behind which there is nothing to read.
    """
    found: dict[Path | None, Input] = {}
    for name in names:
        try:
            for item in _expand_one(name):
                found.setdefault(item.path, item)
        except OSError as error:
            raise ConfigError(f"{error.filename or name}: {error.strerror}") from error
    return list(found.values())


def origin_of(path: Path) -> str:
    """What an input at this path is called, whether it is there or not."""
    return os.fsencode(_absolute(path)).decode("utf-8", "backslashreplace")


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  (keeps links: a link's name is what the person knows)


def _expand_one(name: str) -> list[Input]:
    if not name:
        raise ConfigError("an empty name: is a shell variable not set? (`.` is the current folder)")
    if name == STDIN:
        return [Input(STDIN, None)]
    path = Path(name)
    if path.is_dir():
        return _some([_input(file) for file in _files_below(path)], f"{name}: no files in this folder")
    if path.exists():
        return [_input(path)]
    if not _WILD.isdisjoint(name):
        matches = sorted(glob.glob(name, recursive=True))  # noqa: PTH207  (Path.glob takes no absolute pattern)
        return _some([_input(file) for match in matches for file in _files_of(Path(match))],
                     f"{name}: nothing matches this pattern")  # fmt: skip
    raise ConfigError(f"{name}: no such file or folder")


def _some(inputs: list[Input], otherwise: str) -> list[Input]:
    if not inputs:
        raise ConfigError(otherwise)
    return inputs


def _files_of(match: Path) -> list[Path]:
    return _files_below(match) if match.is_dir() else [match]


def _files_below(folder: Path) -> list[Path]:
    """Raises OSError for a folder that cannot be looked into: passing it over would lose what is in it."""
    found: list[Path] = []
    for directory, folders, files in os.walk(folder, onerror=_raise):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(directory, name) for name in files if not name.startswith(".")]
    return sorted(path for path in found if path.is_file())


def _raise(error: OSError) -> None:
    raise error


def _input(path: Path) -> Input:
    absolute = _absolute(path)
    origin = origin_of(path)
    status = absolute.stat()
    if not absolute.is_file():
        return Input(origin, absolute)
    return Input(origin, absolute, status.st_size, status.st_mtime_ns)
