"""One stream from source to commit: poll, decode, write, dead-letter, commit, several batches at a time.

Nothing is committed before its documents have their verdicts and its dead letters are on disk. Memory is bounded by
the bytes on their way: polling goes on only when there is room. A batch that waits holds its bytes, not a request.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Event, Lock

from shipper.dispatch import Dispatch, joined
from shipper.errors import EndOfInput, Unavailable
from shipper.identity import CHUNK_BYTES
from shipper.interfaces import DeadLetterStore, Decoder, Sink, Source
from shipper.model import Batch, Chunk, DeadLetter, Fate, Position, Reject, Stream, Sums, Verdict

MEMORY_BYTES = 32 << 20
"""Most bytes of chunks and their documents on their way, but for one chunk that may be larger."""

MOST_ORIGINS = 10_000
OTHERS = "other inputs"
"""Sums are kept by input for so many, and for all others together: there may be millions."""


class Pipeline:
    """Runs once. `stop` ends it after what is in flight; an error in one batch ends the others too."""

    def __init__(
        self,
        source: Source,
        decoder: Decoder,
        sink: Sink,
        dead_letters: DeadLetterStore,
        *,
        stream: Stream,
        clock: Callable[[], datetime],
        stop: Event,
    ) -> None:
        self._source = source
        self._decoder = decoder
        self._sink = sink
        self._dead_letters = dead_letters
        self._stream = stream
        self._clock = clock
        self._stop = stop
        self._lock = Lock()
        self._error: BaseException | None = None
        self._sums: dict[str, Sums] = {}
        self._unknown: set[str] = set()
        self._other_logs: Counter[str] = Counter()

    def run(self, memory_bytes: int = MEMORY_BYTES) -> None:
        """Until the input ends or `stop` is set. Raises the first error of any batch, after the others have ended."""
        with Dispatch(self._settle, self._stop) as dispatch:
            try:
                while not self._stop.is_set():
                    chunk = self._source.poll(CHUNK_BYTES)
                    if chunk is None:
                        dispatch.nudge()
                    else:
                        batch = self._decoder.decode(chunk)
                        dispatch.add(batch, len(chunk.records) + len(batch.body))
                    dispatch.make_room(memory_bytes)
            except EndOfInput:
                pass
            except BaseException as error:  # noqa: BLE001  (raised below, once the batches in flight have ended)
                self._fail(error)
        if self._error is not None:
            raise self._error

    def sums(self) -> Mapping[str, Sums]:
        """What was committed so far, by origin. From any thread."""
        with self._lock:
            return dict(self._sums)

    def unknown_columns(self) -> frozenset[str]:
        """Columns that no table knows: kept, not searchable."""
        with self._lock:
            return frozenset(self._unknown)

    def other_logs(self) -> Mapping[str, int]:
        """Records of other logs that were passed over, by kind."""
        with self._lock:
            return dict(self._other_logs)

    def _settle(self, batches: Sequence[Batch]) -> None:
        """Everything that must be safe before these chunks are. The first error is kept, and stops the others."""
        try:
            together = joined(batches)
            verdicts = self._sink.write(together) if len(together) else ()
            of_each = [verdicts[begin:end] for begin, end in _spans(batches)]
            letters = [self._letters(batch, own) for batch, own in zip(batches, of_each, strict=True)]
            self._dead_letters.append([letter for own in letters for letter in own])
            self._source.commit(*(batch.chunk.id for batch in batches))
        except BaseException as error:  # noqa: BLE001  (raised by run, in its thread)
            self._fail(error)
        else:
            for batch, own, dead in zip(batches, of_each, letters, strict=True):
                self._count(batch, own, len(dead))

    def _fail(self, error: BaseException) -> None:
        if isinstance(error, Unavailable) and self._stop.is_set():
            return  # told to stop while waiting: this chunk is read again next time
        with self._lock:
            self._error = self._error or error
        self._stop.set()

    def _letters(self, batch: Batch, verdicts: Sequence[Verdict]) -> list[DeadLetter]:
        chunk = batch.chunk
        letters = [self._letter(batch, reject, index="") for reject in batch.rejects]
        refused = [number for number, verdict in enumerate(verdicts) if verdict.fate is Fate.REFUSED]
        lines = numbered_lines(chunk, {batch.ordinals[number] for number in refused}) if refused else {}
        for number in refused:
            line = replace(lines[batch.ordinals[number]], reason=verdicts[number].reason)
            letters.append(self._letter(batch, line, index=batch.partitions[number]))
        return letters

    def _letter(self, batch: Batch, reject: Reject, *, index: str) -> DeadLetter:
        chunk = batch.chunk
        return DeadLetter(
            kind=self._stream.kind,
            raw=reject.raw,
            position=Position(chunk.position.origin, reject.offset),
            identity=chunk.identity,
            ordinal=reject.ordinal,
            header=header_of(batch, reject.ordinal),
            reason=reject.reason,
            received_at=chunk.received_at,
            dead_at=self._clock(),
            index=index,
            fragment=reject.fragment,
            target=self._stream.target,
        )

    def _count(self, batch: Batch, verdicts: Sequence[Verdict], letters: int) -> None:
        fates = [verdict.fate for verdict in verdicts]
        settled = Sums(
            delivered=fates.count(Fate.DELIVERED), duplicate=fates.count(Fate.DUPLICATE), dead_lettered=letters
        )
        origin = batch.chunk.position.origin
        with self._lock:
            if origin not in self._sums and len(self._sums) >= MOST_ORIGINS:
                origin = OTHERS
            self._sums[origin] = self._sums.get(origin, Sums()) + batch.sums + settled
            self._unknown |= batch.unknown_columns
            self._other_logs.update(batch.other_logs)


def _spans(batches: Sequence[Batch]) -> Iterator[tuple[int, int]]:
    """Where each one's documents are among those of all."""
    end = 0
    for batch in batches:
        begin, end = end, end + len(batch)
        yield begin, end


def numbered_lines(chunk: Chunk, ordinals: set[int]) -> dict[int, Reject]:
    """These physical lines of a chunk, by ordinal, without their LF."""
    found: dict[int, Reject] = {}
    offset = chunk.position.offset
    for ordinal, line in enumerate(chunk.records.split(b"\n"), chunk.first_ordinal):
        if ordinal in ordinals:
            found[ordinal] = Reject(ordinal, offset, line, "")
        offset += len(line) + 1
    return found


def header_of(batch: Batch, ordinal: int) -> bytes:
    """The line that names the columns of the line with this ordinal."""
    header = batch.chunk.header
    for place, line in batch.headers:
        if place < ordinal:
            header = line
    return header
