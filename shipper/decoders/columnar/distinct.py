"""What is distinct among many rows, without sorting them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shipper.decoders.columnar.cells import WORD, Bytes, Cells, Flags, Ints, Words, matrix, word_at

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SEED = np.uint64(0xD1B54A32D192ED03)

MOST_WORDS = 12
"""A column of more texts is no column of words."""

_LOOK_ROWS = 32
"""So many rows often tell that a column has too many."""

_BUCKET_BITS = 12
_NOBODY = -1
_SHIFTS = np.array([8 * (WORD - size) % 64 for size in range(WORD + 1)], np.uint64)


def distinct(contents: Bytes) -> tuple[Ints, Ints]:
    """Rows that differ from all others among them, and for each row which of these it equals."""
    return distinct_numbers(
        [np.ascontiguousarray(column) for column in np.ascontiguousarray(contents).view(np.uint64).T]
    )


def distinct_numbers(columns: Sequence[NDArray[np.uint64]]) -> tuple[Ints, Ints]:
    """The same for rows of a few numbers each.

    Rows meet in buckets of a hash table; each round settles those that equal their bucket's last.
    """
    rows = len(columns[0])
    mixed = _mixed(columns)
    shift = np.uint64(63 - max(rows - 1, 1).bit_length())
    table = np.empty(1 << 64 - int(shift), np.int64)
    equal = np.empty(rows, np.int64)
    left, own = np.arange(rows), columns
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
    alone = equal == np.arange(rows)
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
    width = -(-max(cells.widest, 1) // WORD) * WORD
    inside: Flags = np.arange(width)[:, None] < cells.lengths
    texts: Bytes = np.ascontiguousarray((matrix(cells.source, cells.starts, width) * inside).T)
    rows, codes = distinct(texts)
    return [bytes(texts[row]).rstrip(b"\0").decode("ascii") for row in rows.tolist()], codes


def words(cells: Cells) -> Words | None:
    """A column of few texts; None if there are more, or if two cannot be told apart by ends and length."""
    look = cells.some(slice(None, None, len(cells.starts) // _LOOK_ROWS + 1))
    if len(set(zip(_tails(look).tolist(), look.lengths.tolist(), strict=True))) > MOST_WORDS:
        return None
    tails = _tails(cells)
    if cells.narrowest == cells.widest and (tails == tails[0]).all():
        codes = np.zeros(len(tails), np.int64)
        if _are_models(cells, tails, codes[:1], codes):
            return Words([cells.text(0)], codes)
    ends = [tails, _heads(cells)] if cells.widest > WORD else [tails]
    mixed = _mixed([*ends, cells.lengths.astype(np.uint64)])
    buckets = (mixed >> np.uint64(64 - _BUCKET_BITS)).view(np.int64)
    table = np.full(1 << _BUCKET_BITS, _NOBODY, np.int64)
    table[buckets] = np.arange(len(buckets))
    used = np.flatnonzero(table != _NOBODY)
    if len(used) > MOST_WORDS:
        return None
    models = table[used]
    table[used] = np.arange(len(used))
    codes = table[buckets]
    if not _are_models(cells, tails, models, codes):
        return None
    return Words([cells.text(row) for row in models.tolist()], codes)


def _tails(cells: Cells) -> NDArray[np.uint64]:
    """The last bytes of each cell as a number: of a cell of up to eight bytes all there is to know."""
    found = word_at(cells.source, cells.starts + (cells.lengths - WORD))
    if cells.narrowest < WORD:
        found >>= _SHIFTS[np.minimum(cells.lengths, WORD)]
    return found


def _heads(cells: Cells) -> NDArray[np.uint64]:
    """The first bytes of each cell that has more than `_tails` tells."""
    return word_at(cells.source, cells.starts) * (cells.lengths > WORD)


def _are_models(cells: Cells, tails: NDArray[np.uint64], models: Ints, codes: Ints) -> bool:
    """Whether every row's text is that of its model."""
    if (tails != tails[models][codes]).any() or (cells.lengths != cells.lengths[models][codes]).any():
        return False
    for place in range(0, cells.widest - WORD, WORD):
        places = cells.starts + np.clip(cells.lengths - WORD, 0, place)
        some = word_at(cells.source, places)
        if ((some != some[models][codes]) & (cells.lengths > WORD)).any():
            return False
    return True
