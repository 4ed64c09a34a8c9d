"""Records as bulk lines: action and document of each, written together for all that are alike.

In: records and which of them are wanted. Out: for each how long its lines are, and a way to write them to their places.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import orjson

from shipper.decoders.bulk_lines import Operation
from shipper.decoders.columnar import writer
from shipper.decoders.columnar.cells import Bytes, Flags, Ints, Words
from shipper.decoders.columnar.document import Leaf, parts
from shipper.decoders.columnar.joined import Part, joined, spread
from shipper.decoders.columnar.kinds import kinds
from shipper.decoders.columnar.numbers import base36
from shipper.decoders.columnar.writer import Piece
from shipper.decoders.flow_log.column_leaves import leaves
from shipper.decoders.flow_log.column_records import Records
from shipper.decoders.flow_log.document import Stream
from shipper.decoders.flow_log.values import moment
from shipper.partition import PartitionRule

_HOUR_MS = 3_600_000
_ACTION_END = b'"}}\n'


@dataclass(frozen=True, slots=True)
class Target:
    """Where documents go and under which ids: ordinal i of `identity` is the first line's."""

    rule: PartitionRule
    operation: Operation
    identity: str
    first_ordinal: int


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Bulk lines to be written: of these rows of the table, how long they and their action lines are.

    Row `rows[i]` goes to index `partitions[codes[i]]`.
    """

    rows: Ints
    pieces: Sequence[Piece]
    actions: Ints
    lengths: Ints
    partitions: Sequence[str]
    codes: Ints

    def write(self, out: Bytes, ends: Ints, reach: int) -> None:
        """Every row's lines, so that they end at `ends[row]`; `reach` as in `writer.write`."""
        end = ends[self.rows]
        writer.write(out, self.pieces, end - self.lengths, end, reach)


def rows(found: Records, wanted: Flags, stream: Stream, target: Target) -> Rows | None:
    """The bulk lines of wanted records, if there are any."""
    if not wanted.any():
        return None
    made = leaves(found, stream)
    partitions, codes = _partitions(found, target.rule)
    begins = Words(_begins(target, partitions), codes)
    of = kinds(_all_parts(begins, made), np.flatnonzero(wanted))
    action: list[Part] = [(begins.take(of.models), None), (base36(found.table.rows + target.first_ordinal), None)]
    action.append((_ACTION_END, None))
    actions = spread(joined(action, len(of.models)), of.rows, of.codes)
    pieces = spread(joined([*action, *parts(made, of.models), (b"\n", None)], len(of.models)), of.rows, of.codes)
    count = len(of.rows)
    return Rows(
        of.rows, pieces, writer.lengths(actions, count), writer.lengths(pieces, count), partitions, codes[of.rows]
    )


def _all_parts(begins: Words, made: Sequence[Leaf]) -> Iterator[Part]:
    yield begins, None
    for leaf in made:
        yield b"", leaf.present
        yield from leaf.parts


def _begins(target: Target, partitions: Sequence[str]) -> list[bytes]:
    """An action line of each partition, up to the ordinal."""
    lines = (orjson.dumps({target.operation: {"_index": index, "_id": target.identity}}) for index in partitions)
    return [line.removesuffix(_ACTION_END[:-1]) for line in lines]


def _partitions(found: Records, rule: PartitionRule) -> tuple[Sequence[str], Ints]:
    """Indices, and which is each record's. An hour lies in one partition, whatever the unit."""
    hours = np.where(found.dated, found.milliseconds // _HOUR_MS, -1)
    distinct, codes = _distinct(hours)
    names = [rule.index(None if hour < 0 else moment(hour * _HOUR_MS)) for hour in distinct]
    places = {name: at for at, name in enumerate(dict.fromkeys(names))}
    return list(places), np.array([places[name] for name in names], np.int64)[codes]


def _distinct(numbers: Ints) -> tuple[list[int], Ints]:
    """The numbers there are, and which is each row's; mostly there is but one."""
    if len(numbers) and (numbers == numbers[0]).all():
        return [int(numbers[0])], np.zeros(len(numbers), np.int64)
    distinct, codes = np.unique(numbers, return_inverse=True)
    return [int(number) for number in distinct], codes
