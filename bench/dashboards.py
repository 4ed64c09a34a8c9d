"""Dashboards: how long each one's queries take on a store full of flow logs.

    .venv/bin/python bench/dashboards.py                           # ten million records, half an hour and more
    .venv/bin/python bench/dashboards.py --copies 5                # two million, copied into five partitions
    .venv/bin/python bench/dashboards.py --documents 60000         # short
    OPENSEARCH_URL=http://… .venv/bin/python bench/dashboards.py --keep      # the second time only the queries
    OPENSEARCH_URL=http://… .venv/bin/python bench/dashboards.py --keep --at-a-time 1    # what they cost

Loads flow logs with every field, then sends each dashboard's searches as a browser does: six at a time, in the form
that Dashboards sends them, over the whole range. The request cache is off: nothing is answered from last time. Median
of three rounds after one that warms up. Standard output: a line with the seconds of each dashboard, what they cost the
node and the slowest panel, then a last line with `documents, slowest_dashboard_seconds`.
"""

import argparse
import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from _bench import PREFIX, opensearch, say, tell
from flow_log_mix import all_fields_lines

from dashboards.bundle import shipped
from dashboards.query import TimeRange
from dashboards.saved_object import SavedObject
from integration.command import Shipper
from shipper.opensearch.client import Connection, Store
from shipper.views.panels import Answered, answer

AT_A_TIME = 6
"""Connections that a browser opens to one host."""
ROUNDS = 3
LOOKED_AT = TimeRange("2026-01-01T00:00:00.000Z", "2026-12-31T00:00:00.000Z", "1d")


def main() -> int:
    """Run it; the exit code."""
    parser = argparse.ArgumentParser(description="Seconds that each dashboard's queries take.")
    parser.add_argument("--documents", type=int, default=10_000_000, help="flow records to load [default: 10000000]")
    parser.add_argument("--keep", action="store_true", help="leave the records there, and take those that are")
    parser.add_argument("--copies", type=int, default=1, help="load a part only, and copy its partition so often")
    parser.add_argument("--at-a-time", type=int, default=AT_A_TIME, help="searches [default: 6, as a browser]")
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="flowtap-dashboards-") as made, opensearch() as node:
        shipper = Shipper(node, PREFIX, Path(made) / "state")
        if not (asked.keep and shipper.count()):
            shipper.anew()
            load(shipper, asked.documents // asked.copies)
            copy(shipper, asked.copies)
        store = Store(Connection(node.url, node.username, node.password, node.ca_file))
        seconds = measure(store, asked.at_a_time)
        count = shipper.count()
        if not asked.keep:
            shipper.remove()
    tell({"dashboards": seconds})
    tell({"documents": count, "slowest_dashboard_seconds": max(each["seconds"] for each in seconds.values())})
    return 0


def load(shipper: Shipper, documents: int) -> None:
    """Through the command, from its standard input."""
    command = shipper.command("backfill", "flowlogs", "-", "--json")
    reading, writing = os.pipe()
    with subprocess.Popen(  # noqa: S603  (the command under test)
        command, env=shipper.environment(), stdin=reading, stdout=subprocess.DEVNULL
    ) as run:
        os.close(reading)
        with os.fdopen(writing, "wb") as file:
            file.writelines(all_fields_lines(documents))
    if run.returncode:
        raise SystemExit(f"the load ended with {run.returncode}")
    shipper.node.request("POST", f"/{shipper.prefix}-*/_refresh")
    say(f"loaded {shipper.count():,} documents on {os.cpu_count()} cores")


def copy(shipper: Shipper, copies: int) -> None:
    """The one partition of the mix under further names. Searches read every copy; distinct values stay as few."""
    (found,) = shipper.node.request("GET", f"/_cat/indices/{shipper.prefix}-aws.vpcflow-*?format=json&h=index")[1]
    partition = found["index"]
    blocks = f"/{shipper.prefix}-aws.vpcflow-*/_settings"
    shipper.node.request("PUT", blocks, {"index.blocks.write": True})
    for number in range(1, copies):
        shipper.node.request("POST", f"/{partition}/_clone/{partition[:-2]}{number + 1:02}")
    shipper.node.request("PUT", blocks, {"index.blocks.write": None})
    shipper.node.request("GET", "/_cluster/health?wait_for_status=green&timeout=300s")


def measure(store: Store, at_a_time: int) -> dict[str, dict[str, object]]:
    """For each dashboard its seconds, and the panel that took longest."""
    objects = shipped(PREFIX)
    by_key = {each.key: each for each in objects}
    found: dict[str, dict[str, object]] = {}
    for dashboard in (each for each in objects if each.type == "dashboard"):
        panels = [by_key[reference.key] for reference in dashboard.references]
        once(store, objects, panels, at_a_time)
        before = busy(store)
        rounds = [once(store, objects, panels, at_a_time) for _ in range(ROUNDS)]
        busy_seconds = round((busy(store) - before) / ROUNDS, 2)
        slowest = max(rounds[-1][1], key=lambda each: each.milliseconds)
        seconds = round(median(took for took, _ in rounds), 3)
        found[dashboard.id] = {
            "seconds": seconds, "processor_seconds": busy_seconds,
            "slowest_panel": slowest.id, "milliseconds": slowest.milliseconds,
        }  # fmt: skip
        panel = f"{slowest.id} {slowest.milliseconds:.0f} ms"
        say(f"{dashboard.title}: {seconds:.2f} s, {busy_seconds:.2f} s of a processor; {panel}")
    return found


def busy(store: Store) -> float:
    """Seconds of a processor that the node has used: a figure that others on the machine do not change much."""
    (node,) = store.call("GET", "/_nodes/stats/process")["nodes"].values()
    return float(node["process"]["cpu"]["total_in_millis"]) / 1000


def once(
    store: Store, objects: Sequence[SavedObject], panels: Sequence[SavedObject], at_a_time: int
) -> tuple[float, list[Answered]]:
    """All panels of a dashboard, a few at a time: seconds until the last has its answer."""
    patterns = {each.id: each.attributes for each in objects if each.type == "index-pattern"}
    begun = perf_counter()
    with ThreadPoolExecutor(at_a_time) as pool:
        answers = list(pool.map(lambda panel: answer(store, panel, patterns, LOOKED_AT, cached=False), panels))
    return perf_counter() - begun, [each for each in answers if each is not None]


if __name__ == "__main__":
    raise SystemExit(main())
