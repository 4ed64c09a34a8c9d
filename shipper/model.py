"""What flows: chunks in, batches and verdicts on, dead letters aside. Frozen values without behaviour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import Enum
from operator import add, attrgetter
from typing import NewType

Body = bytes | memoryview
"""Bytes that are sent as they lie there: a slice of a view copies nothing."""

ChunkId = NewType("ChunkId", int)
"""Handed out by a source, unique within it, ascending in reading order."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where bytes stand: `offset` counts bytes of the decompressed stream, before any decoding of text."""

    origin: str
    offset: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes of whole records as received. Lines end at LF only.

    `identity` and `first_ordinal` (of the first physical line here) make document ids: see `shipper.identity`.
    `header` is the latest line before this chunk that names columns, or empty; with it a chunk decodes on its own.
    `mid_line` marks a chunk that begins inside an over-long line, cut because memory is bounded.
    """

    id: ChunkId
    records: bytes
    position: Position
    identity: str
    first_ordinal: int
    received_at: datetime
    header: bytes = b""
    mid_line: bool = False


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that cannot be framed. `raw` is the line as received, without its LF.

    `fragment`: these bytes are only a piece of an over-long line, so no second try can make a record of them.
    """

    ordinal: int
    offset: int
    raw: bytes
    reason: str
    fragment: bool = False


@dataclass(frozen=True, slots=True)
class Sums:
    """Where every record went: read = delivered + duplicate + dead-lettered + expired + excluded + skipped.

    `malformed`, `suspect`, `nodata` and `skipdata` describe documents, which are counted by their fate as well.
    """

    read: int = 0
    delivered: int = 0
    duplicate: int = 0
    dead_lettered: int = 0
    expired: int = 0
    excluded: int = 0
    skipped: int = 0
    malformed: int = 0
    suspect: int = 0
    nodata: int = 0
    skipdata: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(*map(add, _COUNTS(self), _COUNTS(other)))

    @property
    def accounted(self) -> int:
        """Records whose fate is known; equals `read` when nothing was lost or invented."""
        return self.delivered + self.duplicate + self.dead_lettered + self.expired + self.excluded + self.skipped


_COUNTS = attrgetter(*(each.name for each in fields(Sums)))


@dataclass(frozen=True, slots=True)
class Batch:
    """A decoded chunk: bulk lines ready to send, and what did not become a document.

    Document `i` is `body[cuts[i]:cuts[i + 1]]`: its action line and its document line, both ending in LF, so any one
    can be cut out. `partitions[i]` is its index and `ordinals[i]` the physical line it came from.
    `headers` are the lines of this chunk that name columns, by ordinal; the last one before a line governs it.
    `sums` counts what the decoder alone decides: read, skipped, expired, excluded, and what it saw in documents.
    `other_logs` counts, by kind, those of the skipped that are records of other logs.
    """

    chunk: Chunk
    body: Body
    cuts: Sequence[int]
    partitions: Sequence[str]
    ordinals: Sequence[int]
    rejects: Sequence[Reject] = ()
    headers: Sequence[tuple[int, bytes]] = ()
    sums: Sums = Sums()
    unknown_columns: frozenset[str] = frozenset()
    other_logs: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.partitions)


@dataclass(frozen=True, slots=True)
class StreamKey:
    """Which stream: the kind of records, the store they go to (cluster id and prefix), and where they come from.

    `settings` are its decoder's, sorted: read with others it is another stream, and not loaded yet.
    """

    kind: str
    target: str
    origin: str
    settings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FileMark:
    """Which followed file a checkpoint is of: its identity, its device and inode when it was last `seen` (ISO 8601).

    It is known again by the bytes just before the checkpoint's offset: their number and their hash.
    """

    identity: str
    device: int
    inode: int
    window_bytes: int
    window: str
    mid_line: bool = False
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is safe: `offset` bytes of the decompressed stream, where the hash chain has the value `chain`.

    `done` says that this was the end of the input, which then had this size, modification time and version (an object's
    ETag); an input that still has them need not be read again. `file` says which file it is of, where an input is
    followed through many.
    """

    offset: int = 0
    chain: str = ""
    records: int = 0
    done: bool = False
    size: int = -1
    modified_ns: int = -1
    version: str = ""
    file: FileMark | None = None


class Fate(Enum):
    """What became of one document."""

    DELIVERED = "delivered"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one document; `reason` is the store's own, given when it was refused."""

    fate: Fate
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a sink waits for: shown to a person while it lasts."""

    what: str
    since: datetime
    remedy: str


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a source is. Bytes are those of its inputs as they lie there; what is not known is -1.

    `failure` is the error that ended it.
    `backlog_*` is what is not read (of a live source: not committed), `lag_seconds` how long the oldest of it has been
    there. `queue_*` is how many messages wait in its queue, and are in some worker's hands. `trouble` is what keeps the
    source itself from going on: no file, no new records, an error it tries to mend.
    """

    read_bytes: int = 0
    backlog_bytes: int = -1
    backlog_inputs: int = 0
    lag_seconds: float = -1.0
    trouble: Waiting | None = None
    failure: str = ""
    queue_waiting: int = -1
    queue_taken: int = -1


@dataclass(frozen=True, slots=True)
class Traffic:
    """What was asked of the store.

    Of the `requests`, `retried` held documents that were sent before (`resent` of them), `throttled` were too much as
    a whole or in part, and `split` were refused whole and sent in halves. `milliseconds` is the time they took, one
    after the other, and the longest. `parked` documents wait at this moment.
    """

    requests: int = 0
    retried: int = 0
    throttled: int = 0
    split: int = 0
    resent: int = 0
    milliseconds: int = 0
    milliseconds_max: int = 0
    parked: int = 0

    def __add__(self, other: "Traffic") -> "Traffic":
        sums = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(Traffic)}
        return Traffic(**sums | {"milliseconds_max": max(self.milliseconds_max, other.milliseconds_max)})


@dataclass(frozen=True, slots=True)
class RecordKind:
    """What a stream's records are: a row of `shipper.catalog`, and the settings its decoder was made with."""

    name: str
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stream:
    """Records of one kind on their way to one store; `target` names it as in StreamKey."""

    kind: RecordKind
    target: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that could not become a document, with all that is needed to try again under the same id.

    `header` names the columns in force, `index` the partition that refused it (empty where it never became a document),
    `target` the store it was for, as in StreamKey.
    """

    kind: RecordKind
    raw: bytes
    position: Position
    identity: str
    ordinal: int
    header: bytes
    reason: str
    received_at: datetime
    dead_at: datetime
    index: str = ""
    fragment: bool = False
    target: str = ""
