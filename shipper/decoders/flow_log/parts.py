"""A chunk's batch from parts that were decoded apart: rows in columns, and batches of the exact path between them.

Every line has at most one document, so what a line's document takes tells where all of them stand.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from os.path import commonprefix
from typing import cast

import numpy as np

from shipper.decoders.bulk_lines import Operation
from shipper.decoders.columnar import writer
from shipper.decoders.columnar.cells import WIDEST, Bytes, Ints
from shipper.decoders.flow_log.column_rows import Rows
from shipper.model import Batch, Chunk, Reject, Sums

_LF = 0x0A
_LOOK_BYTES = 1 << 17


class Parts:
    """Collects the parts of one chunk, in any order."""

    def __init__(self, chunk: Chunk, lines: int, operation: Operation) -> None:
        self._chunk = chunk
        self._operation = operation
        self._lengths: Ints = np.zeros(lines, np.int64)
        self._actions: Ints = np.zeros(lines, np.int64)
        self._codes: Ints = np.zeros(lines, np.int64)
        self._names: dict[str, int] = {}
        self._rows: list[tuple[Rows, Ints]] = []
        self._batches: list[tuple[Batch, Ints]] = []
        self._rejects: list[Reject] = []
        self._other_logs: Counter[str] = Counter()
        self.headers: list[tuple[int, bytes]] = []
        self.sums = Sums()
        self.unknown_columns: frozenset[str] = frozenset()

    def add_rows(self, rows: Rows, lines: Ints) -> None:
        """Rows, and the line of each row of their table."""
        codes = np.array([self._code(name) for name in rows.partitions], np.int64)
        mine = lines[rows.rows]
        self._lengths[mine] = rows.lengths
        self._actions[mine] = rows.actions
        self._codes[mine] = codes[rows.codes]
        self._rows.append((rows, lines))

    def add_batch(self, batch: Batch) -> None:
        """What the exact path made of some of the lines."""
        if batch.ordinals:
            self._add_documents(batch)
        self._rejects += batch.rejects
        self.sums += batch.sums
        self.unknown_columns |= batch.unknown_columns
        self._other_logs.update(batch.other_logs)

    def _add_documents(self, batch: Batch) -> None:
        lines = np.array(batch.ordinals, np.int64) - self._chunk.first_ordinal
        self._lengths[lines] = np.diff(np.array(batch.cuts, np.int64))
        self._actions[lines] = [bytes(batch.body[cut:end]).index(b"\n") + 1 for cut, end in pairwise(batch.cuts)]
        self._codes[lines] = [self._code(name) for name in batch.partitions]
        self._batches.append((batch, lines))

    def batch(self) -> Batch:
        """All of it, checked."""
        ends = np.cumsum(self._lengths)
        size = int(ends[-1])
        out = writer.room(size)
        prefix = self._begin()
        for rows, lines in self._rows:
            rows.write(out, ends[lines], len(prefix))
        for batch, lines in self._batches:
            body = np.frombuffer(batch.body, np.uint8)
            for number, end in enumerate(ends[lines]):
                begin, length = batch.cuts[number], batch.cuts[number + 1] - batch.cuts[number]
                out[end - length : end] = body[begin : begin + length]
        documents = np.flatnonzero(self._lengths)
        if len(documents):
            writer.begin_again(out, ends[documents] - self._lengths[documents], prefix)
        firsts = ends[documents] - self._lengths[documents] + self._actions[documents]
        check_framing(out[:size], firsts, ends[documents])
        return Batch(
            chunk=self._chunk,
            body=out[:size].data,
            cuts=[0, *ends[documents].tolist()],
            partitions=self._partitions(documents),
            ordinals=self._ordinals(documents),
            rejects=sorted(self._rejects, key=lambda reject: reject.ordinal),
            headers=self.headers,
            sums=self.sums,
            unknown_columns=self.unknown_columns,
            other_logs=dict(self._other_logs),
        )

    def _begin(self) -> bytes:
        """What all action lines begin with. The exact path gives events of CloudWatch ids of their own."""
        identity = "" if self._batches else self._chunk.identity
        begins = [f'{{"{self._operation}":{{"_index":"{name}","_id":"{identity}' for name in self._names]
        return commonprefix(begins).encode("ascii")[:WIDEST]  # noqa: RUF071  (texts, no paths)

    def _code(self, name: str) -> int:
        return self._names.setdefault(name, len(self._names))

    def _ordinals(self, documents: Ints) -> Sequence[int]:
        first = self._chunk.first_ordinal
        if len(documents) == len(self._lengths):
            return range(first, first + len(documents))
        return cast("list[int]", (documents + first).tolist())

    def _partitions(self, documents: Ints) -> Sequence[str]:
        names = list(self._names)
        codes = self._codes[documents]
        if len(codes) and (codes == codes[0]).all():
            return (names[codes[0]],) * len(codes)
        return [names[code] for code in codes.tolist()]


def check_framing(body: Bytes, firsts: Ints, ends: Ints) -> None:
    """Every document is two lines, which end at `firsts` and `ends`. Anything else is a bug of ours: RuntimeError."""
    looks = (body[at : at + _LOOK_BYTES] for at in range(0, len(body), _LOOK_BYTES))
    found = sum(int(np.count_nonzero(some == _LF)) for some in looks)
    if found != 2 * len(ends) or (body[firsts - 1] != _LF).any() or (body[ends - 1] != _LF).any():
        raise RuntimeError(f"bulk body of {len(body)} bytes does not hold {len(ends)} documents of two lines")
