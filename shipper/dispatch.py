"""Batches to a few threads; small ones that would have to wait for a thread go together.

A batch of a tiny object costs as much to send and to commit as one a thousand times its size. So while some threads are
busy, small ones gather, and the next thread that is free takes all of them: none waits for company.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Condition, Event
from types import TracebackType
from typing import Self

from shipper.model import Batch

SMALL_BYTES = 64 << 10
"""Chunk and documents of a batch that may go together with others."""

MOST_THREADS = 32
_ENOUGH_THREADS = 2
"""So many are busy with small ones, and more would only make the groups smaller. They get more where these wait."""

_MOST_TOGETHER = 500
_MOST_BYTES_TOGETHER = 1 << 20
_LOOK_SECONDS = 0.25

Sized = tuple[Batch, int]


class Dispatch:
    """`settle` is called with groups of batches, from several threads. Leaving it waits for all of them.

    `add`, `make_room` and leaving are for one thread.
    """

    def __init__(self, settle: Callable[[Sequence[Batch]], None], stop: Event) -> None:
        self._settle = settle
        self._stop = stop
        self._changed = Condition()
        self._waiting: deque[Sized] = deque()
        self._bytes = 0
        self._busy = 0
        self._pool = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="write")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._changed:
            while self._waiting:
                self._begin(self._group())
        self._pool.shutdown()

    def add(self, batch: Batch, size: int) -> None:
        """Settle it soon."""
        with self._changed:
            self._bytes += size
            if size < SMALL_BYTES and self._busy >= _ENOUGH_THREADS:
                self._waiting.append((batch, size))
            else:
                self._begin([(batch, size)])

    def make_room(self, most_bytes: int) -> None:
        """Wait until another batch may come, or until told to stop."""
        with self._changed:
            while not self._stop.is_set() and (self._bytes >= most_bytes or self._busy >= MOST_THREADS):
                if not self._changed.wait(_LOOK_SECONDS):
                    self.nudge()

    def nudge(self) -> None:
        """Those that are busy may be for long: what waits behind them gets a thread of its own."""
        with self._changed:
            if self._waiting and self._busy < MOST_THREADS:
                self._begin(self._group())

    def _begin(self, group: Sequence[Sized]) -> None:
        """Under the lock."""
        self._busy += 1
        self._pool.submit(self._run, group)

    def _run(self, group: Sequence[Sized]) -> None:
        """A thread's work: this group, then what has gathered meanwhile."""
        while group:
            self._settle([batch for batch, _ in group])
            with self._changed:
                self._bytes -= sum(size for _, size in group)
                group = self._group()
                self._busy -= not group
                self._changed.notify_all()

    def _group(self) -> Sequence[Sized]:
        """Under the lock: some of those that wait, in order."""
        group: list[Sized] = []
        size = 0
        while self._waiting and len(group) < _MOST_TOGETHER and size < _MOST_BYTES_TOGETHER:
            group.append(self._waiting.popleft())
            size += group[-1][1]
        return group


def joined(batches: Sequence[Batch]) -> Batch:
    """Several batches as one to be written together; only their documents, under the first one's chunk."""
    if len(batches) == 1:
        return batches[0]
    cuts = [0]
    for batch in batches:
        base = cuts[-1]
        cuts.extend(base + cut for cut in batch.cuts[1:])
    return Batch(
        chunk=batches[0].chunk,
        body=b"".join(batch.body for batch in batches),
        cuts=cuts,
        partitions=[partition for batch in batches for partition in batch.partitions],
        ordinals=[ordinal for batch in batches for ordinal in batch.ordinals],
    )
