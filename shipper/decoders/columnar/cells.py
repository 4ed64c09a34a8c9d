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

    def some(self, rows: slice) -> "Cells":
        """Some rows' cells."""
        return Cells(self.source, self.starts[rows], self.lengths[rows])

    def text(self, row: int) -> bytes:
        """One row's."""
        start = int(self.starts[row])
        return self.source[start : start + int(self.lengths[row])].tobytes()

    def only(self, present: Flags) -> "Cells":
        """Empty where not present."""
        return Cells(self.source, self.starts, self.lengths * present)


@dataclass(frozen=True, slots=True, eq=False)
class Picked:
    """One of a few texts per row: cell `codes[row]` of `cells`."""

    cells: Cells
    codes: Ints

    @property
    def widest(self) -> int:
        """The most bytes a text has."""
        return self.cells.widest

    @property
    def narrowest(self) -> int:
        """The fewest bytes a text has."""
        return self.cells.narrowest

    def some(self, rows: slice) -> Cells:
        """Some rows' texts."""
        return self.cells.take(self.codes[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """One of a few texts per row: `options[codes[row]]`."""

    options: Sequence[bytes]
    codes: Ints

    def take(self, rows: Ints) -> "Words":
        """These rows only."""
        return Words(self.options, self.codes[rows])


WORD = 8
"""Bytes of a number that stands for a piece of text."""

_FEW = 4
"""Where one in so many rows or less is left, these are looked at by themselves."""

_MASKS = np.array([(1 << 8 * size) - 1 for size in range(WORD + 1)], np.uint64)  # little-endian: the first bytes


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


def lowered(cells: Cells) -> Cells:
    """ASCII capitals in lower case."""
    width = max(cells.widest, 1)
    texts = windows(cells.source, width)[cells.starts].view(np.uint8)
    capitals = (texts - np.uint8(65)) < 26
    source = np.zeros(WORD + len(texts) + WORD, np.uint8)  # words may be read before the first and at the last start
    np.bitwise_or(texts, capitals * np.uint8(32), out=source[WORD : WORD + len(texts)])
    return Cells(source, np.arange(len(cells.starts)) * width + WORD, cells.lengths)


def equals(cells: Cells, text: bytes) -> Flags:
    """Which cells are this text."""
    size = len(text)
    found: Flags = cells.lengths == size
    count = np.count_nonzero(found)
    if not count:
        return found
    if _FEW * count < len(found):
        rows = np.flatnonzero(found)
        found[rows] = _begins_with(cells.source, cells.starts[rows], text)
        return found
    return found & _begins_with(cells.source, cells.starts, text)


def _begins_with(source: Bytes, starts: Ints, text: bytes) -> Flags:
    size = len(text)
    if size == 1:
        found: Flags = source[starts] == text[0]
        return found
    found = np.ones(len(starts), np.bool_)
    for place in (*range(0, size - WORD, WORD), max(size - WORD, 0)):
        some = text[place : place + WORD]
        wanted = np.frombuffer(some.ljust(WORD, b"\0"), np.uint64)
        found &= word_at(source, starts + place if place else starts, len(some)) == wanted
    return found


def word_at(source: Bytes, places: Ints, size: int = WORD) -> NDArray[np.uint64]:
    """Up to eight bytes from each of these places on, as a number."""
    found = windows(source, WORD)[places].view(np.uint64)
    return found if size == WORD else found & _MASKS[size]


def same(one: Cells, other: Cells) -> Flags:
    """Which rows hold the same text in both."""
    found: Flags = one.lengths == other.lengths
    rows = np.flatnonzero(found)
    width = int(one.lengths[rows].max(initial=0))
    beyond = np.arange(width)[:, None] >= one.lengths[rows]
    left, right = matrix(one.source, one.starts[rows], width), matrix(other.source, other.starts[rows], width)
    found[rows] = ((left == right) | beyond).all(axis=0)
    return found
