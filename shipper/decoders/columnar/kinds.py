"""Rows by kind: rows of a kind have the same parts and the same words in them, and differ in their cells only.

A few hundred kinds stand for the rows of a chunk, so what depends on nothing but the kind is done once for each.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shipper.decoders.columnar.cells import Flags, Ints, Words
from shipper.decoders.columnar.distinct import distinct_numbers
from shipper.decoders.columnar.joined import Part

Numbers = NDArray[np.uint64]

_BITS = 64
_FLAGS_TOGETHER = 8


@dataclass(frozen=True, slots=True, eq=False)
class Kinds:
    """`rows[i]` is of kind `codes[i]`; `models` are a row of each kind."""

    rows: Ints
    codes: Ints
    models: Ints


def kinds(parts: Iterable[Part], rows: Ints) -> Kinds:
    """The kinds of these rows, by which of the parts each has and which words."""
    flags: dict[int, Flags] = {}
    words: dict[int, Words] = {}
    for piece, present in parts:
        if present is not None:
            flags[id(present)] = present
        if isinstance(piece, Words):
            words[id(piece.codes)] = piece
    columns = [column[rows] for column in _numbers([*flags.values()], [*words.values()])]
    if not columns:
        return Kinds(rows, np.zeros(len(rows), np.int64), rows[:1])
    alone, codes = distinct_numbers(columns)
    return Kinds(rows, codes, rows[alone])


def _numbers(flags: Sequence[Flags], words: Sequence[Words]) -> Iterator[Numbers]:
    """All of it in as few numbers a row as it takes."""
    found, used = None, 0
    for values, bits in (*_packed(flags), *((word.codes, (len(word.options) - 1).bit_length()) for word in words)):
        if found is not None and used + bits > _BITS:
            yield found
            found, used = None, 0
        found = values.astype(np.uint64) if found is None else found << np.uint64(bits) | values.view(np.uint64)
        used += bits
    if found is not None:
        yield found


def _packed(flags: Sequence[Flags]) -> Iterator[tuple[Ints, int]]:
    """Which of these each row has, as numbers, and how many bits these take."""
    for first in range(0, len(flags), _FLAGS_TOGETHER):
        some = flags[first : first + _FLAGS_TOGETHER]
        number = some[0].view(np.uint8).copy()
        for at, present in enumerate(some[1:], 1):
            number |= present.view(np.uint8) << np.uint8(at)
        yield number.astype(np.int64), len(some)
