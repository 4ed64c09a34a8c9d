"""Files followed while they are written, as one stream of chunks: through rotation, truncation, compression, restarts.

For kinds whose document ids do not depend on where chunks are cut (EVE): a chunk is what is there, small while it is
live, up to 1 MiB where there is more. A line is handed out when it has its end; a rotated file's last one as it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic as system_monotonic

from shipper.errors import EndOfInput, SourceDamaged
from shipper.interfaces import Log, Wait
from shipper.model import Checkpoint, Chunk, ChunkId, FileMark, Position, Reading, Waiting
from shipper.sources.changes import Changes
from shipper.sources.tail_files import Window, found_files
from shipper.sources.tail_marks import Marks
from shipper.sources.tail_search import Search
from shipper.sources.tail_stream import Cut, Stream

_POLL_SECONDS = 0.2
_SCAN_SECONDS = 1.0
_SMALL_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class Manners:
    """How a source goes about it. Seconds.

    Chunks smaller than 64 KiB come at most every `linger_seconds`, more seldom the more are on their way. A rotated
    file has ended when it did not grow for `settle_seconds` and another is written in its place.
    `silent_after_seconds` without anything new is trouble; 0: never. `once`: EndOfInput where there is nothing more
    for the moment.
    """

    linger_seconds: float = 0.1
    settle_seconds: float = 30.0
    silent_after_seconds: float = 300.0
    once: bool = False


class TailSource:
    """`patterns` are paths and globs. `wait` is for pauses that nothing but the stop event ends early."""

    def __init__(
        self,
        patterns: Sequence[str],
        marks: Marks,
        log: Log,
        *,
        clock: Callable[[], datetime],
        wait: Wait,
        manners: Manners = Manners(),
        monotonic: Callable[[], float] = system_monotonic,
    ) -> None:
        self._patterns = patterns
        self._marks = marks
        self._log = log
        self._clock = clock
        self._wait = wait
        self._manners = manners
        self._monotonic = monotonic
        self._changes = Changes()
        self._search = Search(patterns, [_known(*each) for each in marks.load()], marks.first_seen, log)
        self._next_id = 0
        self._next_scan = 0.0
        self._turn = 0
        self._soon = _POLL_SECONDS
        self._read_bytes = 0
        self._absent_since: datetime | None = None
        self._trouble: Waiting | None = None

    def poll(self, max_bytes: int) -> Chunk | None:
        """What is there, of one file after the other. Raises EndOfInput with `once`, CorruptState, StateUnwritable."""
        if self._monotonic() >= self._next_scan:
            self._scan()
        self._soon = _POLL_SECONDS
        chunk = self._take(max_bytes)
        if chunk is not None:
            return chunk
        self._marks.write()
        if self._manners.once:
            raise EndOfInput
        if self._soon < _POLL_SECONDS:
            self._wait(self._soon)
        elif self._changes.wait(_POLL_SECONDS):
            self._next_scan = min(self._next_scan, self._monotonic() + _POLL_SECONDS)
        return self._take(max_bytes)

    def commit(self, *chunk_ids: ChunkId) -> None:
        """These chunks are safe; durable within a second."""
        for chunk_id in chunk_ids:
            self._marks.commit(chunk_id)

    def close(self) -> None:
        """Make durable what is safe, let go of the files."""
        for stream in self._search.streams:
            stream.detach()
        self._changes.close()
        self._marks.write(now=True)

    def reading(self) -> Reading:
        """How far it is. Lag is counted until a record is safe."""
        now = self._monotonic()
        lags = [stream.lag(self._marks.committed(stream.identity), now) for stream in list(self._search.streams)]
        return Reading(
            read_bytes=self._read_bytes,
            backlog_bytes=sum(count for count, _ in lags),
            backlog_inputs=sum(count > 0 for count, _ in lags),
            lag_seconds=max((seconds for _, seconds in lags), default=0.0),
            trouble=self._trouble,
        )

    def _take(self, max_bytes: int) -> Chunk | None:
        """From the file after the one that was last, so that none starves."""
        streams = self._search.streams
        for step in range(len(streams)):
            turn = (self._turn + step) % len(streams)
            cut = self._cut(streams[turn], max_bytes)
            if cut is not None:
                self._turn = turn + 1
                return self._chunk(streams[turn], cut)
        return None

    def _cut(self, stream: Stream, max_bytes: int) -> Cut | None:
        now = self._monotonic()
        try:
            before = stream.size, stream.modified_ns
            if not stream.look(now, self._marks.committed(stream.identity)) or self._too_soon(stream, now):
                return None
            cut = stream.cut(max_bytes)
        except (SourceDamaged, OSError) as error:
            self._search.damaged(stream, SourceDamaged(f"{stream.path}: {error}"))
            return None
        if stream.replaced:
            self._search.replaced(stream)
            stream.size, stream.modified_ns = before
            self._next_scan = 0.0
        elif cut is None and stream.ended:
            stream.detach()
            stream.done = True
            self._log("file has ended", file=stream.origin, bytes=stream.offset, lines=stream.lines)
            self._marks.seen(stream, ended=True)
        if cut is not None:
            stream.handed_at = now
        return cut

    def _too_soon(self, stream: Stream, now: float) -> bool:
        """Whether to let more come together: each chunk is a request, and each one on its way takes a place."""
        if stream.size - stream.offset >= _SMALL_BYTES or stream.ended or self._manners.once:
            return False
        ways = self._marks.on_their_way()
        left = stream.handed_at + self._manners.linger_seconds * (1 + ways * ways / 8) - now
        if left > 0:
            self._soon = min(self._soon, left)
        return left > 0

    def _chunk(self, stream: Stream, cut: Cut) -> Chunk:
        chunk_id = ChunkId(self._next_id)
        self._next_id += 1
        self._read_bytes += len(cut.records)
        self._marks.handed(chunk_id, stream, cut)
        return Chunk(
            id=chunk_id,
            records=cut.records,
            position=Position(stream.origin, cut.offset),
            identity=stream.identity,
            first_ordinal=cut.first_ordinal,
            received_at=self._clock(),
            mid_line=cut.mid_line,
        )

    def _scan(self) -> None:
        """Which files there are, what has become of those that were there, and whether anything is missing."""
        now = self._monotonic()
        self._next_scan = now + _SCAN_SECONDS
        self._changes.watch(self._search.folders())
        live = self._search.scan()
        for stream in self._search.streams:
            if stream.live:
                self._marks.follow(stream.origin, stream.modified_ns)
        successors = {stream.origin for stream in self._search.streams if stream.live and stream.size}
        for stream in list(self._search.streams):
            self._settle(stream, successors, now)
        self._trouble = self._missing(live)

    def _settle(self, stream: Stream, successors: set[str], now: float) -> None:
        """A rotated file that was quiet for long has ended; one that is found nowhere is forgotten in the end."""
        if stream.file is not None:
            if not stream.live and not stream.ended and now - stream.grown_at >= self._manners.settle_seconds:
                try:
                    gone = not stream.file.status().st_nlink
                except OSError:
                    gone = True
                stream.ended = gone or stream.origin in successors
            self._marks.seen(stream)
        elif stream.live:
            self._marks.seen(stream, ended=stream.done)
        elif self._marks.missed(stream):
            self._search.streams.remove(stream)

    def _missing(self, live: int) -> Waiting | None:
        """What a healthy sensor would have left."""
        now = self._clock()
        if self._search.troubles:
            what = next(iter(self._search.troubles.values()))
            self._absent_since = self._absent_since or now
            return Waiting(what, self._absent_since, "let the shipper's user read it, or remove it")
        if not live:
            self._absent_since = self._absent_since or now
            return Waiting(f"no file at {', '.join(self._patterns)}", self._absent_since, "is the sensor running?")
        self._absent_since = None
        patience = self._manners.silent_after_seconds
        newest = max((stream.modified_ns for stream in self._search.streams), default=0)
        last = datetime.fromtimestamp(max(newest, 0) / 1e9, UTC)
        if patience and now - last > timedelta(seconds=patience):
            return Waiting(f"nothing new in {', '.join(self._patterns)}", last, "is the sensor running, its disk full?")
        return None


def followed(patterns: Sequence[str]) -> list[str]:
    """What these patterns lead to now, a line each."""
    lines: list[str] = []
    for pattern in patterns:
        paths = found_files(pattern)
        lines += [f"{path}: {path.stat().st_size:,} bytes" for path in paths]
        lines += [] if paths else [f"{pattern}: nothing there yet; followed as soon as there is"]
    return lines


def _known(origin: str, checkpoint: Checkpoint, mark: FileMark) -> Stream:
    """A stream as it was left."""
    return Stream(
        origin=origin,
        path=Path(origin),
        number=(mark.device, mark.inode),
        identity=mark.identity,
        offset=checkpoint.offset,
        lines=checkpoint.records,
        window=Window(mark.window_bytes, mark.window),
        mid_line=mark.mid_line,
        done=checkpoint.done,
        size=checkpoint.size,
        modified_ns=checkpoint.modified_ns,
    )
