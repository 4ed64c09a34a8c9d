"""Files and standard input as one stream of chunks, each file with a checkpoint of its own.

A file that was loaded whole and has not changed since is not read again. One that was loaded in part is read from its
start, but handed out only from the checkpoint on, and only if the hash chain proves that the bytes before are the same;
otherwise it is a new file and is handed out from its start (what is already stored is a duplicate by its id).
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from shipper.errors import EndOfInput, SourceDamaged
from shipper.identity import FindHeader, Piece, line_count, pieces
from shipper.interfaces import CheckpointStore
from shipper.model import Checkpoint, Chunk, ChunkId, Position, StreamKey
from shipper.sources.compression import Pipe, decompressed
from shipper.sources.local_paths import Input


@dataclass(frozen=True, slots=True)
class Progress:
    """How far reading is. Bytes are those on disk, of a pipe those read; `bytes_total` is -1 where it is unknown."""

    files_total: int
    files_done: int
    files_unchanged: int
    bytes_total: int
    bytes_read: int


@dataclass(frozen=True, slots=True)
class _End:
    """Where a chunk ends, and how many records it holds."""

    offset: int
    chain: str
    records: int


@dataclass(slots=True)
class _Stream:
    """One input while its chunks are on their way: `pending` in reading order, `safe` those of them that are safe.

    A pending chunk is kept only as where it ends: one may be unsafe for long while many after it are safe.
    """

    input: Input
    key: StreamKey
    checkpoint: Checkpoint = field(default_factory=Checkpoint)
    pending: dict[ChunkId, _End] = field(default_factory=dict)
    safe: set[ChunkId] = field(default_factory=set)
    ended: bool = False


class FilesSource:
    """A source over inputs in the order given. `problems` names those that could not be read to their end, and why."""

    def __init__(
        self,
        inputs: Sequence[Input],
        *,
        key: Callable[[str], StreamKey],
        checkpoints: CheckpointStore,
        find_header: FindHeader,
        clock: Callable[[], datetime],
        open_pipe: Callable[[Path | None], Pipe],
        again: bool = False,
    ) -> None:
        """`open_pipe` opens what is no regular file; None is standard input.

        `again` hands everything out once more, whatever the checkpoints say.
        """
        self._inputs = inputs
        self._key = key
        self._checkpoints = checkpoints
        self._find_header = find_header
        self._clock = clock
        self._open_pipe = open_pipe
        self._again = again
        self._lock = Lock()
        self._streams: dict[ChunkId, _Stream] = {}
        self._next_id = 0
        self._chunks = self._read_all()
        self._file: BinaryIO | None = None
        self._left_at = 0
        self._bytes_before = 0
        self._piped_bytes = 0
        self._done = 0
        self._unchanged: list[str] = []
        self.problems: dict[str, str] = {}

    def poll(self, max_bytes: int) -> Chunk | None:  # noqa: ARG002  (borders are part of the identity)
        """The next chunk of the current file. Raises EndOfInput after the last."""
        try:
            return next(self._chunks)
        except StopIteration:
            raise EndOfInput from None

    def commit(self, chunk_id: ChunkId) -> None:
        """Moves the file's checkpoint over every chunk that is safe with nothing unsafe before it."""
        with self._lock:
            stream = self._streams.pop(chunk_id)
            stream.safe.add(chunk_id)
            self._advance(stream)

    def close(self) -> None:
        """Close the file being read."""
        self._chunks.close()

    def progress(self) -> Progress:
        """How far reading is. From any thread."""
        sizes = [item.size for item in self._inputs]
        return Progress(
            files_total=len(self._inputs),
            files_done=self._done,
            files_unchanged=len(self._unchanged),
            bytes_total=-1 if min(sizes, default=0) < 0 else sum(sizes),
            bytes_read=self._bytes_before + self._piped_bytes + self._bytes_here(),
        )

    def unchanged(self) -> Sequence[str]:
        """Inputs loaded before and not changed since: not read again."""
        return tuple(self._unchanged)

    def _read_all(self) -> Generator[Chunk, None, None]:
        for item in self._inputs:
            try:
                yield from self._read_input(item)
            except SourceDamaged as error:
                self.problems[item.origin] = str(error)
            self._left_at = 0
            self._bytes_before += max(item.size, 0)
            self._done += 1

    def _read_input(self, item: Input) -> Generator[Chunk, None, None]:
        stream = _Stream(item, self._key(item.origin))
        known = self._known(stream)
        if known and known.done and (known.size, known.modified_ns) == (item.size, item.modified_ns):
            self._unchanged.append(item.origin)
            return
        if known and known.offset and self._same_until(item, known):
            stream.checkpoint = known
        for piece in self._pieces(item):
            self._piped_bytes += 0 if item.resumable else len(piece.records)
            if piece.offset >= stream.checkpoint.offset:
                yield self._chunk(stream, piece)
        with self._lock:
            stream.ended = True
            self._advance(stream)

    def _known(self, stream: _Stream) -> Checkpoint | None:
        if self._again or not stream.input.resumable:
            return None
        return self._checkpoints.read(stream.key)

    def _same_until(self, item: Input, checkpoint: Checkpoint) -> bool:
        """Whether the input's bytes before the checkpoint are those that were committed. Damaged ones are not."""
        with closing(self._pieces(item)) as read, suppress(SourceDamaged):
            for piece in read:
                end = piece.offset + len(piece.records)
                if end >= checkpoint.offset:
                    return end == checkpoint.offset and piece.chain == checkpoint.chain
        return False

    def _pieces(self, item: Input) -> Generator[Piece, None, None]:
        if item.path is None or not item.resumable:
            with closing(self._opened_pipe(item)) as pipe:
                origin = "standard input" if item.path is None else item.origin
                yield from pieces(decompressed(pipe, origin), item.origin, self._find_header)
            return
        with _open(item.path, item.origin) as file:
            self._file = file
            try:
                yield from pieces(decompressed(file, item.origin), item.origin, self._find_header)
            finally:
                self._left_at, self._file = _place(file), None

    def _opened_pipe(self, item: Input) -> Pipe:
        try:
            return self._open_pipe(item.path)
        except OSError as error:
            raise SourceDamaged(f"{item.origin}: {error.strerror}") from error

    def _bytes_here(self) -> int:
        """How far the file being read is; where reading it was broken off, so far."""
        file = self._file
        return self._left_at if file is None else _place(file)

    def _chunk(self, stream: _Stream, piece: Piece) -> Chunk:
        end = _End(piece.offset + len(piece.records), piece.chain, line_count(piece.records))
        with self._lock:
            chunk_id = ChunkId(self._next_id)
            self._next_id += 1
            stream.pending[chunk_id] = end
            self._streams[chunk_id] = stream
        return Chunk(
            id=chunk_id,
            records=piece.records,
            position=Position(stream.input.origin, piece.offset),
            identity=piece.identity,
            first_ordinal=piece.first_ordinal,
            received_at=self._clock(),
            header=piece.header,
            mid_line=piece.mid_line,
        )

    def _advance(self, stream: _Stream) -> None:
        """Under the lock. Written only when something moved."""
        before = stream.checkpoint
        for chunk_id in list(takewhile(stream.safe.__contains__, stream.pending)):
            end = stream.pending.pop(chunk_id)
            stream.safe.remove(chunk_id)
            stream.checkpoint = Checkpoint(end.offset, end.chain, stream.checkpoint.records + end.records)
        if stream.ended and not stream.pending:
            checkpoint, item = stream.checkpoint, stream.input
            stream.checkpoint = Checkpoint(
                checkpoint.offset, checkpoint.chain, checkpoint.records, True, item.size, item.modified_ns
            )
        if stream.checkpoint != before and stream.input.resumable:
            self._checkpoints.write(stream.key, stream.checkpoint)


def _open(path: Path, origin: str) -> BinaryIO:
    try:
        return path.open("rb", buffering=0)
    except OSError as error:
        raise SourceDamaged(f"{origin}: {error.strerror}") from error


def _place(file: BinaryIO) -> int:
    try:
        return file.tell()
    except (OSError, ValueError):  # a pipe, or closed a moment ago by the reading thread
        return 0
