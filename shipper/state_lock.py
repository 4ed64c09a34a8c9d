"""One process at a time in a state directory: two on one stream would commit past each other."""

import fcntl
import json
import os
import socket
from datetime import datetime
from pathlib import Path
from types import TracebackType

from shipper.durable import make_directory, remove_leftovers, unwritable
from shipper.errors import StateBusy


class StateLock:
    """Holds a state directory while entered. The kernel lets go of it when the process ends, however it ends."""

    def __init__(self, directory: Path, now: datetime) -> None:
        self._path = directory / "lock"
        self._now = now
        self._descriptor: int | None = None

    def __enter__(self) -> "StateLock":
        make_directory(self._path.parent)
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise unwritable(self._path, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            who = _description_of(descriptor)
            os.close(descriptor)
            raise StateBusy(
                f"{self._path.parent} is held by {who}. Wait for it, or give this one a state directory of its own "
                "(state.directory): ids are the same, so nothing is stored twice."
            ) from error
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, _description(self._now), 0)
        except OSError as error:
            os.close(descriptor)
            raise unwritable(self._path, error) from error
        self._descriptor = descriptor
        _tidy(self._path.parent)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _tidy(directory: Path) -> None:
    """A write that was killed leaves its half beside the file it was for."""
    remove_leftovers(directory, "summaries-due.*")
    remove_leftovers(directory / "deadletter", "*.jsonl.*")
    for folder in directory.glob("checkpoints/[0-9a-f][0-9a-f]"):
        remove_leftovers(folder, "*.json.*")


def holder(directory: Path) -> str | None:
    """Who holds a state directory; None if nobody does.

    A shared lock is asked for and let go of at once: the kernel offers no other way to ask.
    """
    try:
        descriptor = os.open(directory / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _description_of(descriptor)
    finally:
        os.close(descriptor)
    return None


def _description(now: datetime) -> bytes:
    return json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": now.isoformat()}).encode()


def _description_of(descriptor: int) -> str:
    try:
        found = json.loads(os.pread(descriptor, 4096, 0))
        return f"process {found['pid']} on {found['host']} since {found['since']}"
    except (ValueError, KeyError, TypeError):
        return "another process"
