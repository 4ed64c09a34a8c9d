"""A pipe whose reader can be told to stop: a plain read would wait for input that may never come."""

import os
from select import select
from typing import Protocol

from shipper.errors import Unavailable
from shipper.interfaces import Wait

_LOOK_SECONDS = 0.25


class _HasDescriptor(Protocol):
    def fileno(self) -> int:
        """The descriptor to read from."""


class InterruptiblePipe:
    """Reads what is there. Raises Unavailable when told to stop while nothing is."""

    def __init__(self, file: _HasDescriptor, stopped: Wait) -> None:
        self._descriptor = file.fileno()
        self._stopped = stopped

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end."""
        while not select([self._descriptor], [], [], _LOOK_SECONDS)[0]:
            if self._stopped(0):
                raise Unavailable("told to stop while waiting for input")
        return os.read(self._descriptor, size)
