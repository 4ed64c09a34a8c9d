"""Loading records that already exist: the pipeline put together for a list of inputs, and what it came to."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Lock

from shipper.catalog import KINDS, DecoderParts
from shipper.interfaces import CheckpointStore, DeadLetterStore, Sink
from shipper.model import (
    Batch,
    Checkpoint,
    DeadLetter,
    Fate,
    Reading,
    RecordKind,
    Stream,
    StreamKey,
    Sums,
    Verdict,
    Waiting,
)
from shipper.pipeline import Pipeline
from shipper.sources.files import FilesSource, Progress
from shipper.sources.inputs import Input


@dataclass(frozen=True, slots=True)
class Destination:
    """Where documents and leftovers go. `target` names the store in checkpoints: another store, other checkpoints."""

    target: str
    sink: Sink
    dead_letters: DeadLetterStore
    checkpoints: CheckpointStore


@dataclass(frozen=True, slots=True)
class Job:
    """What to load: inputs in order, what their records are, and how they are decoded.

    `inputs` that are no sequence are taken while reading goes on; all of them can be read again.
    `again` reads inputs that are loaded already, too; `parallel` are read at the same time.
    """

    inputs: Iterable[Input]
    kind: RecordKind
    parts: DecoderParts
    again: bool = False
    parallel: int = 1


@dataclass(frozen=True, slots=True)
class Report:
    """What a backfill came to. `sums` are by input; `problems` name inputs that could not be read to their end.

    `once` names inputs that can be read only once, so that what was not read of them must be given again. `others`
    names inputs that hold no records of this kind, and what they are; `other_logs` counts records of other logs.
    """

    finished: bool
    sums: Mapping[str, Sums]
    inputs: int
    unchanged: Sequence[str]
    problems: Mapping[str, str]
    unknown_columns: Sequence[str]
    once: Sequence[str] = ()
    others: Mapping[str, str] = field(default_factory=dict)
    other_logs: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> Sums:
        """All inputs together."""
        return sum(self.sums.values(), Sums())


def stream_key(kind: RecordKind, target: str) -> Callable[[str], StreamKey]:
    """The key of the stream from an origin of this kind, to this store."""
    settings = tuple(sorted(kind.settings.items()))
    return lambda origin: StreamKey(kind.name, target, origin, settings)


class Backfill:
    """One run over a list of inputs. `progress`, `sums` and `waiting` may be read from another thread meanwhile."""

    def __init__(
        self,
        job: Job,
        destination: Destination,
        *,
        stop: Event,
        clock: Callable[[], datetime],
    ) -> None:
        row = KINDS[job.kind.name]
        self._stop = stop
        self._sink = destination.sink
        self._known = job.inputs if isinstance(job.inputs, Sequence) else ()
        self._source = FilesSource(
            job.inputs,
            key=stream_key(job.kind, destination.target),
            checkpoints=WholeInputs(destination.checkpoints) if row.whole else destination.checkpoints,
            framing=row.framing,
            clock=clock,
            again=job.again,
            parallel=job.parallel,
        )
        self._pipeline = Pipeline(
            self._source,
            row.decoder(job.parts),
            destination.sink,
            destination.dead_letters,
            stream=Stream(job.kind, destination.target),
            clock=clock,
            stop=stop,
        )

    def run(self, memory_bytes: int) -> Report:
        """Until every input is read or `stop` is set. Raises as the pipeline does."""
        try:
            self._pipeline.run(memory_bytes)
        finally:
            self._source.close()
        return self.report(finished=not self._stop.is_set())

    def report(self, *, finished: bool) -> Report:
        """What was committed so far."""
        return Report(
            finished=finished,
            sums=self._pipeline.sums(),
            inputs=self._source.progress().files_total,
            unchanged=self._source.unchanged(),
            problems=dict(self._source.problems),
            unknown_columns=sorted(self._pipeline.unknown_columns()),
            once=tuple(item.origin for item in self._known if not item.resumable),
            others=dict(self._source.others),
            other_logs=self._pipeline.other_logs(),
        )

    def progress(self) -> Progress:
        """How far reading is."""
        return self._source.progress()

    def reading(self) -> Reading:
        """The same, for those who watch."""
        progress = self._source.progress()
        return Reading(
            read_bytes=progress.bytes_read,
            backlog_bytes=max(progress.bytes_total - progress.bytes_read, 0) if progress.bytes_total >= 0 else -1,
            backlog_inputs=progress.files_total - progress.files_done,
        )

    def sums(self) -> Sums:
        """What was committed so far, all inputs together."""
        return sum(self._pipeline.sums().values(), Sums())

    def unknown_columns(self) -> frozenset[str]:
        """Columns that no table knows."""
        return self._pipeline.unknown_columns()

    def waiting(self) -> Waiting | None:
        """What the sink waits for."""
        return self._sink.waiting()


class WholeInputs:
    """Checkpoints of inputs that are loaded to their end only: none of them is gone on with in its middle."""

    def __init__(self, kept: CheckpointStore) -> None:
        self._kept = kept

    def read(self, key: StreamKey) -> Checkpoint | None:
        """What is loaded whole."""
        found = self._kept.read(key)
        return found if found and found.done else None

    def write(self, key: StreamKey, checkpoint: Checkpoint) -> None:
        """Keep it, if it is an end."""
        self.write_all([(key, checkpoint)])

    def write_all(self, entries: Sequence[tuple[StreamKey, Checkpoint]]) -> None:
        """Keep those that are ends."""
        self._kept.write_all([(key, checkpoint) for key, checkpoint in entries if checkpoint.done])


class DryRunSink:
    """Counts what would be written where, and writes nothing."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.documents: Counter[str] = Counter()

    def write(self, batch: Batch) -> Sequence[Verdict]:
        """Every document would be delivered."""
        with self._lock:
            self.documents.update(batch.partitions)
        return [Verdict(Fate.DELIVERED)] * len(batch)

    def waiting(self) -> Waiting | None:
        """Never."""
        return None


class DryRunDeadLetters:
    """Keeps the first few rejects to show, and writes nothing."""

    def __init__(self, shown: int = 5) -> None:
        self._shown = shown
        self.examples: list[DeadLetter] = []

    def append(self, letters: Sequence[DeadLetter]) -> None:
        """Remember a few."""
        self.examples.extend(letters[: max(self._shown - len(self.examples), 0)])


class DryRunCheckpoints:
    """Knows nothing and keeps nothing, so that a dry run reads everything and leaves no trace."""

    def read(self, key: StreamKey) -> Checkpoint | None:
        """None."""
        del key
        return None

    def write(self, key: StreamKey, checkpoint: Checkpoint) -> None:
        """Forget it."""

    def write_all(self, entries: Sequence[tuple[StreamKey, Checkpoint]]) -> None:
        """Forget them."""
