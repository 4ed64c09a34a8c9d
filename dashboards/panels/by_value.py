"""Bytes or records by a value: panels that several dashboards have."""

from dashboards.aggregations import counted, summed, top
from dashboards.model import BLUE, Draw, Panel
from dashboards.panels.patterns import FLOW_LOGS

BYTES = summed("source.bytes", "bytes")


def by_bytes(name: str, what: str, field: str) -> Panel:
    """From most to least, the first ten."""
    return Panel(
        name, f"Bytes by {what}", f"Through which {what} went how much?", FLOW_LOGS, Draw.ROWS, (BYTES,),
        (top(field, 10, " "),), colors={"bytes": BLUE},
    )  # fmt: skip


def by_records(name: str, what: str, field: str) -> Panel:
    """The same, and cheaper: nothing is added up."""
    return Panel(
        name, f"Records by {what}", f"Which {what} wrote how many records?", FLOW_LOGS, Draw.ROWS,
        (counted("records"),), (top(field, 10, " "),), colors={"records": BLUE},
    )  # fmt: skip
