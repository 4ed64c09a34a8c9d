"""How far one input is safe. Chunks become safe in any order; its checkpoint moves while nothing before is unsafe.

A pending chunk is kept only as where it ends: one may be unsafe for long while many after it are safe.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import takewhile
from threading import Lock

from shipper.identity import Piece, line_count
from shipper.interfaces import CheckpointStore
from shipper.model import Checkpoint, ChunkId, StreamKey
from shipper.sources.inputs import Input


@dataclass(frozen=True, slots=True)
class _End:
    """Where a chunk ends, and how many records it holds."""

    offset: int
    chain: str
    records: int


Settled = Callable[[Input, str], None]
"""Told once of each input that was read, when all its chunks are safe, and what kept it from its end, if anything."""


class LowWater:
    """One input while its chunks are on their way, from any thread. Raises StateUnwritable where it cannot be kept."""

    def __init__(self, item: Input, key: StreamKey, checkpoints: CheckpointStore, settled: Settled) -> None:
        self.item = item
        self.key = key
        self.checkpoint = Checkpoint()
        self._checkpoints = checkpoints
        self._lock = Lock()
        self._pending: dict[ChunkId, _End] = {}  # in reading order
        self._safe: set[ChunkId] = set()
        self._settled = settled
        self._ended: str | None = None

    def handed_out(self, chunk_id: ChunkId, piece: Piece) -> None:
        """The next chunk of this input is on its way."""
        end = _End(piece.offset + len(piece.records), piece.chain, line_count(piece.records))
        with self._lock:
            self._pending[chunk_id] = end

    def commit(self, chunk_id: ChunkId) -> None:
        """This chunk is safe."""
        with self._lock:
            self._safe.add(chunk_id)
            self._advance()

    def end(self, problem: str) -> None:
        """No more chunks come: the input was read to its end, or as far as it can be."""
        with self._lock:
            self._ended = problem
            self._advance()

    def _advance(self) -> None:
        """Under the lock. Written only when something moved."""
        before, item = self.checkpoint, self.item
        for chunk_id in list(takewhile(self._safe.__contains__, self._pending)):
            end = self._pending.pop(chunk_id)
            self._safe.remove(chunk_id)
            self.checkpoint = Checkpoint(end.offset, end.chain, self.checkpoint.records + end.records)
        settled = self._ended is not None and not self._pending
        if settled and not self._ended:
            self.checkpoint = replace(
                self.checkpoint, done=True, size=item.size, modified_ns=item.modified_ns, version=item.version
            )
        if self.checkpoint != before and item.resumable:
            self._checkpoints.write(self.key, self.checkpoint)
        if settled:
            self._settled(item, self._ended or "")
