"""Rows of flow logs as records: what partition, sums and leaves need of each."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from shipper.decoders.columnar.cells import Flags, Ints, equals
from shipper.decoders.flow_log.columns import Columns
from shipper.decoders.flow_log.document import NO_TRAFFIC, Layout
from shipper.decoders.flow_log.table import Table


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """Rows as records: their own times in milliseconds where `dated`, and which are NODATA or SKIPDATA."""

    layout: Layout
    table: Table
    columns: Columns
    milliseconds: Ints
    dated: Flags
    no_traffic: Mapping[str, Flags]

    def __len__(self) -> int:
        return len(self.dated)

    @property
    def traffic(self) -> Flags:
        """Which rows tell of traffic."""
        found = np.ones(len(self), np.bool_)
        for flags in self.no_traffic.values():
            found &= ~flags
        return found


def records(layout: Layout, table: Table, columns: Columns) -> Records:
    """What the partition and the sums need of rows."""
    rows = len(table.rows)
    milliseconds, dated = np.zeros(rows, np.int64), np.zeros(rows, np.bool_)
    for name in ("start", "end"):
        if column := columns.get(name):
            milliseconds = np.where(column.present, column.numbers, milliseconds)
            dated |= column.present
    status = columns.get("log-status")
    kinds = {} if status is None else {name: equals(status.cells, name.encode("ascii")) for name in NO_TRAFFIC}
    return Records(layout, table, columns, milliseconds, dated, kinds)
