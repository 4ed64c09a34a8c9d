"""Documents as bulk lines that can be cut apart: the body of a batch, checked before it is handed on.

OpenSearch answers some broken framing with 201, so a batch whose lines do not add up never leaves here.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import orjson
from numpy.typing import NDArray

from shipper.model import Batch, Chunk, Reject, Sums

Operation = Literal["create", "index"]
_LF = 0x0A
_LOOK_BYTES = 1 << 16
_FEW = 16  # numpy costs more than it saves for fewer, most of all where other threads wait for the interpreter


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


def check_framing(body: bytes, cuts: list[int], documents: int, actions: Sequence[int] | None = None) -> None:
    """Every cut is a document of exactly two lines. Anything else is a bug of ours: raises RuntimeError.

    `actions` are the lengths of the first lines; without them they are looked for.
    """
    if len(cuts) != documents + 1 or cuts[0] != 0 or cuts[-1] != len(body):
        raise RuntimeError(f"bulk body of {len(body)} bytes does not hold {documents} documents of two lines")
    if documents < _FEW:
        checked = all(body.count(b"\n", begin, end) == 2 and body[end - 1] == _LF for begin, end in pairwise(cuts))
    else:
        if actions is None:
            actions = [body.find(b"\n", begin) + 1 - begin for begin in cuts[:-1]]
        checked = _of_two_lines(np.frombuffer(body, np.uint8), np.array(cuts), np.array(actions, np.int64))
    if not checked:
        raise RuntimeError(f"bulk body of {len(body)} bytes does not hold {documents} documents of two lines")


def _of_two_lines(body: NDArray[np.uint8], cuts: NDArray[np.int64], actions: NDArray[np.int64]) -> bool:
    """Whether there are line ends where two lines of each document end, and no others."""
    ends, firsts = cuts[1:], cuts[:-1] + actions
    looks = (body[at : at + _LOOK_BYTES] for at in range(0, len(body), _LOOK_BYTES))
    return bool(
        sum(int(np.count_nonzero(some == _LF)) for some in looks) == 2 * len(ends)
        and (firsts < ends).all()
        and (body[ends - 1] == _LF).all()
        and (body[firsts - 1] == _LF).all()
    )
