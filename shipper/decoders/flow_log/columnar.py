"""Flow logs in columns: at the speed of the store, and byte for byte what the exact path makes of the same chunk.

In: a chunk of lines. Out: the batch that `exact` would give. Lines that are not plainly rows of their format
go to the exact path by themselves, so trouble costs only its neighbourhood.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import numpy as np

from shipper.decoders.columnar.cells import Flags, Ints
from shipper.decoders.flow_log.column_records import Records, records
from shipper.decoders.flow_log.column_rows import Target, rows
from shipper.decoders.flow_log.column_selection import wanted_rows
from shipper.decoders.flow_log.columns import read_columns, wrapped_perhaps
from shipper.decoders.flow_log.document import Layout, Stream, layout
from shipper.decoders.flow_log.exact import Settings
from shipper.decoders.flow_log.header import named_columns
from shipper.decoders.flow_log.parts import Parts
from shipper.decoders.flow_log.sections import Lines, Section, lines_of, sections
from shipper.decoders.flow_log.table import table
from shipper.identity import MAX_RECORD_BYTES, line_count
from shipper.model import Batch, Chunk, Position, Sums

LEAST_LINES = 48
"""Fewer lines are quicker on the exact path."""

MOST_TROUBLE = 3
"""Where more than one in so many lines must go to the exact path, all of them go together."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Exact(Protocol):
    """The exact path: what it gives is right."""

    @property
    def settings(self) -> Settings:
        """What it was made with."""

    def decode(self, chunk: Chunk) -> Batch:
        """A chunk's batch."""

    def stream(self, chunk: Chunk, columns: Layout) -> Stream:
        """What is the same for all records of a chunk."""


class ColumnarFlowLogDecoder:
    """Gives what `exact` gives, sooner. Fewer lines are left to it."""

    def __init__(self, exact: Exact, *, least_lines: int = LEAST_LINES) -> None:
        self._exact = exact
        self._least_lines = least_lines

    def decode(self, chunk: Chunk) -> Batch:
        """Every physical line becomes a document, a reject or a counted skip. Never raises for what a line holds."""
        named = named_columns(chunk.header)
        if not chunk.records or (chunk.header and named is None):
            return self._exact.decode(chunk)
        if line_count(chunk.records) < self._least_lines:
            return self._exact.decode(chunk)
        decoding = _Decoding(self._exact, chunk, lines_of(chunk.records))
        batch = decoding.batch(named or self._exact.settings.unnamed.columns)
        return self._exact.decode(chunk) if decoding.header_missed else batch


class _Decoding:
    """One chunk on its way.

    `header_missed`: the exact path found a header where none was seen, and only it knows how to go on.
    """

    def __init__(self, exact: Exact, chunk: Chunk, lines: Lines) -> None:
        self._exact = exact
        self._settings = exact.settings
        self._chunk = chunk
        self._lines = lines
        self._parts = Parts(chunk, len(lines), self._settings.operation)
        self.header_missed = False

    def batch(self, columns: tuple[str, ...]) -> Batch:
        """The whole chunk's."""
        first = int(self._chunk.mid_line)
        if first:
            self._exactly(0, 1, self._chunk.header)
        for section in sections(self._lines, columns, first):
            if section.header is not None or section.end > section.first:
                self._section(section)
        return self._parts.batch()

    def _section(self, section: Section) -> None:
        columns = layout(section.columns)
        header = self._chunk.header
        if section.header is not None:
            header = self._lines.raw(section.header)
            self._parts.headers.append((self._chunk.first_ordinal + section.header, header))
            self._parts.sums += Sums(read=1, skipped=1)
            self._parts.unknown_columns |= columns.unknown_names
        if section.end > section.first:
            for begin, end in runs(self._quickly(section, columns)):
                self._exactly(section.first + begin, section.first + end, header)

    def _exactly(self, first: int, end: int, header: bytes) -> None:
        """Lines on the exact path."""
        chunk = self._chunk
        offset = chunk.position.offset + int(self._lines.starts[first])
        batch = self._exact.decode(
            replace(
                chunk,
                records=self._lines.between(first, end),
                position=Position(chunk.position.origin, offset),
                first_ordinal=chunk.first_ordinal + first,
                header=header,
                mid_line=chunk.mid_line and first == 0,
            )
        )
        self.header_missed |= bool(batch.headers)
        self._parts.add_batch(batch)

    def _quickly(self, section: Section, columns: Layout) -> Ints:
        """All lines of a section that plainly are rows; gives the others, counted from its first."""
        if columns.width == 1:  # as a CSV header has
            return np.arange(section.end - section.first)
        found_table = table(self._lines.part(section.first, section.end), columns.width)
        values, odd = read_columns(columns, found_table)
        found = records(columns, found_table, values)
        odd |= self._over_long(section)[found_table.rows] | wrapped_perhaps(found_table.cells(0))
        excluded = ~odd & ~wanted_rows(self._settings.selection, section.columns, found)
        expired = ~(odd | excluded) & self._expired(found)
        left_out = excluded | expired
        exact = found_table.odd
        exact[found_table.rows[odd]] = True
        if MOST_TROUBLE * exact.sum() > len(exact):
            return np.arange(len(exact))
        if not exact.all():
            self._parts.unknown_columns |= columns.unknown_names
        stream = self._exact.stream(self._chunk, columns)
        wanted = ~(odd | left_out)
        if made := rows(found, wanted, stream, self._target(section, columns)):
            self._parts.add_rows(made, found_table.rows + section.first)
        self._count(found, wanted)
        blank, out, old = (int(flags.sum()) for flags in (found_table.blank, excluded, expired))
        self._parts.sums += Sums(read=blank + out + old, skipped=blank, excluded=out, expired=old)
        return np.flatnonzero(exact)

    def _count(self, found: Records, written: Flags) -> None:
        kinds = {name.lower(): int((flags & written).sum()) for name, flags in found.no_traffic.items()}
        suspect = int((written & ~found.dated).sum())
        self._parts.sums += Sums(read=int(written.sum()), suspect=suspect, **kinds)

    def _over_long(self, section: Section) -> Flags:
        """Which lines are too long for a record, whatever is in them."""
        starts = self._lines.starts[section.first : section.end + 1]
        found: Flags = np.diff(starts) - 1 > MAX_RECORD_BYTES
        return found

    def _expired(self, found: Records) -> Flags:
        oldest = self._settings.expire_before.get(found.layout.dataset.name)
        if oldest is None:
            return np.zeros(len(found), np.bool_)
        oldest_ms = -((_EPOCH - oldest) // _MILLISECOND)  # rounded up
        return found.dated & (found.milliseconds < oldest_ms)

    def _target(self, section: Section, columns: Layout) -> Target:
        rule = self._settings.rules[columns.dataset.name]
        first_ordinal = self._chunk.first_ordinal + section.first
        return Target(rule, self._settings.operation, self._chunk.identity, first_ordinal)


def runs(lines: Ints) -> Iterator[tuple[int, int]]:
    """Ascending line numbers as runs of neighbours: (first, end)."""
    if not len(lines):
        return
    breaks = np.flatnonzero(np.diff(lines) > 1) + 1
    for run in np.split(lines, breaks):
        yield int(run[0]), int(run[-1]) + 1
