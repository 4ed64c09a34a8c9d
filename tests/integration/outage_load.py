"""A load whose store is killed and comes back later: how much memory the load takes meanwhile, and what is stored.

In: a node that may be stopped, a folder, how long. Out: an Outage. The load is the command in a process of its own, its
memory what /proc says (proc(5): VmRSS, and VmHWM, the most it ever was).
"""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic

from integration.command import Shipper
from integration.containers import wait_for
from integration.numbered_objects import Count, count_numbers, write_objects
from integration.process_memory import memory

SAMPLE_SECONDS = 0.5
SETTLED_SHARE = 0.75
"""The memory budget is used up within this share of an outage; from then on nothing may grow."""

MOST_MB = 200
FLAT_MB = 12
"""One more chunk with its documents, where a busy machine took long to use up the budget."""

START_SECONDS = 240.0
RECOVERY_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Outage:
    """`grown_mb`: resident memory at the end of the outage, compared with when it had settled."""

    seconds_down: float
    peak_rss_mb: float
    grown_mb: float
    recovered_after_seconds: float
    waiting_told: bool
    count: Count


class Watched:
    """A process and its memory."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.peak_mb = 0.0
        self._tick = Event()

    def rss_mb(self) -> float:
        """Now; notes the peak. 0 when it has ended."""
        found = memory(self.process.pid)
        self.peak_mb = max(self.peak_mb, found.peak)
        return found.now

    def sample(self, seconds: float) -> list[float]:
        """Resident memory again and again, for so long."""
        end = monotonic() + seconds
        found = [self.rss_mb()]
        while monotonic() < end:
            self._tick.wait(SAMPLE_SECONDS)
            found.append(self.rss_mb())
        return found


def load_through_outage(
    shipper: Shipper, folder: Path, records: int, seconds: float, say: Callable[[str], object] = lambda _: None
) -> Outage:
    """Load, kill the node in the middle, start it after so many seconds, let the load end by itself, count."""
    write_objects(folder / "objects", records, 12)
    told = folder / "told.txt"
    with told.open("w") as stderr:
        process = shipper.start("backfill", "flowlogs", folder / "objects", "--json", stderr=stderr.fileno())
    try:
        watched = Watched(process)
        wait_for(lambda: watched.rss_mb() > 0 and any(shipper.state.glob("checkpoints/*/*")), START_SECONDS,
                 lambda: f"no checkpoint: {told.read_text()}")  # fmt: skip
        before = _stop(shipper, process)
        say(f"killed with {before:,} of {records:,} records stored; {watched.rss_mb():.0f} MB")
        down = monotonic()
        sizes = watched.sample(seconds)
        assert process.poll() is None, f"it gave up: {told.read_text()}"
        say(f"{sizes[-1]:.0f} MB after {seconds:.0f} s; starting the node")
        shipper.node.start()
        up = monotonic()
        watched.rss_mb()
        wait_for(lambda: shipper.count() > before, RECOVERY_SECONDS, lambda: f"nothing new: {told.read_text()}")
        recovered = monotonic()
        say(f"records are stored again {recovered - up:.1f} s after the node answered")
        out = _end(watched)
        assert process.returncode == 0, told.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    sums = json.loads(out)["sums"]
    assert sums["read"] == sums["accounted"], sums
    settled = sizes[int(len(sizes) * SETTLED_SHARE) :]
    waiting = "waiting since" in told.read_text()
    return Outage(
        up - down, watched.peak_mb, max(settled) - settled[0], recovered - up, waiting, count_numbers(shipper, records)
    )


def _stop(shipper: Shipper, process: subprocess.Popen[str]) -> int:
    """Kill the node; how many documents were stored about then."""
    stored = shipper.count()
    assert process.poll() is None, "the load ended too early: more records"
    shipper.node.kill()
    return stored


def _end(watched: Watched) -> str:
    """Its standard output. The peak is read while it still lives."""
    while True:
        watched.rss_mb()
        try:
            return watched.process.communicate(timeout=SAMPLE_SECONDS)[0]
        except subprocess.TimeoutExpired:
            continue
