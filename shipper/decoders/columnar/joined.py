"""Parts of documents as pieces for the writer: everything between two cells is one piece.

A part that some rows lack, or a word of a few, makes a piece differ from row to row, but only in a few ways: each way
is put together once, and a row says which is its.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from shipper.decoders.columnar.cells import Cells, Flags, Ints, Words, choice
from shipper.decoders.columnar.writer import Piece

Presence = Flags | None
"""In which rows; None is everywhere, or all that the whole it belongs to is in."""

Part = tuple[bytes | Cells | Words, Presence]

_MOST_CODES = 1 << 12
"""Codes are made small again before more of them are combined."""


def joined(parts: Sequence[Part], rows: int) -> list[Piece]:
    """The same text in fewer pieces."""
    found: list[Piece] = []
    between: list[tuple[bytes | Words, Presence]] = []
    for piece, present in parts:
        if not isinstance(piece, Cells):
            between.append((piece, present))
            continue
        found += _ready(between, rows)
        between = []
        found.append(piece if present is None else piece.only(present))
    return [*found, *_ready(between, rows)]


def _ready(parts: Sequence[tuple[bytes | Words, Presence]], rows: int) -> Iterator[Piece]:
    """Nothing, one text, or one of a few."""
    literals = [piece for piece, present in parts if isinstance(piece, bytes) and present is None]
    if len(literals) == len(parts):
        if literals:
            yield b"".join(literals)
        return
    codes, models = _ways(parts, rows)
    options = [b"".join(_texts(parts, model)) for model in models]
    yield choice(options, codes) if len(options) > 1 else options[0]


def _texts(parts: Sequence[tuple[bytes | Words, Presence]], row: int) -> Iterator[bytes]:
    for piece, present in parts:
        if present is None or present[row]:
            yield piece if isinstance(piece, bytes) else piece.options[piece.codes[row]]


def _ways(parts: Sequence[tuple[bytes | Words, Presence]], rows: int) -> tuple[Ints, list[int]]:
    """In which way each row is put together, and a row of each."""
    codes, size = np.zeros(rows, np.int64), 1
    flags = {id(present): present for _, present in parts if present is not None}
    words = {id(piece.codes): piece for piece, _ in parts if isinstance(piece, Words)}
    variables = [*_bits([*flags.values()]), *((word.codes, len(word.options)) for word in words.values())]
    for values, count in variables:
        if size * count > _MOST_CODES:
            codes, size = _small(codes, size)
        codes = codes * count + values if size > 1 else values
        size *= count
    codes, size = _small(codes, size)
    models = np.zeros(size, np.int64)
    models[codes] = np.arange(rows)
    return codes, models.tolist()


def _bits(flags: Sequence[Flags]) -> Iterator[tuple[Ints, int]]:
    """Which of these each row has, as numbers, and how many numbers there are."""
    for first in range(0, len(flags), 8):
        word = flags[first].view(np.uint8).copy()
        for at, present in enumerate(flags[first + 1 : first + 8], 1):
            word |= present.view(np.uint8) << np.uint8(at)
        yield word.astype(np.int64), 1 << min(len(flags) - first, 8)


def _small(codes: Ints, size: int) -> tuple[Ints, int]:
    """The same distinctions with as few numbers as there are."""
    used = np.flatnonzero(np.bincount(codes, minlength=size))
    numbers = np.zeros(size, np.int64)
    numbers[used] = np.arange(len(used))
    return numbers[codes], len(used)
