"""Decimals as text → checked values, and ordinals → base 36. Canonical decimals only: see `flow_log_values.number`."""

import numpy as np

from shipper.decoders.columnar.cells import Bytes, Cells, Flags, Ints
from shipper.identity import BASE36

SURE_DIGITS = 18
"""So many digits always fit 63 bits."""

_ZERO = np.uint8(48)


def decimals(cells: Cells, most_digits: int) -> tuple[Flags, Ints]:
    """Which cells are canonical decimals of at most so many digits, and their values (zero elsewhere)."""
    good, digits = _digits(cells, most_digits)
    values = np.zeros(len(good), np.int64)
    for row in digits:
        values *= 10
        values += row
    return good, values * good


def canonical(cells: Cells, most_digits: int = SURE_DIGITS) -> Flags:
    """Which cells are canonical decimals of at most so many digits."""
    return _digits(cells, most_digits)[0]


def _digits(cells: Cells, most_digits: int) -> tuple[Flags, Bytes]:
    """Which cells are canonical, and their digits as (place, row), zeros on the left."""
    width = min(cells.widest, most_digits)
    lengths = np.minimum(cells.lengths, 255).astype(np.uint8)
    good: Flags = (lengths > 0) & (lengths <= width)
    digits = cells.ends_with_digits(width) - _ZERO
    for place in range(width):
        inside = lengths >= width - place
        digits[place] *= inside
        good &= digits[place] < 10
    good &= (cells.source[cells.starts] != _ZERO) | (lengths == 1)
    return good, digits


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
