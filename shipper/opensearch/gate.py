"""How many requests the store gets at the same time: fewer when it is overloaded, slowly more when it is not.

Additive increase, multiplicative decrease, as in congestion control (RFC 5681): others use the store too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from shipper.errors import Unavailable
from shipper.interfaces import Wait

_LOOK_SECONDS = 0.25


class Gate:
    """Lets `most` threads through at first. Safe to call from several threads."""

    def __init__(self, most: int, stopped: Wait) -> None:
        self._most = float(most)
        self._limit = float(most)
        self._inside = 0
        self._changed = Condition()
        self._stopped = stopped

    @property
    def limit(self) -> int:
        """How many may be inside now."""
        return int(self._limit)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Wait for a place and hold it. Raises Unavailable when told to stop meanwhile."""
        with self._changed:
            while self._inside >= self.limit:
                self._changed.wait(_LOOK_SECONDS)
                if self._stopped(0):
                    raise Unavailable("told to stop while waiting for other requests")
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify()

    def narrow(self) -> None:
        """The store is overloaded."""
        with self._changed:
            self._limit = max(self._limit / 2, 1.0)

    def widen(self) -> None:
        """A request went well."""
        with self._changed:
            self._limit = min(self._limit + 1 / self._limit, self._most)
            self._changed.notify()
