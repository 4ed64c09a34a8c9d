"""What is distinct among many rows, without sorting them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shipper.decoders.columnar.cells import Bytes, Cells, Flags, Ints, Words, equals, matrix

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SEED = np.uint64(0xD1B54A32D192ED03)
_WORD_BYTES = 8

MOST_WORDS = 12
"""A column of more texts is no column of words."""

_LOOK_ROWS = 32
"""So many rows often tell that a column has too many."""


def distinct(contents: Bytes) -> tuple[Ints, Ints]:
    """Rows that differ from all others among them, and for each row which of these it equals.

    Rows meet in buckets of a hash table; each round settles those that equal their bucket's last.
    """
    columns = [np.ascontiguousarray(column) for column in np.ascontiguousarray(contents).view(np.uint64).T]
    mixed = _mixed(columns)
    shift = np.uint64(63 - max(len(contents) - 1, 1).bit_length())
    table = np.empty(1 << 64 - int(shift), np.int64)
    equal = np.empty(len(contents), np.int64)
    left, own = np.arange(len(contents)), columns
    while len(left):
        bucket = (mixed >> shift).view(np.int64)
        table[bucket] = left
        model = table[bucket]
        settled = own[0] == columns[0][model]
        for mine, column in zip(own[1:], columns[1:], strict=True):
            settled &= mine == column[model]
        equal[left] = model
        rest = np.flatnonzero(~settled)
        left, mixed = left[rest], _mixed([mixed[rest]])
        own = [mine[rest] for mine in own]
    alone = equal == np.arange(len(contents))
    number = np.cumsum(alone) - 1
    return np.flatnonzero(alone), number[equal]


def _mixed(columns: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """Every bit of a row's words tells on the high bits of its number."""
    found = np.full(len(columns[0]), _SEED, np.uint64)
    for column in columns:
        found = (found ^ column) * _MULTIPLIER
        found ^= found >> np.uint64(32)
    return found * _MULTIPLIER


def distinct_texts(cells: Cells) -> tuple[list[str], Ints]:
    """The texts there are, and which is each row's."""
    width = -(-max(cells.widest, 1) // _WORD_BYTES) * _WORD_BYTES
    inside: Flags = np.arange(width)[:, None] < cells.lengths
    texts: Bytes = np.ascontiguousarray((matrix(cells.source, cells.starts, width) * inside).T)
    rows, codes = distinct(texts)
    return [bytes(texts[row]).rstrip(b"\0").decode("ascii") for row in rows.tolist()], codes


def words(cells: Cells) -> Words | None:
    """A column of few texts; None if there are more."""
    rows = len(cells.starts)
    if len({cells.text(row) for row in range(0, rows, rows // _LOOK_ROWS + 1)}) > MOST_WORDS:
        return None
    options: list[bytes] = []
    codes = np.zeros(rows, np.int64)
    left = np.arange(rows)
    while len(left):
        if len(options) == MOST_WORDS:
            return None
        some = cells if len(left) == rows else cells.take(left)
        options.append(some.text(0))
        found = equals(some, options[-1])
        codes[left[found]] = len(options) - 1
        left = left[~found]
    return Words(options, codes)
