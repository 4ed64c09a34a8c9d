"""What a person names on the command line → the inputs to read, in a fixed order."""

import glob
import os
from collections.abc import Callable, Iterable
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


PassOver = Callable[[Path], None]


def expand(names: Iterable[str], pass_over: PassOver = lambda _: None) -> list[Input]:
    """Files, folders (all regular files below, but hidden ones), globs, `-`. Sorted within each name, each file once.

    `pass_over` is told of everything below folders that is not hidden and no file: links to folders (they may lead
    round in circles), links to nothing, pipes. Raises ConfigError for a name behind which there is nothing to read.
    """
    found: dict[Path | None, Input] = {}
    for name in names:
        try:
            for item in _expand_one(name, pass_over):
                found.setdefault(item.path, item)
        except OSError as error:
            raise ConfigError(f"{error.filename or name}: {error.strerror}") from error
    return list(found.values())


def origin_of(path: Path) -> str:
    """What an input at this path is called, whether it is there or not."""
    return os.fsencode(_absolute(path)).decode("utf-8", "backslashreplace")


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  (keeps links: a link's name is what the person knows)


def _expand_one(name: str, pass_over: PassOver) -> list[Input]:
    if not name:
        raise ConfigError("an empty name: is a shell variable not set? (`.` is the current folder)")
    if name == STDIN:
        return [Input(STDIN, None)]
    path = Path(name)
    if path.is_dir():
        return _some([_input(file) for file in _files_below(path, pass_over)], f"{name}: no files in this folder")
    if path.exists():
        return [_input(path)]
    if not _WILD.isdisjoint(name):
        matches = sorted(glob.glob(name, recursive=True))  # noqa: PTH207  (Path.glob takes no absolute pattern)
        return _some([_input(file) for match in matches for file in _files_of(Path(match), pass_over)],
                     f"{name}: nothing matches this pattern")  # fmt: skip
    raise ConfigError(f"{name}: no such file or folder")


def _some(inputs: list[Input], otherwise: str) -> list[Input]:
    if not inputs:
        raise ConfigError(otherwise)
    return inputs


def _files_of(match: Path, pass_over: PassOver) -> list[Path]:
    return _files_below(match, pass_over) if match.is_dir() else [match]


def _files_below(folder: Path, pass_over: PassOver) -> list[Path]:
    """Raises OSError for a folder that cannot be looked into: passing it over would lose what is in it."""
    found: list[Path] = []
    for directory, folders, files in os.walk(folder, onerror=_raise):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for link in (Path(directory, name) for name in folders):
            if link.is_symlink():
                pass_over(link)
        for path in (Path(directory, name) for name in files if not name.startswith(".")):
            if path.is_file():
                found.append(path)
            else:
                pass_over(path)
    return sorted(found)


def _raise(error: OSError) -> None:
    raise error


def _input(path: Path) -> Input:
    absolute = _absolute(path)
    origin = origin_of(path)
    status = absolute.stat()
    if not absolute.is_file():
        return Input(origin, absolute)
    return Input(origin, absolute, status.st_size, status.st_mtime_ns)
