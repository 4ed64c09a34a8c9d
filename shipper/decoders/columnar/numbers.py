"""Decimals as text → checked values, and ordinals → base 36. Canonical decimals only: see `flow_log_values.number`."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from shipper.decoders.columnar.cells import WORD, Cells, Flags, Ints, word_at
from shipper.identity import BASE36

SURE_DIGITS = 18
"""So many digits always fit 63 bits."""

Numbers = NDArray[np.uint64]

_NEVER = (1 << 63) - 1
_ZEROS = np.uint64(0x3030303030303030)
_OVER_NINE, _HIGH_BITS = np.uint64(0x7676767676767676), np.uint64(0x8080808080808080)
_LAST_BYTES = np.array([-(1 << 8 * (WORD - size)) % (1 << 64) for size in range(WORD + 1)], np.uint64)
_ZERO = 48
_FOLDS = (
    (np.uint64(10), np.uint64(8), np.uint64(0x00FF00FF00FF00FF)),
    (np.uint64(100), np.uint64(16), np.uint64(0x0000FFFF0000FFFF)),
    (np.uint64(10_000), np.uint64(32), np.uint64(0x00000000FFFFFFFF)),
)


def decimals(cells: Cells, most_digits: int) -> tuple[Flags, Ints]:
    """Which cells are canonical decimals of at most so many digits, and their values (zero elsewhere).

    Eight digits are read as one number, its digits added up in pairs of neighbours. A leading zero shows in a value
    that is too small for its length.
    """
    values, strange = np.zeros(len(cells.starts), np.uint64), np.zeros(len(cells.starts), np.uint64)
    for place, digits in _digits(cells, most_digits):
        strange |= digits + _OVER_NINE | digits
        values += _folded(digits) * np.uint64(10**place) if place else _folded(digits)
    found = values.view(np.int64)
    good: Flags = (strange & _HIGH_BITS) == 0
    good &= found >= _least(most_digits)[np.minimum(cells.lengths, most_digits + 1)]
    if cells.widest > most_digits:
        good &= cells.lengths <= most_digits
    return good, found if good.all() else found * good


def canonical(cells: Cells, most_digits: int = SURE_DIGITS) -> Flags:
    """Which cells are canonical decimals of at most so many digits."""
    strange = np.zeros(len(cells.starts), np.uint64)
    for _, digits in _digits(cells, most_digits):
        strange |= digits + _OVER_NINE | digits
    good: Flags = (strange & _HIGH_BITS) == 0
    good &= (cells.source[cells.starts] != _ZERO) | (cells.lengths == 1)
    return good & (cells.lengths > 0) & (cells.lengths <= most_digits)


def _digits(cells: Cells, most_digits: int) -> Iterator[tuple[int, Numbers]]:
    """Eight digits at a time, zeros before the first; the last eight first, and how many digits come after them."""
    ends = cells.starts + cells.lengths
    for place in range(0, min(cells.widest, most_digits), WORD):
        inside = np.clip(cells.lengths - place, 0, WORD)
        yield place, (word_at(cells.source, ends - (place + WORD)) ^ _ZEROS) & _LAST_BYTES[inside]


def _folded(digits: Numbers) -> Numbers:
    """The value of eight digits, the first in the lowest byte."""
    for factor, shift, mask in _FOLDS:
        pairs = digits * factor
        pairs += digits >> shift
        pairs &= mask
        digits = pairs
    return digits


@lru_cache(maxsize=32)
def _least(most_digits: int) -> Ints:
    """By length: the least value without a leading zero."""
    return np.array([_NEVER, 0, *(10**size for size in range(1, most_digits)), _NEVER], np.int64)


def base36(numbers: Ints) -> Cells:
    """Non-negative numbers in base 36, lower case, without padding."""
    digits = np.frombuffer(BASE36.encode("ascii"), np.uint8)
    width, rest = 1, int(numbers.max(initial=0)) // 36
    while rest:
        width, rest = width + 1, rest // 36
    texts = np.empty((len(numbers) + 1, width), np.uint8)  # one more, so that windows may reach over
    lengths = np.ones(len(numbers), np.int64)
    left = numbers
    for place in range(width - 1, -1, -1):
        left, digit = np.divmod(left, 36)
        texts[:-1, place] = digits[digit]
        lengths += left > 0
    return Cells(texts.reshape(-1), np.arange(1, len(numbers) + 1) * width - lengths, lengths)
