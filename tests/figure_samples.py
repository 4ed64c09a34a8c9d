"""A run and its figures, every one of them different, and the leaves of any document."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from fakes import NOW
from shipper.figures import Figures, Run
from shipper.model import Sums, Traffic, Waiting

RUN = Run("RUN-RUN-RUN1", "flowlogs", "backfill", "host", "0.1.0", NOW)
WAITING = Waiting("HTTP 503", NOW, "nothing here")
FULL = Figures(
    at=NOW + timedelta(seconds=60),
    sums=Sums(*range(1, 12)),
    read_bytes=1000,
    sent_bytes=3000,
    traffic=Traffic(20, 3, 4, 1, 7, 900, 80, 5),
    in_flight=2,
    in_flight_bytes=4096,
    busy_since=NOW,
    waiting=WAITING,
    backlog_bytes=50,
    backlog_inputs=1,
    lag_seconds=2.5,
    queue_waiting=7,
    queue_taken=3,
    kept_letters=4,
    kept_bytes=900,
    unknown_columns=["new", "x" * 2000],
)


def paths(node: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for key, child in node.items():
            yield from paths(child, f"{above}.{key}" if above else key)
    else:
        yield above, node
