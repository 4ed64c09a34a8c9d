"""What flows: chunks in, batches and verdicts on, dead letters aside. Frozen values without behaviour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import Enum
from typing import NewType

ChunkId = NewType("ChunkId", int)
"""Handed out by a source, unique within it, ascending in reading order."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where bytes stand: `offset` counts bytes of the decompressed stream from its start, before any decoding of text."""

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
    """A record that cannot be framed. `raw` is the line as received, without its LF."""

    ordinal: int
    offset: int
    raw: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Sums:
    """Where every record went (design: read = all the others together). `malformed` and `suspect` count among delivered.

    `nodata` and `skipdata` are records of their own kind, so they count among delivered too.
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
        return Sums(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Sums)))

    @property
    def accounted(self) -> int:
        """Records whose fate is known; equals `read` when nothing was lost or invented."""
        return (
            self.delivered + self.duplicate + self.dead_lettered + self.expired + self.excluded + self.skipped
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """A decoded chunk: bulk lines ready to send, and what did not become a document.

    Document `i` is `body[cuts[i]:cuts[i + 1]]`: its action line and its document line, both ending in LF, so any one
    can be cut out. `partitions[i]` is its index and `ordinals[i]` the physical line it came from.
    `sums` counts what the decoder alone decides: read, skipped, expired, excluded, and the kinds; verdicts add the rest.
    """

    chunk: Chunk
    body: bytes
    cuts: Sequence[int]
    partitions: Sequence[str]
    ordinals: Sequence[int]
    rejects: Sequence[Reject] = ()
    sums: Sums = Sums()
    unknown_columns: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.partitions)


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
class DeadLetter:
    """A record that could not become a document, with all that is needed to try again under the same id.

    `kind` names the decoder (a row of `shipper.catalog`), `header` the columns in force, `index` the partition that
    refused it (empty where it never became a document).
    """

    kind: str
    raw: bytes
    position: Position
    identity: str
    ordinal: int
    header: bytes
    reason: str
    received_at: datetime
    dead_at: datetime
    index: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
