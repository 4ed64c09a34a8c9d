"""What a sink asks of the store, counted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from threading import Lock, get_ident

from shipper.model import Traffic


class Tally:
    """Safe to call from several threads."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._traffic = Traffic()
        self._parked: dict[int, int] = {}

    def seen(self) -> Traffic:
        """Until now."""
        with self._lock:
            return replace(self._traffic, parked=sum(self._parked.values()))

    @contextmanager
    def asking(self, again: int) -> Iterator[None]:
        """One request, while it is on its way; so many of its documents were sent before."""
        began = self._clock()
        try:
            yield
        finally:
            milliseconds = max(int((self._clock() - began).total_seconds() * 1000), 0)
            with self._lock:
                self._traffic += Traffic(
                    requests=1,
                    retried=bool(again),
                    resent=again,
                    milliseconds=milliseconds,
                    milliseconds_max=milliseconds,
                )

    def throttled(self) -> None:
        """The request that was answered last, or some of its documents, were too much."""
        with self._lock:
            self._traffic += Traffic(throttled=1)

    def split(self) -> None:
        """A request was refused whole and is sent in halves."""
        with self._lock:
            self._traffic += Traffic(split=1)

    def parked(self, documents: int) -> None:
        """So many documents of this thread wait for the store's state to change."""
        with self._lock:
            self._parked[get_ident()] = documents
