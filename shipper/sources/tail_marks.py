"""How far followed files are safe: low-water marks in memory, durable at most once a second.

What a crash makes a source read again has the same ids, so a checkpoint a second old costs duplicates, which are seen
as such. One checkpoint for each file; that of a file that is gone for long is removed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import takewhile
from threading import Lock
from typing import Protocol

from shipper.interfaces import CheckpointStore, Log
from shipper.model import Checkpoint, ChunkId, FileMark, StreamKey
from shipper.sources.tail_files import Window
from shipper.sources.tail_stream import Cut, Stream

WRITE_EVERY = timedelta(seconds=1)
FORGET_AFTER = timedelta(days=1)

_FILE = "file"
_FIRST = "first seen"


class MarkStore(CheckpointStore, Protocol):
    """Checkpoints that can be listed and removed, too."""

    def entries(self) -> Iterator[tuple[StreamKey, Checkpoint]]:
        """All of them. Raises CorruptState."""

    def remove(self, key: StreamKey) -> bool:
        """Forget one. Raises StateUnwritable."""


@dataclass(slots=True)
class _Mark:
    """`due` ones are not written yet. `pending` in reading order, `safe` those of them that are safe."""

    key: StreamKey
    checkpoint: Checkpoint
    due: bool = False
    ended: bool = False
    pending: dict[ChunkId, Cut] = field(default_factory=dict)
    safe: set[ChunkId] = field(default_factory=set)


class Marks:
    """`key` names a stream by its origin. `commit` may come from any thread, the rest from one.

    `first_seen`: for each path that is followed, when its file had been modified when it was first found.
    """

    def __init__(
        self,
        store: MarkStore,
        key: Callable[[str], StreamKey],
        *,
        clock: Callable[[], datetime],
        log: Log,
        write_every: timedelta = WRITE_EVERY,
        forget_after: timedelta = FORGET_AFTER,
    ) -> None:
        self._store = store
        self._key = key
        self._clock = clock
        self._log = log
        self._write_every = write_every
        self._forget_after = forget_after
        self._lock = Lock()
        self._marks: dict[str, _Mark] = {}
        self._chunks: dict[ChunkId, str] = {}
        self.first_seen: dict[str, int] = {}
        self._written = datetime.min.replace(tzinfo=clock().tzinfo)

    def load(self) -> Iterator[tuple[str, Checkpoint, FileMark]]:
        """Origin and checkpoint of each file that was followed before. Raises CorruptState."""
        for key, checkpoint in self._store.entries():
            mark = checkpoint.file
            if mark is None or key != self._file_key(key.origin, mark.identity):
                continue
            if mark.identity == _FIRST:
                self.first_seen[key.origin] = checkpoint.modified_ns
            else:
                self._marks[mark.identity] = _Mark(key, checkpoint)
                yield key.origin, checkpoint, mark

    def follow(self, origin: str, modified_ns: int) -> None:
        """This path is followed from now on, durably: files that stood there and are found elsewhere are asked for.

        `modified_ns` is its file's. Raises StateUnwritable.
        """
        if origin not in self.first_seen:
            mark = FileMark(_FIRST, 0, 0, 0, "", seen=self._clock().isoformat())
            self._store.write(self._file_key(origin, _FIRST), Checkpoint(modified_ns=modified_ns, file=mark))
            self.first_seen[origin] = modified_ns

    def handed(self, chunk_id: ChunkId, stream: Stream, cut: Cut) -> None:
        """This is on its way."""
        with self._lock:
            mark = self._marks.get(stream.identity)
            if mark is None:
                file = FileMark(stream.identity, *stream.number, 0, "")
                key = self._file_key(stream.origin, stream.identity)
                mark = self._marks[stream.identity] = _Mark(key, Checkpoint(file=file))
            mark.pending[chunk_id] = replace(cut, records=b"")
            self._chunks[chunk_id] = stream.identity

    def commit(self, chunk_id: ChunkId) -> None:
        """Moves the mark over every chunk that is safe with nothing unsafe before it."""
        with self._lock:
            mark = self._marks[self._chunks.pop(chunk_id)]
            mark.safe.add(chunk_id)
            self._advance(mark)
        self.write()

    def committed(self, identity: str) -> int:
        """How many bytes of this file are safe."""
        mark = self._marks.get(identity)
        return mark.checkpoint.offset if mark else 0

    def on_their_way(self) -> int:
        """How many chunks are not safe yet."""
        return len(self._chunks)

    def seen(self, stream: Stream, *, ended: bool = False) -> None:
        """The file is where the stream says. `ended`: its last chunk was handed out."""
        with self._lock:
            mark = self._marks.get(stream.identity)
            if mark is None or mark.checkpoint.file is None:
                return
            checkpoint, file = mark.checkpoint, mark.checkpoint.file
            mark.ended = ended
            moved = (file.device, file.inode) != stream.number or checkpoint.size != stream.size
            file = replace(file, device=stream.number[0], inode=stream.number[1], seen=self._clock().isoformat())
            mark.checkpoint = replace(checkpoint, file=file, size=stream.size, modified_ns=stream.modified_ns)
            mark.due |= moved
            self._advance(mark)

    def missed(self, stream: Stream) -> bool:
        """The file was not found. Whether it is forgotten now."""
        with self._lock:
            mark = self._marks.get(stream.identity)
            if mark is None:
                return True
            file = mark.checkpoint.file
            seen = datetime.fromisoformat(file.seen) if file and file.seen else self._clock()
            if file and not file.seen:
                mark.checkpoint = replace(mark.checkpoint, file=replace(file, seen=seen.isoformat()))
            if mark.pending or self._clock() - seen < self._forget_after:
                return False
            self._store.remove(mark.key)
            del self._marks[stream.identity]
            if stream.origin in self.first_seen and all(
                each.key.origin != stream.origin for each in self._marks.values()
            ):
                self._store.remove(self._file_key(stream.origin, _FIRST))
                del self.first_seen[stream.origin]
        unread = max(stream.size - stream.offset, 0)
        level = "warning" if unread and not stream.done else "info"
        self._log("file is gone for long and forgotten", level, file=stream.origin, bytes_not_read=unread)
        return True

    def write(self, *, now: bool = False) -> None:
        """What has moved, if that is due, or `now`. Raises StateUnwritable."""
        with self._lock:
            at = self._clock()
            if not now and at - self._written < self._write_every:
                return
            for mark in self._marks.values():
                if mark.due and mark.checkpoint.offset:  # without a byte that is safe there is nothing to know it by
                    self._store.write(mark.key, mark.checkpoint)
                    mark.due = False
                    self._written = at

    def _advance(self, mark: _Mark) -> None:
        """Under the lock."""
        before = mark.checkpoint
        for chunk_id in list(takewhile(mark.safe.__contains__, mark.pending)):
            cut = mark.pending.pop(chunk_id)
            mark.safe.remove(chunk_id)
            mark.checkpoint = _moved(mark.checkpoint, cut)
        if mark.checkpoint.done != (mark.ended and not mark.pending):
            mark.checkpoint = replace(mark.checkpoint, done=mark.ended and not mark.pending)
        mark.due |= mark.checkpoint != before

    def _file_key(self, origin: str, identity: str) -> StreamKey:
        key = self._key(origin)
        return replace(key, settings=tuple(sorted({**dict(key.settings), _FILE: identity}.items())))


def _moved(checkpoint: Checkpoint, cut: Cut) -> Checkpoint:
    assert checkpoint.file is not None  # noqa: S101  (for the type checker: marks are made with one)
    window: Window = cut.window
    file = replace(checkpoint.file, window_bytes=window.length, window=window.digest, mid_line=cut.mid_line_after)
    return replace(checkpoint, offset=cut.end, records=cut.lines, file=file)
