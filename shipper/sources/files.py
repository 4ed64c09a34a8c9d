"""Inputs as one stream of chunks: several are read at the same time, each with a checkpoint of its own.

In: inputs in the order in which they are begun. Out: chunks, each input's in its order; a few threads read and
decompress ahead of `poll`, by a bounded number of bytes.
An input that was loaded whole and has not changed since is not read again. One that was loaded in part is read from its
start, but handed out only from the checkpoint on, and only if the hash chain proves that the bytes before are the same;
otherwise it is a new one and is handed out from its start (what is already stored is a duplicate by its id).
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from threading import Lock, Thread

from shipper.errors import NotRecords, SourceDamaged
from shipper.identity import CHUNK_BYTES, Framing, Piece
from shipper.interfaces import CheckpointStore
from shipper.model import Checkpoint, Chunk, ChunkId, Position, StreamKey
from shipper.sources.framing import framed
from shipper.sources.handover import Handover
from shipper.sources.inputs import Input
from shipper.sources.low_water import LowWater, Settled, keep
from shipper.sources.measured import Measured, measured
from shipper.together import Together

_POLL_SECONDS = 0.25
_AHEAD_BYTES = 2 * CHUNK_BYTES
"""Most bytes that wait to be polled, for each reading thread; it holds a piece or two besides."""
_AHEAD_PIECES = 256
_LEAVE_SECONDS = 5.0
_MOST_NAMES = 10_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far reading is. Bytes are those on disk, of a pipe those read; `bytes_total` is -1 where it is unknown."""

    files_total: int
    files_done: int
    files_unchanged: int
    bytes_total: int
    bytes_read: int


class _Stream(LowWater):
    """An input that is read by one of the threads."""

    file: Measured | None = None

    @property
    def bytes_read(self) -> int:
        return self.file.place if self.file else 0


@dataclass(frozen=True, slots=True)
class _Left:
    """A thread is done with an input: it was `unchanged`, holds something `other`, or has a `problem` on its way."""

    problem: str = ""
    other: str = ""
    unchanged: bool = False


class FilesSource:
    """A source over inputs. `problems` names those that could not be read to their end, and why.

    `others` names those that hold no records of this kind, and what they are.
    """

    def __init__(  # noqa: PLR0913  (all of them by name, and each has one reason)
        self,
        inputs: Iterable[Input],
        *,
        key: Callable[[str], StreamKey],
        checkpoints: CheckpointStore,
        framing: Framing,
        clock: Callable[[], datetime],
        again: bool = False,
        parallel: int = 1,
        settled: Settled = lambda _item, _problem: None,
    ) -> None:
        """`parallel` inputs are read at the same time. `again` hands everything out, whatever the checkpoints say.

        `inputs` that are no sequence are taken one by one as reading goes on; how many there are is not known then.
        """
        self._known = inputs if isinstance(inputs, Sequence) else None
        self._coming = iter(inputs)
        self._coming_lock = Lock()
        self._key = key
        self._checkpoints = checkpoints
        self._framing = framing
        self._clock = clock
        self._again = again
        self._settled = settled
        self._keep: Together[Sequence[_Stream]] = Together(
            lambda brought: keep(chain.from_iterable(brought), checkpoints, settled)
        )
        self._ready: Handover[tuple[_Stream, Piece | _Left]] = Handover(
            parallel, max_bytes=parallel * _AHEAD_BYTES, max_things=parallel * _AHEAD_PIECES
        )
        self._threads = [Thread(target=self._read, name=f"read-{n}", daemon=True) for n in range(parallel)]
        self._started = False
        self._lock = Lock()
        self._streams: dict[ChunkId, _Stream] = {}
        self._reading: dict[_Stream, None] = {}
        self._next_id = 0
        self._begun = 0
        self._done = 0
        self._bytes_done = 0
        self._unchanged: list[str] = []
        self._unchanged_count = 0
        self._problem_count = 0
        self.problems: dict[str, str] = {}
        self.others: dict[str, str] = {}

    def poll(self, max_bytes: int) -> Chunk | None:  # noqa: ARG002  (borders are part of the identity)
        """The next chunk of any input that is being read. Raises EndOfInput after the last of all."""
        if not self._started:
            self._started = True
            for thread in self._threads:
                thread.start()
        while (found := self._ready.get(_POLL_SECONDS)) is not None:
            stream, what = found
            if isinstance(what, Piece):
                return self._chunk(stream, what)
            self._leave(stream, what)
        return None

    def commit(self, *chunk_ids: ChunkId) -> None:
        """Moves the inputs' checkpoints over every chunk that is safe with nothing unsafe before it."""
        with self._lock:
            streams = [self._streams.pop(chunk_id) for chunk_id in chunk_ids]
        for stream, chunk_id in zip(streams, chunk_ids, strict=True):
            stream.commit(chunk_id)
        self._keep(streams)

    def close(self) -> None:
        """Stop reading. A thread that waits for a far end is left to itself: nothing it reads is taken any more."""
        self._ready.close()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(_LEAVE_SECONDS)

    def progress(self) -> Progress:
        """How far reading is. From any thread."""
        with self._lock:
            sizes = [item.size for item in self._known or ()]
            return Progress(
                files_total=self._begun if self._known is None else len(sizes),
                files_done=self._done,
                files_unchanged=self._unchanged_count,
                bytes_total=-1 if self._known is None or min(sizes, default=0) < 0 else sum(sizes),
                bytes_read=self._bytes_done + sum(stream.bytes_read for stream in self._reading),
            )

    def unchanged(self) -> Sequence[str]:
        """Inputs loaded before and not changed since, not read again; where there are many, the first of them."""
        return tuple(self._unchanged)

    def _read(self) -> None:
        """A thread: one input after the other, until there are no more or nobody wants them."""
        error: BaseException | None = None
        try:
            while (stream := self._next()) is not None:
                if not self._ready.put((stream, self._read_input(stream)), 0):
                    break
        except BaseException as raised:  # noqa: BLE001  (raised by poll, in its thread)
            error = raised
        self._ready.leave(error)

    def _next(self) -> _Stream | None:
        with self._coming_lock:
            item = next(self._coming, None)
        if item is None:
            return None
        stream = _Stream(item, self._key(item.origin))
        with self._lock:
            self._begun += 1
            self._reading[stream] = None
        return stream

    def _read_input(self, stream: _Stream) -> _Left:
        item = stream.item
        known = self._checkpoints.read(stream.key) if item.resumable and not self._again else None
        if known and is_loaded(known, item):
            return _Left(unchanged=True)
        try:
            if known and known.offset and self._same_until(stream, known):
                stream.begin_at(known)
            start = stream.checkpoint.offset
            with closing(self._pieces(stream)) as read:
                for piece in read:
                    if piece.offset >= start and not self._ready.put((stream, piece), len(piece.records)):
                        break
        except SourceDamaged as error:
            return _Left(problem=str(error))
        except NotRecords as error:
            return _Left(other=str(error))
        return _Left()

    def _same_until(self, stream: _Stream, checkpoint: Checkpoint) -> bool:
        """Whether the input's bytes before the checkpoint are those that were committed. Damaged ones are not."""
        with closing(self._pieces(stream)) as read, suppress(SourceDamaged, NotRecords):
            for piece in read:
                end = piece.offset + len(piece.records)
                if end >= checkpoint.offset:
                    return end == checkpoint.offset and piece.chain == checkpoint.chain
        return False

    def _pieces(self, stream: _Stream) -> Generator[Piece, None, None]:
        item = stream.item
        try:
            opened = item.open()
        except OSError as error:
            raise SourceDamaged(f"{item.title}: {error.strerror or error}") from error
        with closing(opened):
            stream.file = measured(opened)
            yield from framed(item, stream.file, self._framing)

    def _chunk(self, stream: _Stream, piece: Piece) -> Chunk:
        with self._lock:
            chunk_id = ChunkId(self._next_id)
            self._next_id += 1
            self._streams[chunk_id] = stream
        stream.handed_out(chunk_id, piece)
        return Chunk(
            id=chunk_id,
            records=piece.records,
            position=Position(stream.item.origin, piece.offset),
            identity=piece.identity,
            first_ordinal=piece.first_ordinal,
            received_at=self._clock(),
            header=piece.header,
            mid_line=piece.mid_line,
        )

    def _leave(self, stream: _Stream, left: _Left) -> None:
        with self._lock:
            del self._reading[stream]
            self._done += 1
            self._bytes_done += stream.item.size if stream.item.resumable else stream.bytes_read
            self._remember(stream.item.origin, left)
        if left.other:
            self._settled(stream.item, "")
        elif not left.unchanged and stream.end(left.problem):
            self._keep([stream])

    def _remember(self, origin: str, left: _Left) -> None:
        """Under the lock. Counts everything, names what a person can still read."""
        if left.problem:
            self._problem_count += 1
            if len(self.problems) < _MOST_NAMES:
                self.problems[origin] = left.problem
            else:
                self.problems["…"] = f"{self._problem_count - _MOST_NAMES:,} more inputs cannot be read to their end"
        if left.other and len(self.others) < _MOST_NAMES:
            self.others[origin] = left.other
        if left.unchanged:
            self._unchanged_count += 1
            if self._unchanged_count <= _MOST_NAMES:
                self._unchanged.append(origin)


def is_loaded(known: Checkpoint, item: Input) -> bool:
    """Whether this is what was loaded whole."""
    return known.done and (known.size, known.modified_ns, known.version) == (item.size, item.modified_ns, item.version)
