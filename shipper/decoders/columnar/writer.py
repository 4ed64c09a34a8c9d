"""Rows put together piece by piece: all rows get their first piece, then all their second.

A cell is copied as a window as wide as the column's widest: what is copied too much is overwritten by the row's next
pieces. Where a row's own end is too near for that, the cell is copied at its own length.
"""

from collections.abc import Sequence

import numpy as np

from shipper.decoders.columnar.cells import WIDEST, Bytes, Cells, Ints, windows

Piece = bytes | Cells

_TOGETHER = 2048
"""So many rows stay near the processor while piece after piece is added."""


def lengths(pieces: Sequence[Piece], rows: int) -> Ints:
    """How long each row becomes."""
    found = np.zeros(rows, np.int64)
    for piece in pieces:
        found += len(piece) if isinstance(piece, bytes) else piece.lengths
    return found


def room(size: int) -> Bytes:
    """A buffer for rows of so many bytes together; windows may reach over its end."""
    return np.empty(size + WIDEST, np.uint8)


def write(out: Bytes, pieces: Sequence[Piece], starts: Ints, ends: Ints) -> None:
    """Write row i to `out[starts[i] : ends[i]]`; `out` came from `room`, `ends` are `starts` plus `lengths`."""
    for first in range(0, len(starts), _TOGETHER):
        some = slice(first, first + _TOGETHER)
        parts = [piece if isinstance(piece, bytes) else piece.part(some) for piece in pieces]
        _write(out, parts, starts[some].copy(), ends[some])


def _write(out: Bytes, pieces: Sequence[Piece], at: Ints, ends: Ints) -> None:
    """`at` is where each row's next piece goes."""
    narrowest = [len(piece) if isinstance(piece, bytes) else piece.narrowest for piece in pieces]
    left = sum(narrowest)
    for piece, least in zip(pieces, narrowest, strict=True):
        left -= least
        if isinstance(piece, bytes):
            _write_literal(out, piece, at)
            at += len(piece)
            continue
        if width := piece.widest:
            if width - least <= left:
                windows(out, width)[at] = windows(piece.source, width)[piece.starts]
            else:
                _write_near_end(out, piece, at, ends)
        at += piece.lengths


def _write_literal(out: Bytes, text: bytes, at: Ints) -> None:
    for begin in range(0, len(text), WIDEST):
        part = text[begin : begin + WIDEST]
        windows(out, len(part))[at + begin] = np.frombuffer(part, f"V{len(part)}")


def _write_near_end(out: Bytes, piece: Cells, at: Ints, ends: Ints) -> None:
    width = piece.widest
    near = at + width > ends
    far = np.flatnonzero(~near)
    windows(out, width)[at[far]] = windows(piece.source, width)[piece.starts[far]]
    for length in np.unique(piece.lengths[near]):
        if length:
            rows = np.flatnonzero(near & (piece.lengths == length))
            windows(out, int(length))[at[rows]] = windows(piece.source, int(length))[piece.starts[rows]]
