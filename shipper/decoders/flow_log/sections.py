"""Where the headers stand among the lines of a chunk: sections of lines that one header governs."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from shipper.decoders.columnar.cells import Ints
from shipper.decoders.flow_log.header import header_columns, header_places

_LF, _SPACE = 0x0A, 0x20


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Whole lines; `starts` has one entry more than there are lines: the end of the last.

    `marks` is where what may part cells stands: line ends, spaces, and all that is below them.
    """

    records: bytes
    starts: Ints
    marks: Ints

    def __len__(self) -> int:
        return len(self.starts) - 1

    def raw(self, line: int) -> bytes:
        """A line without its LF."""
        return self.between(line, line + 1)[:-1]

    def between(self, first: int, end: int) -> bytes:
        """Whole lines, from one up to another."""
        return self.records[int(self.starts[first]) : int(self.starts[end])]

    def part(self, first: int, end: int) -> "Lines":
        """Lines from one up to another, by themselves."""
        begin, behind = self.starts[first], self.starts[end]
        inside = slice(*np.searchsorted(self.marks, (begin, behind)))
        return Lines(self.between(first, end), self.starts[first : end + 1] - begin, self.marks[inside] - begin)


@dataclass(frozen=True, slots=True)
class Section:
    """Lines from `first` up to `end` that `columns` name; the line of `header` (None: an earlier one) comes before."""

    columns: tuple[str, ...]
    header: int | None
    first: int
    end: int


def lines_of(records: bytes) -> Lines:
    """Lines end at LF only; a last one without LF gets one."""
    if not records.endswith(b"\n"):
        records += b"\n"
    text = np.frombuffer(records, np.uint8)
    marks = np.flatnonzero(text <= _SPACE)
    ends = marks[text[marks] == _LF]
    return Lines(records, np.concatenate(([0], ends + 1)), marks)


def sections(lines: Lines, columns: tuple[str, ...], first: int) -> Iterator[Section]:
    """The sections of the lines from `first` on, where `columns` are in force. A line that names columns begins one."""
    header: int | None = None
    for line in _candidates(lines, first):
        named = header_columns(lines.raw(line), columns)
        if named is not None:
            yield Section(columns, header, first, line)
            columns, header, first = named, line, line + 1
    yield Section(columns, header, first, len(lines))


def _candidates(lines: Lines, first: int) -> Iterator[int]:
    """Lines that may be headers. Most formats' records begin with a digit, and nothing has to be searched."""
    records = np.frombuffer(lines.records, np.uint8)
    begins = records[lines.starts[first:-1]]
    if not (((begins - np.uint8(97)) < 26) | (begins == 0x20) | (begins == 0x09) | (begins == 0xEF)).any():
        return
    offset = int(lines.starts[first])
    for place in header_places(lines.records[offset:]):
        yield int(np.searchsorted(lines.starts, offset + place))
