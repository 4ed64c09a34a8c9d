"""Answers worked out by DuckDB from raw flow-log lines and EVE, without flowtap. The SQL is in tests/query_answers."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

ANSWERS = Path(__file__).parent.parent / "query_answers"

Row = tuple[Any, ...]

ORDERED_BY = {
    "flows": 1, "refused": 0, "refused-ports": 2, "privileged-ports": 2, "odd-source-ports": 2, "icmp-out": 4,
    "top-talkers": 2, "top-sources": 1, "top-destinations": 1, "top-services": 2, "first-seen": 0, "who-initiated": 5,
    "alerts": 0, "alerts-refused": 0, "alerts-accepted": 0, "alerts-by-signature": 3, "alerts-by-host": 1,
}  # fmt: skip
"""Which column the leaders have most of. Within equal ones any order is right, and any choice of the last."""


def agree(question: str, found: Sequence[Row], wanted: Sequence[Row], limit: int) -> bool:
    """Whether two answers are the same rows; where there are more than wanted, all that surely lead."""
    if len(wanted) < limit:
        return Counter(found) == Counter(wanted)
    at = ORDERED_BY[question]
    last = min(row[at] for row in wanted)
    return min(row[at] for row in found) == last and _above(found, at, last) == _above(wanted, at, last)


def _above(rows: Sequence[Row], at: int, last: Any) -> Counter[Row]:
    return Counter(row for row in rows if row[at] > last)


class Oracle:
    """A database of the raw records."""

    def __init__(self, log: Path, eve: Path) -> None:
        self._database = duckdb.connect()
        tables = (ANSWERS / "tables" / "tables.sql").read_text().replace("$log", f"'{log}'").replace("$eve", f"'{eve}'")
        self._database.execute(tables)

    def rows(self, question: str, since: datetime, until: datetime, limit: int) -> list[Row]:
        """The answer to a question, in the order in which it is told."""
        sql = (ANSWERS / f"{question}.sql").read_text()
        wanted = {"since": since.replace(tzinfo=None), "until": until.replace(tzinfo=None), "limit": limit}
        found = self._database.execute(sql, {name: value for name, value in wanted.items() if f"${name}" in sql})
        return [_plain(row) for row in found.fetchall()]


def _plain(row: Sequence[object]) -> Row:
    return tuple(int(cell) if isinstance(cell, (int, float, Decimal)) else cell for cell in row)
