"""A table's cells as checked columns: `values` for many rows at once.

A cell that is not plainly of its column's type makes its row one for the exact path; what comes out here is what the
exact path reads from the other rows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from shipper.decoders.columnar.addresses import Addresses, addresses
from shipper.decoders.columnar.cells import Cells, Flags, Ints, equals, lowered
from shipper.decoders.columnar.numbers import canonical, decimals
from shipper.decoders.flow_log.document import Layout
from shipper.decoders.flow_log.fields import ABSENT, Kind
from shipper.decoders.flow_log.table import Table
from shipper.decoders.flow_log.values import EARLIEST_SECONDS, LATEST_SECONDS, MOST_PORT, MOST_SMALL
from shipper.decoders.iana_protocols import PORT_PROTOCOLS

_ABSENT = ABSENT.encode("ascii")
_TCP = 6
_SHORTEST_TIME = len("2026-11-21T00:00:00")
_SHORTEST = b"b/"
"""No wrapping begins with a shorter cell."""

_CLI_WORDS = (b"EVENTS", b"RESULTS", b"SEARCHEDLOGSTREAMS", b"STATISTICS")


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column. `numbers` are its values (times in milliseconds), zero where not present; empty for texts."""

    cells: Cells
    present: Flags
    numbers: Ints
    addresses: Addresses | None = None


Columns = Mapping[str, Column]
"""By AWS's name."""

_Read = Callable[[Cells, Flags], tuple[Flags, Column]]


def read_columns(columns: Layout, table: Table) -> tuple[Columns, Flags]:
    """The known columns, and the rows with a cell that is not plainly of its column's type."""
    bad = np.zeros(len(table.rows), np.bool_)
    found: dict[str, Column] = {}
    ends: dict[str, tuple[Cells, Flags]] = {}
    for at, field in columns.known:
        cells = table.cells(at)
        present = ~equals(cells, _ABSENT)
        if field.kind is Kind.IP:
            ends[field.name] = cells, present
            continue
        good, column = _READERS[field.kind](cells, present)
        found[field.name] = column
        bad |= present & ~good
    for (name, (cells, present)), read in zip(ends.items(), addresses([*ends.values()]), strict=True):
        found[name] = Column(cells, read.valid, _NO_NUMBERS, read)
        bad |= present & ~read.valid
    return _without_empty_ports(found, len(table.rows)), bad


def wrapped_perhaps(first: Cells) -> Flags:
    """Rows that `text` may know as a wrapping, by their first cell: a time, or a word of the AWS CLI."""
    found: Flags = first.lengths >= len(_SHORTEST)
    rows = np.flatnonzero(found)
    found[rows] = _wrapped_perhaps(first.take(rows))
    return found


def _wrapped_perhaps(first: Cells) -> Flags:
    begins = [first.source[first.starts + at] for at in (0, 1, 4, 10)]
    found: Flags = (first.lengths >= _SHORTEST_TIME) & (begins[2] == ord("-")) & (begins[3] == ord("T"))
    found |= (begins[0] == ord("b")) & (begins[1] == ord("/"))
    for word in _CLI_WORDS:
        found |= equals(first, word)
    return found


def _text(cells: Cells, present: Flags) -> tuple[Flags, Column]:
    return present, Column(cells, present, _NO_NUMBERS)


def _lower(cells: Cells, present: Flags) -> tuple[Flags, Column]:
    return present, Column(lowered(cells), present, _NO_NUMBERS)


def _count(cells: Cells, present: Flags) -> tuple[Flags, Column]:
    good = canonical(cells)
    return good, Column(cells, present & good, _NO_NUMBERS)


def _up_to(most: int) -> _Read:
    def read(cells: Cells, present: Flags) -> tuple[Flags, Column]:
        good, numbers = decimals(cells, len(str(most)))
        good &= numbers <= most
        return good, Column(cells, present & good, numbers if good.all() else numbers * good)

    return read


def _time(cells: Cells, present: Flags) -> tuple[Flags, Column]:
    good, numbers = decimals(cells, len(str(LATEST_SECONDS * 1000)))
    if numbers.max(initial=0) < LATEST_SECONDS:
        good &= numbers >= EARLIEST_SECONDS
        numbers = numbers * 1000
    else:
        in_seconds = (numbers >= EARLIEST_SECONDS) & (numbers < LATEST_SECONDS)
        in_milliseconds = (numbers >= EARLIEST_SECONDS * 1000) & (numbers < LATEST_SECONDS * 1000)
        good &= in_seconds | in_milliseconds
        numbers = np.where(in_seconds, numbers * 1000, numbers)
    return good, Column(cells, present & good, numbers if good.all() else numbers * good)


def _without_empty_ports(columns: dict[str, Column], rows: int) -> Columns:
    """As in `document`: port 0 of a protocol without ports is no port."""
    protocol = protocols(columns, rows, absent=_TCP)
    for name in ("srcport", "dstport"):
        if column := columns.get(name):
            there = column.present & ((column.numbers != 0) | HAS_PORTS[protocol])
            columns[name] = replace(column, present=there)
    return columns


def protocols(columns: Columns, rows: int, *, absent: int) -> Ints:
    """Protocol numbers."""
    column = columns.get("protocol")
    return np.full(rows, absent, np.int64) if column is None else np.where(column.present, column.numbers, absent)


def _flags(numbers: frozenset[int]) -> Flags:
    found = np.zeros(256, np.bool_)
    found[list(numbers)] = True
    return found


HAS_PORTS = _flags(PORT_PROTOCOLS)
"""By protocol number."""

_NO_NUMBERS: Ints = np.empty(0, np.int64)

_READERS: Mapping[Kind, _Read] = {
    Kind.TEXT: _text,
    Kind.LOWER: _lower,
    Kind.PORT: _up_to(MOST_PORT),
    Kind.COUNT: _count,
    Kind.SMALL: _up_to(MOST_SMALL),
    Kind.NUMBER_NAME: _up_to(MOST_SMALL),
    Kind.TIME: _time,
}
