"""Parts of documents as pieces for the writer: everything between two cells is one piece.

A part that some rows lack, or a word of a few, makes a piece differ from kind to kind of rows (see `kinds`), but only
in a few ways: each way is put together once, and a row's kind says which is its.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from shipper.decoders.columnar.cells import Cells, Flags, Ints, Picked, Words, choice
from shipper.decoders.columnar.writer import Piece

Presence = Flags | None
"""In which rows; None is everywhere, or all that the whole it belongs to is in."""

Part = tuple[bytes | Cells | Words, Presence]

_MOST_CODES = 1 << 12
"""Codes are made small again before more of them are combined."""


@dataclass(frozen=True, slots=True, eq=False)
class Each:
    """A cell of each row, in those kinds of rows that have it."""

    cells: Cells
    present: Presence


ByKind = bytes | Cells | Each
"""A piece of rows of some kinds: the same for all, a text for each kind, or a cell of each row."""


def joined(parts: Sequence[Part], kinds: int) -> list[ByKind]:
    """The same text in fewer pieces. Words and presence in `parts` are by kind, cells are of all rows."""
    found: list[ByKind] = []
    between: list[tuple[bytes | Words, Presence]] = []
    for piece, present in parts:
        if not isinstance(piece, Cells):
            between.append((piece, present))
            continue
        found += _ready(between, kinds)
        between = []
        found.append(Each(piece, present))
    return [*found, *_ready(between, kinds)]


def spread(pieces: Sequence[ByKind], rows: Ints, codes: Ints) -> list[Piece]:
    """Pieces of these rows, which are of kinds `codes`."""
    return [_spread(piece, rows, codes) for piece in pieces]


def _spread(piece: ByKind, rows: Ints, codes: Ints) -> Piece:
    if isinstance(piece, Each):
        cells = piece.cells.take(rows)
        return cells if piece.present is None else cells.only(piece.present[codes])
    return piece if isinstance(piece, bytes) else Picked(piece, codes)


def _ready(parts: Sequence[tuple[bytes | Words, Presence]], rows: int) -> Iterator[bytes | Cells]:
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
