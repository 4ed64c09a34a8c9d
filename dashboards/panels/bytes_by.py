"""Bytes by a value: a panel that several dashboards have."""

from dashboards.aggregations import summed, top
from dashboards.model import BLUE, Draw, Panel
from dashboards.panels.patterns import FLOW_LOGS

BYTES = summed("source.bytes", "bytes")


def by_bytes(name: str, what: str, field: str) -> Panel:
    """From most to least, the first ten."""
    return Panel(
        name, f"Bytes by {what}", f"Through which {what} went how much?", FLOW_LOGS, Draw.ROWS, (BYTES,),
        (top(field, 10, " "),), colors={"bytes": BLUE},
    )  # fmt: skip
