"""How far one input is safe. Chunks become safe in any order; its checkpoint moves while nothing before is unsafe.

A pending chunk is kept only as where it ends: one may be unsafe for long while many after it are safe.
"""

from collections.abc import Callable, Iterable
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
    """One input while its chunks are on their way, from any thread. What is safe is written down by `keep`."""

    def __init__(self, item: Input, key: StreamKey) -> None:
        self.item = item
        self.key = key
        self.checkpoint = Checkpoint()
        self._lock = Lock()
        self._kept = self.checkpoint
        self._pending: dict[ChunkId, _End] = {}  # in reading order
        self._safe: set[ChunkId] = set()
        self._ended: str | None = None
        self._told = False

    def begin_at(self, checkpoint: Checkpoint) -> None:
        """What comes before this is safe and written down already."""
        self.checkpoint = self._kept = checkpoint

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

    def end(self, problem: str) -> bool:
        """No more chunks come: the input was read to its end, or as far as it can be.

        Whether that is to be written down now: while chunks are on their way, whoever commits the last one does it.
        """
        with self._lock:
            self._ended = problem
            self._advance()
            return not self._pending

    def unkept(self) -> Checkpoint | None:
        """What is to be written down, if anything moved since it was."""
        with self._lock:
            return self.checkpoint if self.checkpoint != self._kept and self.item.resumable else None

    def settled(self) -> str | None:
        """What kept it from its end (nothing: empty), told once all of it is safe, and only once; before, None."""
        with self._lock:
            if self._told or self._ended is None or self._pending:
                return None
            self._told = True
            return self._ended

    def _advance(self) -> None:
        """Under the lock."""
        item = self.item
        for chunk_id in list(takewhile(self._safe.__contains__, self._pending)):
            end = self._pending.pop(chunk_id)
            self._safe.remove(chunk_id)
            self.checkpoint = Checkpoint(end.offset, end.chain, self.checkpoint.records + end.records)
        if self._ended == "" and not self._pending:
            self.checkpoint = replace(
                self.checkpoint, done=True, size=item.size, modified_ns=item.modified_ns, version=item.version
            )

    def kept(self, checkpoint: Checkpoint) -> None:
        """This was written down."""
        with self._lock:
            self._kept = checkpoint


def keep(inputs: Iterable[LowWater], checkpoints: CheckpointStore, settled: Settled) -> None:
    """Write down how far these are safe, all at once, and tell of those that are done with.

    One call at a time. Raises StateUnwritable where it cannot be kept: then it can be tried again.
    """
    distinct = list(dict.fromkeys(inputs))
    entries = [(each, checkpoint) for each in distinct if (checkpoint := each.unkept()) is not None]
    checkpoints.write_all([(each.key, checkpoint) for each, checkpoint in entries])
    for each, checkpoint in entries:
        each.kept(checkpoint)
    for each in distinct:
        if (problem := each.settled()) is not None:
            settled(each.item, problem)
