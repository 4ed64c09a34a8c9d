"""Files that are whole or absent after a crash: written aside, synced, renamed, and their directory synced."""

import os
from contextlib import suppress
from pathlib import Path

from shipper.errors import StateUnwritable


def make_directory(path: Path) -> None:
    """Create a private directory (and its parents), names and all durable; raises StateUnwritable."""
    try:
        absent = [each for each in (path, *path.parents) if not each.exists()]
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for each in absent:
            sync_directory(each.parent)
    except OSError as error:
        raise unwritable(path, error) from error


def write_file(path: Path, content: bytes) -> None:
    """Replace a file's content durably; raises StateUnwritable and leaves the old content as it was."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_directory(path.parent)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise unwritable(path, error) from error


def remove_leftovers(directory: Path, pattern: str) -> int:
    """Remove what writes that were killed left beside their files; returns how many. `pattern` is the files' own.

    For whoever holds the directory alone, before anything is written there.
    """
    removed = 0
    for path in directory.glob(f".{pattern}.tmp"):
        name, _, process = path.name.removesuffix(".tmp").rpartition(".")
        if name and process.isdecimal():
            with suppress(OSError):  # it harms nobody
                path.unlink()
                removed += 1
    return removed


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unwritable(path: Path, error: OSError) -> StateUnwritable:
    """The error for state that cannot be made safe."""
    return StateUnwritable(
        f"cannot write {path}: {error.strerror}. Free space there or set state.directory to another place; "
        "nothing was committed, so running again goes on from the last safe record."
    )
