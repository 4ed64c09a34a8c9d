"""What is distinct among many rows, without sorting them."""

import numpy as np

from shipper.decoders.columnar.cells import Bytes, Cells, Flags, Ints, matrix

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_WORD_BYTES = 8


def distinct(contents: Bytes) -> tuple[Ints, Ints]:
    """Rows that differ from all others among them, and for each row which of these it equals.

    Rows meet in buckets of a hash table; each round settles those that equal their bucket's last.
    """
    words = np.ascontiguousarray(contents).view(np.uint64)
    mixed = np.zeros(len(contents), np.uint64)
    for word in words.T:
        mixed = (mixed ^ word) * _MULTIPLIER
        mixed ^= mixed >> np.uint64(32)
    size = 1 << max(len(contents) - 1, 1).bit_length() + 1
    equal = np.zeros(len(contents), np.int64)
    left = np.arange(len(contents))
    while len(left):
        bucket = (mixed[left] & np.uint64(size - 1)).astype(np.int64)
        table = np.empty(size, np.int64)
        table[bucket] = left
        model = table[bucket]
        settled = (words[left] == words[model]).all(axis=1)
        equal[left[settled]] = model[settled]
        left = left[~settled]
        mixed = mixed * _MULTIPLIER ^ mixed >> np.uint64(29)
    alone = equal == np.arange(len(contents))
    number = np.cumsum(alone) - 1
    return np.flatnonzero(alone), number[equal]


def distinct_texts(cells: Cells) -> tuple[list[str], Ints]:
    """The texts there are, and which is each row's."""
    width = -(-max(cells.widest, 1) // _WORD_BYTES) * _WORD_BYTES
    inside: Flags = np.arange(width)[:, None] < cells.lengths
    texts: Bytes = np.ascontiguousarray((matrix(cells.source, cells.starts, width) * inside).T)
    rows, codes = distinct(texts)
    return [bytes(texts[row]).rstrip(b"\0").decode("ascii") for row in rows.tolist()], codes
