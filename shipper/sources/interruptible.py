"""A pipe whose reader can be told to stop: a plain read would wait for input that may never come."""

import os
from contextlib import suppress
from pathlib import Path
from select import select
from typing import Protocol

from shipper.errors import Unavailable
from shipper.interfaces import Wait

_LOOK_SECONDS = 0.25


class _Open(Protocol):
    def fileno(self) -> int:
        """The descriptor to read from."""

    def close(self) -> None:
        """Let go of it."""


class InterruptiblePipe:
    """Reads what is there. Raises Unavailable when told to stop while nothing is."""

    def __init__(self, file: _Open, stopped: Wait) -> None:
        self._file = file
        self._stopped = stopped

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end."""
        while True:
            if select([self._file.fileno()], [], [], _LOOK_SECONDS)[0]:
                with suppress(BlockingIOError):  # somebody else reads from it, too, and was quicker
                    return os.read(self._file.fileno(), size)
            elif self._stopped(0):
                raise Unavailable("told to stop while waiting for input")

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def open_pipe(path: Path | None, stopped: Wait) -> InterruptiblePipe:
    """Whatever is no regular file: a pipe by its name, or standard input without one. Raises OSError.

    A named pipe is opened without waiting for somebody to write into it (fifo(7), O_NONBLOCK): that is waited for in
    `read`. Standard input is read from a copy of its descriptor, which can be closed without closing that.
    """
    descriptor = os.dup(0) if path is None else os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    return InterruptiblePipe(os.fdopen(descriptor, "rb", buffering=0), stopped)
