"""Rows put together piece by piece: all rows get their first piece, then all their second.

A cell is copied as a window as wide as the column's widest: what is copied too much is overwritten by the row's next
pieces, or reaches into the next row's beginning, which is written once more when all rows are there. Where a row's own
end is nearer than that, the cell is copied at its own length.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from shipper.decoders.columnar.cells import WIDEST, Bytes, Cells, Ints, Picked, windows

Piece = bytes | Cells | Picked

_TOGETHER = 1024
"""So many rows stay near the processor while piece after piece is added."""


def lengths(pieces: Sequence[Piece], rows: int) -> Ints:
    """How long each row becomes."""
    found = np.full(rows, sum(len(piece) for piece in pieces if isinstance(piece, bytes)), np.int64)
    picked: dict[int, tuple[Ints, Ints]] = {}
    for piece in pieces:
        if isinstance(piece, Cells):
            found += piece.lengths
        elif isinstance(piece, Picked):
            codes, sums = picked.get(id(piece.codes), (piece.codes, 0))
            picked[id(piece.codes)] = codes, sums + piece.cells.lengths
    for codes, sums in picked.values():
        found += sums[codes]
    return found


def room(size: int) -> Bytes:
    """A buffer for rows of so many bytes together; windows may reach over its end."""
    return np.empty(size + WIDEST, np.uint8)


def write(out: Bytes, pieces: Sequence[Piece], starts: Ints, ends: Ints, reach: int) -> None:
    """Write row i to `out[starts[i] : ends[i]]`; `out` came from `room`, `ends` are `starts` plus `lengths`.

    The first `reach` bytes behind a row may be gone until `begin_again`.
    """
    moves = list(_moves(out, pieces, reach))
    for first in range(0, len(starts), _TOGETHER):
        some = slice(first, first + _TOGETHER)
        at = starts[some].copy()
        for move in moves:
            at += move(at, some, ends[some])


Move = Callable[[Ints, slice, Ints], int | Ints]
"""Writes a piece of some rows where each is to stand; gives by how much each row grew. Takes the rows' ends, too."""


def _moves(out: Bytes, pieces: Sequence[Piece], reach: int) -> Iterator[Move]:
    narrowest = [len(piece) if isinstance(piece, bytes) else piece.narrowest for piece in pieces]
    left = sum(narrowest)
    for piece, least in zip(pieces, narrowest, strict=True):
        left -= least
        if isinstance(piece, bytes):
            for begin in range(0, len(piece), WIDEST):
                yield _literal(out, piece[begin : begin + WIDEST])
        elif width := piece.widest:
            if width - least > left + reach:
                yield _cells_near_ends(out, piece, width, reach)
            else:
                yield _cells(out, piece, width) if isinstance(piece, Cells) else _picked(out, piece, width)


def _literal(out: Bytes, text: bytes) -> Move:
    target, window = windows(out, len(text)), np.frombuffer(text, f"V{len(text)}")

    def move(at: Ints, _some: slice, _ends: Ints) -> int:
        target[at] = window
        return len(text)

    return move


def _cells(out: Bytes, piece: Cells, width: int) -> Move:
    target, source = windows(out, width), windows(piece.source, width)

    def move(at: Ints, some: slice, _ends: Ints) -> Ints:
        target[at] = source[piece.starts[some]]
        return piece.lengths[some]

    return move


def _picked(out: Bytes, piece: Picked, width: int) -> Move:
    target, texts = windows(out, width), windows(piece.cells.source, width)[piece.cells.starts]

    def move(at: Ints, some: slice, _ends: Ints) -> Ints:
        codes = piece.codes[some]
        target[at] = texts[codes]
        return piece.cells.lengths[codes]

    return move


def _cells_near_ends(out: Bytes, piece: Cells | Picked, width: int, reach: int) -> Move:
    """For rows whose end is too near: they are copied at their own length."""
    target, source = windows(out, width), windows(_source(piece), width)

    def move(at: Ints, some: slice, ends: Ints) -> Ints:
        cells = piece.some(some)
        near = at + width > ends + reach
        target[at[~near]] = source[cells.starts[~near]]
        for size in np.unique(cells.lengths[near]).tolist():
            rows = np.flatnonzero(near & (cells.lengths == size))
            if size:
                windows(out, size)[at[rows]] = windows(cells.source, size)[cells.starts[rows]]
        return cells.lengths

    return move


def _source(piece: Cells | Picked) -> Bytes:
    return piece.source if isinstance(piece, Cells) else piece.cells.source


def begin_again(out: Bytes, starts: Ints, text: bytes) -> None:
    """Rows that all begin with this get their first bytes back."""
    _literal(out, text)(starts, slice(None), starts)
