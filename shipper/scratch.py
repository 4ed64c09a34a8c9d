"""Folders for what is needed while a process runs. Those of processes that were killed go when the next one comes."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from shipper.durable import make_directory, unwritable

_LOCK = "held"


@contextmanager
def scratch(parent: Path) -> Iterator[Path]:
    """A folder of this process's own below `parent`, removed when left. Raises StateUnwritable.

    Whose process lives is told by a lock that the kernel lets go of: right for containers that share a volume, too.
    """
    make_directory(parent)
    try:
        with _alone(parent):
            _tidy(parent)
            made = Path(tempfile.mkdtemp(prefix="run-", dir=parent))
            descriptor = _held(made / _LOCK)
    except OSError as error:
        raise unwritable(parent, error) from error
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(descriptor)


def _tidy(parent: Path) -> None:
    for lock in parent.glob(f"run-*/{_LOCK}"):
        with suppress(OSError):
            descriptor = _held(lock)
            shutil.rmtree(lock.parent, ignore_errors=True)
            os.close(descriptor)


def _held(lock: Path) -> int:
    """Raises OSError where another process holds it."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def _alone(parent: Path) -> Iterator[None]:
    """A folder is another's to remove from when it is made until it is held."""
    descriptor = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
