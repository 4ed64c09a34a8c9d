"""What a person names on the command line → the inputs to read, in a fixed order."""

import glob
import os
from collections.abc import Callable, Iterable
from functools import partial
from io import FileIO
from pathlib import Path

from shipper.errors import ConfigError
from shipper.sources.inputs import STDIN, Input, Reader

_WILD = frozenset("*?[")

PassOver = Callable[[Path], None]
OpenPipe = Callable[[Path | None], Reader]
"""Opens what is no regular file; None is standard input."""


def expand(names: Iterable[str], open_pipe: OpenPipe, pass_over: PassOver = lambda _: None) -> list[Input]:
    """Files, folders (all regular files below, but hidden ones), globs, `-`. Sorted within each name, each file once.

    `pass_over` is told of everything below folders that is not hidden and no file: links to folders (they may lead
    round in circles), links to nothing, pipes. Raises ConfigError for a name behind which there is nothing to read.
    """
    paths: dict[Path | None, None] = {}
    try:
        for name in names:
            paths.update(dict.fromkeys(_expand_one(name, pass_over)))
        return [_input(path, open_pipe) for path in paths]
    except OSError as error:
        raise ConfigError(f"{error.filename or name}: {error.strerror}") from error


def origin_of(path: Path) -> str:
    """What an input at this path is called, whether it is there or not."""
    return os.fsencode(_absolute(path)).decode("utf-8", "backslashreplace")


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  (keeps links: a link's name is what the person knows)


def _expand_one(name: str, pass_over: PassOver) -> list[Path | None]:
    """Absolute paths; None for standard input."""
    if not name:
        raise ConfigError("an empty name: is a shell variable not set? (`.` is the current folder)")
    if name == STDIN:
        return [None]
    path = Path(name)
    if path.is_dir():
        return _some(_files_below(path, pass_over), f"{name}: no files in this folder")
    if path.exists():
        return [_absolute(path)]
    if not _WILD.isdisjoint(name):
        matches = sorted(glob.glob(name, recursive=True))  # noqa: PTH207  (Path.glob takes no absolute pattern)
        files = [file for match in matches for file in _files_of(Path(match), pass_over)]
        return _some(files, f"{name}: nothing matches this pattern")
    raise ConfigError(f"{name}: no such file or folder")


def _some(files: list[Path], otherwise: str) -> list[Path | None]:
    if not files:
        raise ConfigError(otherwise)
    return [_absolute(file) for file in files]


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


def _input(path: Path | None, open_pipe: OpenPipe) -> Input:
    if path is None:
        return Input(STDIN, partial(open_pipe, None))
    status = path.stat()
    if not path.is_file():
        return Input(origin_of(path), partial(open_pipe, path))
    return Input(origin_of(path), partial(FileIO, path), status.st_size, status.st_mtime_ns)
