"""Requests evenly spread: polite to what counts them by the second for all of an account."""

from collections.abc import Callable
from threading import Lock

from shipper.errors import Unavailable
from shipper.interfaces import Wait


class Pace:
    """Lets a request through every so often. Safe to share between threads."""

    def __init__(self, wait: Wait, monotonic: Callable[[], float], per_second: float) -> None:
        self._wait = wait
        self._monotonic = monotonic
        self._each_seconds = 1 / per_second
        self._lock = Lock()
        self._next = 0.0

    def __call__(self) -> None:
        """Returns when it is this request's turn. Raises Unavailable when told to stop."""
        with self._lock:
            now = self._monotonic()
            turn = max(self._next, now)
            self._next = turn + self._each_seconds
        if turn > now and self._wait(turn - now):
            raise Unavailable("told to stop while waiting for AWS")
