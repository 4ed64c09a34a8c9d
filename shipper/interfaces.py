"""The seams: what a source, decoder, sink and store promise each other."""

from collections.abc import Callable, Sequence
from typing import Protocol

from shipper.model import Batch, Checkpoint, Chunk, ChunkId, DeadLetter, Reading, StreamKey, Verdict, Waiting

Wait = Callable[[float], bool]
"""Waits so many seconds; True as soon as the process was told to stop (`threading.Event.wait` is one)."""


class Source(Protocol):
    """Raw records in chunks. `poll` is called by one thread; `commit` may come from another, in any order."""

    def poll(self, max_bytes: int) -> Chunk | None:
        """The next whole records; None within 250 ms if there are none yet.

        `max_bytes` bounds a chunk where the source is free to choose; streams cut by identity at fixed places.
        Raises EndOfInput when no more can come.
        """

    def commit(self, *chunk_ids: ChunkId) -> None:
        """These chunks are safe. The source keeps its own low-water mark. Durable when this returns."""

    def close(self) -> None:
        """Give back what is held. What was not committed is read again next time."""


class LiveSource(Source, Protocol):
    """A source whose records go on coming. What it commits is durable within a second: what a crash makes it read
    again has the same ids."""

    def reading(self) -> Reading:
        """How far it is, and what keeps it from going on. From any thread."""


class Log(Protocol):
    """Says what happens, for those who look after a live run. Safe to call from several threads."""

    def __call__(self, event: str, /, level: str = "info", **fields: object) -> None:
        """`level` is info, warning or error; fields hold no secret."""


class Decoder(Protocol):
    """A pure function from a chunk to a batch: no clock, no network, no logging."""

    def decode(self, chunk: Chunk) -> Batch:
        """Every physical line becomes a document, a reject or a counted skip. Never raises for what a line holds."""


class Sink(Protocol):
    """Where documents go. Safe to call from several threads."""

    def write(self, batch: Batch) -> Sequence[Verdict]:
        """One verdict per document, in order. Retries by itself what can be retried, for as long as it takes.

        Raises Unavailable only when told to stop, Refused when trying again cannot help.
        """

    def waiting(self) -> Waiting | None:
        """What it waits for at this moment, if it waits."""


class DeadLetterStore(Protocol):
    """Where records go that could not be delivered."""

    def append(self, letters: Sequence[DeadLetter]) -> None:
        """Durable when this returns; raises StateUnwritable when it cannot be. Safe to call from several threads."""


class CheckpointStore(Protocol):
    """How far each stream is safe."""

    def read(self, key: StreamKey) -> Checkpoint | None:
        """The stream's checkpoint, None if it has none. Raises CorruptState."""

    def write(self, key: StreamKey, checkpoint: Checkpoint) -> None:
        """Durable when this returns. Raises StateUnwritable."""

    def write_all(self, entries: Sequence[tuple[StreamKey, Checkpoint]]) -> None:
        """The same of several; where it fails some of them may be written."""
