"""Lines of one format as a table of cells: which lines are rows, which are blank, which are for the exact path.

In: whole lines that hold no header. Out: where each column's cell is in each row. A line is a row only if the exact
path would read the very same cells: as many as columns, of printable ASCII without quotes and backslashes.
"""

import re
from dataclasses import dataclass

import numpy as np

from shipper.decoders.columnar.cells import BEFORE, WIDEST, Bytes, Cells, Flags, Ints, framed
from shipper.decoders.flow_log.sections import Lines

_PLAIN = bytes(sorted({*range(0x20, 0x7F), 0x0A} - set(b'"\\')))
_SPACES = re.compile(rb" {2,}")
_LF, _SPACE = 0x0A, 0x20

_LEAST_EVEN = 8
"""Where one in so many lines or more is no row as it stands, spaces are looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """`rows` are line numbers from 0, ascending; `starts` and `lengths` are (columns, rows) in `source`."""

    source: Bytes
    rows: Ints
    starts: Ints
    lengths: Ints
    blank: Flags
    odd: Flags

    def cells(self, column: int) -> Cells:
        """A column."""
        return Cells(self.source, self.starts[column], self.lengths[column])


def table(lines: Lines, columns: int) -> Table:
    """Lines that each end in LF, and how many columns a row has."""
    return _even(lines, columns) or _mostly_even(lines, columns) or _uneven(_one_space_between(lines.records), columns)


def _one_space_between(lines: bytes) -> bytes:
    """CR before LF, tabs and more spaces than one say nothing."""
    if b"\r\n" in lines:
        lines = lines.replace(b"\r\n", b"\n")
    if b"\t" in lines:
        lines = lines.replace(b"\t", b" ")
    if b"  " in lines:
        lines = _SPACES.sub(b" ", lines)
    if b" \n" in lines:
        lines = lines.replace(b" \n", b"\n")
    if b"\n " in lines:
        lines = lines.replace(b"\n ", b"\n")
    return lines.removeprefix(b" ")


def _even(lines: Lines, columns: int) -> Table | None:
    """Where every line is a row, as most often: but for its cells' widths there is nothing more to look at."""
    rows = len(lines)
    if len(lines.marks) != rows * columns or lines.records.translate(None, _PLAIN):
        return None
    source = framed(lines.records)
    ends = np.ascontiguousarray(lines.marks.reshape(rows, columns).T) + BEFORE
    if (source[ends[-1]] != _LF).any():
        return None
    starts = np.empty_like(ends)
    starts[1:] = ends[:-1]
    starts[0, 1:] = ends[-1, :-1]
    starts[0, 0] = BEFORE - 1
    starts += 1
    lengths = ends - starts
    if lengths.min() < 1 or lengths.max() > WIDEST:
        return None
    return Table(source, np.arange(rows), starts, lengths, np.zeros(rows, np.bool_), np.zeros(rows, np.bool_))


def _mostly_even(lines: Lines, columns: int) -> Table | None:
    """Where most lines are rows as they stand: the others go to the exact path, whatever is between their cells."""
    rows, begins = len(lines), lines.starts[:-1]
    last = np.searchsorted(lines.marks, lines.starts[1:] - 1)
    counts = np.diff(last, prepend=-1)
    good = counts == columns
    if lines.records.translate(None, _PLAIN):
        strange = np.flatnonzero(~_PLAIN_BYTES[np.frombuffer(lines.records, np.uint8)])
        good[np.searchsorted(lines.starts, strange, side="right") - 1] = False
    if _LEAST_EVEN * np.count_nonzero(good) < (_LEAST_EVEN - 1) * rows:
        return None
    ends = np.ascontiguousarray(lines.marks[np.repeat(good, counts)].reshape(-1, columns).T)
    starts = np.empty_like(ends)
    starts[0] = begins[good]
    np.add(ends[:-1], 1, out=starts[1:])
    lengths = ends - starts
    kept = ((lengths >= 1) & (lengths <= WIDEST)).all(axis=0)
    where = np.flatnonzero(good)[kept]
    if not kept.all():
        starts, lengths = starts[:, kept], lengths[:, kept]
    odd = np.ones(rows, np.bool_)
    odd[where] = False
    return Table(framed(lines.records), where, starts + BEFORE, lengths, np.zeros(rows, np.bool_), odd)


def _uneven(lines: bytes, columns: int) -> Table:
    """Some lines are rows."""
    source = framed(lines)
    text = source[BEFORE : BEFORE + len(lines)]
    line_ends = np.flatnonzero(text == _LF)
    line_starts = np.concatenate(([0], line_ends[:-1] + 1))
    blank = line_ends == line_starts
    odd = np.zeros(len(line_ends), np.bool_)
    strange = np.flatnonzero(~_PLAIN_BYTES[text])
    odd[np.searchsorted(line_ends, strange)] = True
    ends = np.flatnonzero((text == _SPACE) | (text == _LF))
    counts = np.diff(np.flatnonzero(text[ends] == _LF), prepend=-1)
    odd |= ~blank & (counts != columns)
    good = ~(odd | blank)
    kept = ends[np.repeat(good, counts)].reshape(-1, columns)
    starts = np.concatenate((line_starts[good, None], kept[:, :-1] + 1), axis=1)
    lengths = kept - starts
    wide = (lengths > WIDEST).any(axis=1)
    rows = np.flatnonzero(good)
    odd[rows[wide]] = True
    narrow = np.flatnonzero(~wide)
    starts = np.ascontiguousarray(starts[narrow].T) + BEFORE
    return Table(source, rows[narrow], starts, np.ascontiguousarray(lengths[narrow].T), blank, odd)


def _plain_bytes() -> Flags:
    found = np.zeros(256, np.bool_)
    found[np.frombuffer(_PLAIN, np.uint8)] = True
    return found


_PLAIN_BYTES = _plain_bytes()
