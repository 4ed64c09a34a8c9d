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
from shipper.decoders.columnar.document import Leaf, groups, parts
from shipper.decoders.columnar.joined import Part, joined, spread
from shipper.decoders.columnar.kinds import Kinds, kinds
from shipper.decoders.columnar.numbers import base36
from shipper.decoders.columnar.writer import Piece
from shipper.decoders.flow_log.column_leaves import leaves
from shipper.decoders.flow_log.column_records import Records
from shipper.decoders.flow_log.document import Stream
from shipper.decoders.flow_log.values import moment
from shipper.partition import PartitionRule

LEAST_TOGETHER = 12
"""Fewer records that are alike are quicker on the exact path."""

_HOUR_MS = 3_600_000
_ACTION_END = b'"}}\n'


@dataclass(frozen=True, slots=True)
class Target:
    """Where documents go and under which ids: ordinal i of `identity` is the first line's."""

    rule: PartitionRule
    operation: Operation
    identity: str
    first_ordinal: int
    least_together: int = LEAST_TOGETHER


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """Records (rows of the table) whose lines have the same pieces, and how long they and their action lines are."""

    rows: Ints
    pieces: Sequence[Piece]
    actions: Ints
    lengths: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Bulk lines to be written. `partitions[codes[row]]` is a row's index; `few` are rows left to the exact path."""

    groups: Sequence[Written]
    partitions: Sequence[str]
    codes: Ints
    few: Ints

    def write(self, out: Bytes, ends: Ints) -> None:
        """Every row's lines, so that they end at `ends[row]`."""
        for group in self.groups:
            end = ends[group.rows]
            writer.write(out, group.pieces, end - group.lengths, end)


def rows(found: Records, wanted: Flags, stream: Stream, target: Target) -> Rows:
    """The bulk lines of wanted records."""
    if not wanted.any():
        return Rows((), (), np.empty(0, np.int64), np.empty(0, np.int64))
    made = leaves(found, stream)
    partitions, codes = _partitions(found, target.rule)
    ids = base36(found.table.rows + target.first_ordinal)
    begins = Words(_begins(target, partitions), codes)
    of = kinds(_all_parts(begins, made), np.flatnonzero(wanted))
    written: list[Written] = []
    few: list[Ints] = []
    for group in groups(made, of.models):
        some = of.only(group)
        if len(some.rows) < target.least_together:
            few.append(some.rows)
        else:
            action: list[Part] = [(begins.take(some.models), None), (ids, None), (_ACTION_END, None)]
            written.append(_written(some, action, parts(made, some.models)))
    return Rows(written, partitions, codes, np.concatenate([*few, np.empty(0, np.int64)]))


def _all_parts(begins: Words, made: Sequence[Leaf]) -> Iterator[Part]:
    yield begins, None
    for leaf in made:
        yield b"", leaf.present
        yield from leaf.parts


def _written(some: Kinds, action: Sequence[Part], document: Sequence[Part]) -> Written:
    rows, models = len(some.rows), len(some.models)
    actions = spread(joined(action, models), some.rows, some.codes)
    pieces = spread(joined([*action, *document, (b"\n", None)], models), some.rows, some.codes)
    return Written(some.rows, pieces, writer.lengths(actions, rows), writer.lengths(pieces, rows))


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
