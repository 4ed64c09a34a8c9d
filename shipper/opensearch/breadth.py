"""How many partitions one request may touch: fewer when the store turns whole partitions away, slowly more again.

A bulk request becomes one task for each shard it touches, all at once; tasks beyond the queue of the node's write
threads are answered 429, with all their documents (OpenSearch documentation, "Thread pools"). So when a request's
partitions were turned away, the remedy is to touch fewer, not to send the same again.
"""

from threading import Lock

_GROWTH = 1 / 8


class Breadth:
    """Unlimited at first. Safe to call from several threads."""

    def __init__(self) -> None:
        self._limit: float | None = None
        self._lock = Lock()

    @property
    def limit(self) -> int | None:
        """How many partitions; None for any number."""
        with self._lock:
            return None if self._limit is None else int(self._limit)

    def narrow(self, taken: int) -> None:
        """The store turned partitions of a request away and took so many."""
        with self._lock:
            self._limit = max(taken, 1.0)

    def widen(self, touched: int) -> None:
        """A request for so many partitions went well. Only one that used the limit tells that it could be higher."""
        with self._lock:
            if self._limit is not None and touched >= int(self._limit):
                self._limit += _GROWTH
