"""How long it takes from an object's notification until its records can be searched, at a steady rate.

In: a node, a folder, how long. Out: seconds, one for each object. Nothing is refreshed but by the node itself.
"""

from pathlib import Path
from threading import Event, Thread
from time import monotonic

from aws_keys import object_key
from integration.command import Shipper
from integration.containers import OpenSearchNode
from integration.running import Running
from integration.s3_load import cloud

OBJECTS_A_MINUTE = 50
RECORDS = 100
_PATIENCE_SECONDS = 120.0


def object_lags(
    node: OpenSearchNode, prefix: str, folder: Path, minutes: float, a_minute: float = OBJECTS_A_MINUTE
) -> list[float]:
    """From each notification until the store's count has the object's records and those of all before it."""
    shipper = Shipper(node, prefix, folder / "state")
    shipper.anew()
    told: list[float] = []
    tick = Event()
    with cloud(folder) as aws, Running(shipper, aws.settings) as running:
        running.wait_for_health(200)

        def deliver() -> None:
            begin = monotonic()
            for number in range(round(minutes * a_minute)):
                tick.wait(max(begin + number * 60 / a_minute - monotonic(), 0))
                key = object_key("2026/01/01", number)
                size = aws.put(key, number * RECORDS, (number + 1) * RECORDS)
                told.append(monotonic())
                aws.tell([(key, size)])

        delivering = Thread(target=deliver)
        delivering.start()
        found: list[float] = []
        end = monotonic() + minutes * 60 + _PATIENCE_SECONDS
        while delivering.is_alive() or len(found) < len(told):
            stored = _searchable(shipper) // RECORDS
            now = monotonic()
            found.extend(now - told[number] for number in range(len(found), min(stored, len(told))))
            assert now < end, f"{len(told) - len(found)} objects are not searchable: {running.last_words()}"
            tick.wait(0.1)
    shipper.remove()
    return found


def _searchable(shipper: Shipper) -> int:
    status, answer = shipper.node.request("GET", f"/{shipper.prefix}-aws.vpcflow-*/_count")
    return int(answer["count"]) if status == 200 else 0
