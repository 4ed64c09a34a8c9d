"""Documents as bulk lines that can be cut apart: the body of a batch, checked before it is handed on.

OpenSearch answers some broken framing with 201, so a batch whose lines do not add up never leaves here.
"""

from collections.abc import Mapping
from itertools import repeat
from types import MappingProxyType
from typing import Any, Literal

import orjson

from shipper.model import Batch, Chunk, Reject, Sums

Operation = Literal["create", "index"]
_NEWLINE = frozenset(b"\n")


class BulkLines:
    """Collects one chunk's documents and rejects, in the order of its lines."""

    def __init__(self, chunk: Chunk, operation: Operation) -> None:
        self._chunk = chunk
        self._operation = operation
        self._lines: list[bytes] = []
        self._partitions: list[str] = []
        self._ordinals: list[int] = []
        self._rejects: list[Reject] = []
        self._headers: list[tuple[int, bytes]] = []

    def add(self, partition: str, document_id: str, document: Mapping[str, Any], ordinal: int) -> None:
        """One document; `ordinal` is its physical line's."""
        action = orjson.dumps({self._operation: {"_index": partition, "_id": document_id}})
        self._lines.append(b"%b\n%b\n" % (action, orjson.dumps(document)))
        self._partitions.append(partition)
        self._ordinals.append(ordinal)

    def reject(self, reject: Reject) -> None:
        """One record that cannot be framed."""
        self._rejects.append(reject)

    def header(self, ordinal: int, line: bytes) -> None:
        """A line that names the columns of those after it."""
        self._headers.append((ordinal, line))

    def batch(
        self,
        sums: Sums,
        unknown_columns: frozenset[str] = frozenset(),
        other_logs: Mapping[str, int] = MappingProxyType({}),
    ) -> Batch:
        """All of it, checked."""
        cuts = [0]
        for lines in self._lines:
            cuts.append(cuts[-1] + len(lines))
        body = b"".join(self._lines)
        check_framing(body, cuts, len(self._partitions))
        return Batch(
            chunk=self._chunk,
            body=body,
            cuts=tuple(cuts),
            partitions=tuple(self._partitions),
            ordinals=tuple(self._ordinals),
            rejects=tuple(self._rejects),
            headers=tuple(self._headers),
            sums=sums,
            unknown_columns=unknown_columns,
            other_logs=dict(other_logs),
        )


def check_framing(body: bytes, cuts: list[int], documents: int) -> None:
    """Every cut is a document of exactly two lines. Anything else is a bug of ours: raises RuntimeError."""
    whole = len(cuts) == documents + 1 and cuts[0] == 0 and cuts[-1] == len(body)
    if not whole or body.count(b"\n") != 2 * documents:
        raise RuntimeError(f"bulk body of {len(body)} bytes does not hold {documents} documents of two lines")
    lasts = [end - 1 for end in cuts[1:]]
    firsts = list(map(body.find, repeat(b"\n"), cuts, lasts))
    if min(firsts, default=0) >= 0 and set(map(body.__getitem__, lasts)) <= _NEWLINE:
        return  # two each, and no more in all
    for begin, first, last in zip(cuts, firsts, lasts, strict=False):
        if first < 0 or body[last] not in _NEWLINE:
            raise RuntimeError(f"bulk lines at bytes {begin} to {last + 1} are not one document")
