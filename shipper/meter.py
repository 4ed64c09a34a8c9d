"""A sink that counts what goes through another one. Adds a lock and two look-ups to each batch, nothing else."""

from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Lock, get_ident

from shipper.interfaces import Sink
from shipper.model import Batch, Verdict, Waiting


class MeteredSink:
    """For any number of threads. `sent_bytes` are bulk lines of batches that have their verdicts."""

    def __init__(self, sink: Sink, clock: Callable[[], datetime]) -> None:
        self._sink = sink
        self._clock = clock
        self._lock = Lock()
        self._begun: dict[int, tuple[datetime, int]] = {}
        self.sent_bytes = 0

    def write(self, batch: Batch) -> Sequence[Verdict]:
        """As the sink does."""
        with self._lock:
            self._begun[get_ident()] = (self._clock(), len(batch.chunk.records) + len(batch.body))
        try:
            verdicts = self._sink.write(batch)
        finally:
            with self._lock:
                del self._begun[get_ident()]
        with self._lock:
            self.sent_bytes += len(batch.body)
        return verdicts

    def waiting(self) -> Waiting | None:
        """As the sink does."""
        return self._sink.waiting()

    def in_flight(self) -> tuple[int, int, datetime | None]:
        """How many batches are on their way, the bytes of their chunks and documents, since when the oldest is."""
        with self._lock:
            begun = [since for since, _ in self._begun.values()]
            return len(begun), sum(size for _, size in self._begun.values()), min(begun, default=None)
