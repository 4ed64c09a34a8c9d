"""Texts in rows, without an object for each: where each begins in one buffer of bytes, and how long it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Windows = NDArray[np.void]

WIDEST = 512
"""No cell is longer: rows are moved in windows as wide as a column's widest cell."""

BEFORE, BEHIND = 32, WIDEST
"""Bytes that may be read before the first and behind the last cell of `framed` text: windows reach over."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """One text per row: `source[start : start + length]`. Windows of `widest` bytes may be read at every start."""

    source: Bytes
    starts: Ints
    lengths: Ints

    @property
    def widest(self) -> int:
        """The most bytes a cell has."""
        return int(self.lengths.max(initial=0))

    @property
    def narrowest(self) -> int:
        """The fewest bytes a cell has."""
        return int(self.lengths.min(initial=WIDEST))

    def take(self, rows: Ints) -> "Cells":
        """These rows only."""
        return Cells(self.source, self.starts[rows], self.lengths[rows])

    def only(self, present: Flags) -> "Cells":
        """Empty where not present."""
        return Cells(self.source, self.starts, self.lengths * present)

    def ends_with_digits(self, width: int) -> Bytes:
        """The last `width` bytes before each end, as (width, rows): what is left of a start is not the cell's."""
        return matrix(self.source, self.starts + self.lengths - width, width)


def framed(text: bytes) -> Bytes:
    """Text that windows may reach over; its first byte is at BEFORE."""
    return np.frombuffer(b"".join((b" " * BEFORE, text, b"\0" * BEHIND)), np.uint8)


def windows(source: Bytes, width: int) -> Windows:
    """Every run of `width` bytes, as a view that overlaps itself: one move copies a whole window."""
    return np.ndarray((len(source) - width + 1,), f"V{width}", buffer=source, strides=(1,))


def matrix(source: Bytes, starts: Ints, width: int) -> Bytes:
    """Windows as (width, rows): byte by byte over all rows."""
    if not width:
        return np.empty((0, len(starts)), np.uint8)
    return np.ascontiguousarray(windows(source, width)[starts].view(np.uint8).reshape(-1, width).T)


def fixed(table: Bytes, codes: Ints) -> Cells:
    """Row `code` of a table of texts of one length."""
    entries, width = table.shape
    source = table.reshape(-1) if entries else np.zeros(max(width, 1), np.uint8)
    return Cells(source, codes * width, np.full(len(codes), width, np.int64))


def choice(options: Sequence[bytes], codes: Ints) -> Cells:
    """Option `code` for each row."""
    lengths = np.array([len(option) for option in options], np.int64)
    starts = np.cumsum(lengths) - lengths
    source = np.frombuffer(b"".join(options) + b"\0" * int(lengths.max(initial=0)), np.uint8)
    return Cells(source, starts[codes], lengths[codes])


def literal(text: bytes, present: Flags) -> Cells:
    """One text where present, nothing elsewhere."""
    return Cells(np.frombuffer(text, np.uint8), np.zeros(len(present), np.int64), present * np.int64(len(text)))


def lowered(cells: Cells) -> Cells:
    """ASCII capitals in lower case."""
    width = max(cells.widest, 1)
    texts = windows(cells.source, width)[cells.starts].view(np.uint8)
    capitals = (texts - np.uint8(65)) < 26
    return Cells(texts | (capitals * np.uint8(32)), np.arange(len(cells.starts)) * width, cells.lengths)


def equals(cells: Cells, text: bytes) -> Flags:
    """Which cells are this text."""
    found: Flags = cells.lengths == len(text)
    rows = np.flatnonzero(found)
    if len(rows):
        wanted = np.frombuffer(text, np.uint8)
        found[rows] = (matrix(cells.source, cells.starts[rows], len(text)) == wanted[:, None]).all(axis=0)
    return found


def same(one: Cells, other: Cells) -> Flags:
    """Which rows hold the same text in both."""
    found: Flags = one.lengths == other.lengths
    rows = np.flatnonzero(found)
    width = int(one.lengths[rows].max(initial=0))
    beyond = np.arange(width)[:, None] >= one.lengths[rows]
    left, right = matrix(one.source, one.starts[rows], width), matrix(other.source, other.starts[rows], width)
    found[rows] = ((left == right) | beyond).all(axis=0)
    return found
