"""Which records are wanted, for many at once: a selection's own tests, on the distinct texts of a column."""

import numpy as np

from shipper.decoders.columnar.cells import Flags
from shipper.decoders.columnar.distinct import distinct_texts
from shipper.decoders.flow_log.column_records import Records
from shipper.decoders.flow_log.fields import ABSENT
from shipper.decoders.flow_log.selection import Period, Selection


def wanted_rows(selection: Selection, columns: tuple[str, ...], found: Records) -> Flags:
    """What `Selection.row_test` says of each record. `columns` name the cells of the records' table."""
    wanted = np.ones(len(found), np.bool_)
    for test in selection.tests:
        if test.name in columns:
            texts, codes = distinct_texts(found.table.cells(columns.index(test.name)))
            wanted &= np.array([test.passes(text) for text in texts], np.bool_)[codes]
        elif not test.passes(ABSENT):
            wanted[:] = False
    return wanted if selection.period is None else wanted & _within(selection.period, found)


def _within(period: Period, found: Records) -> Flags:
    inside = np.ones(len(found), np.bool_)
    if period.begin_ms is not None:
        inside &= found.milliseconds >= period.begin_ms
    if period.end_ms is not None:
        inside &= found.milliseconds < period.end_ms
    return inside | ~found.dated
