"""A log that is written and rotated by every method while the shipper is killed and the node restarted; then a count.

In: a node that may be stopped, a folder, a plan. Out: an Outcome. Ends only processes that it started.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import urllib3

from integration.command import Shipper
from integration.containers import OpenSearchNode, wait_for
from integration.eve_log import DATASET, EveLog, count_events, settings
from integration.numbered_objects import Count
from integration.running import Running

LINES_A_STEP = 500


@dataclass(frozen=True, slots=True)
class SoakPlan:
    """How much of what. `lines_a_second` is how fast the log is written."""

    lines: int
    rotations: int
    kills: int
    restarts: int
    lines_a_second: int = 4000
    seed: int = 1
    seconds: float = 3600.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it. `redelivered`: documents that the store had already, by its own count."""

    count: Count
    redelivered: int

    def as_json(self) -> dict[str, int]:
        return {
            "lines": self.count.expected,
            "found": self.count.found,
            "missing": self.count.missing,
            "duplicated": self.count.duplicated,
            "redelivered": self.redelivered,
        }


class SoakLoad:
    """Made for one run. `say` gets a line now and then."""

    def __init__(
        self, node: OpenSearchNode, prefix: str, folder: Path, plan: SoakPlan, say: Callable[[str], object]
    ) -> None:
        self._plan = plan
        self._say = say
        self._end = monotonic() + plan.seconds
        self._tick = Event()
        self._shipper = Shipper(node, prefix, folder / "state")
        (folder / "log").mkdir()
        dice = random.Random(plan.seed)  # noqa: S311  (moments, not secrets)
        self._log = EveLog(folder / "log" / "eve.json", dice=dice)
        self._settings = settings(folder, self._log.path)
        steps = max(plan.lines // LINES_A_STEP, 1)
        self._todo = {
            kind: sorted(dice.randrange(steps) for _ in range(count))
            for kind, count in (("rotate", plan.rotations), ("kill", plan.kills), ("restart", plan.restarts))
        }
        self._steps = steps

    def run(self) -> Outcome:
        """Write, rotate, kill, restart; wait until everything is stored; count."""
        self._shipper.anew()
        self._log.path.touch()
        running, restarts = Running(self._shipper, self._settings), list[Thread]()
        try:
            wait_for(lambda: running.health()[0] > 0, 60, running.last_words)
            began = monotonic()
            for step in range(self._steps):
                self._log.write(min(LINES_A_STEP, self._plan.lines - self._log.written))
                for _ in range(self._due("rotate", step)):
                    self._log.rotate()
                if self._due("kill", step):
                    running.kill()
                    self._say(f"killed after {self._log.written:,} lines")
                    running = Running(self._shipper, self._settings)
                if self._due("restart", step):
                    restarts = [each for each in restarts if each.is_alive()]
                    if not restarts:
                        restarts.append(Thread(target=self._restart))
                        restarts[-1].start()
                late = began + self._log.written / self._plan.lines_a_second - monotonic()
                self._tick.wait(max(late, 0))
            for thread in restarts:
                thread.join()
            self._wait_until_stored(running)
            code = running.stop()
            assert code == 143, running.last_words()
        finally:
            running.kill()
        return self._counted()

    def remove(self) -> None:
        """Delete what was stored."""
        self._shipper.remove()

    def _due(self, kind: str, step: int) -> int:
        """How often this is to be done now."""
        return self._todo[kind].count(step)

    def _restart(self) -> None:
        self._say("OpenSearch is stopped")
        self._shipper.node.kill()
        self._shipper.node.start()

    def _wait_until_stored(self, running: Running) -> None:
        """Nothing behind, seen several times: a file may have been rotated a moment ago."""
        times = 0
        while times < 5:
            assert monotonic() < self._end, f"out of time: {running.health()} {running.last_words()}"
            self._tick.wait(1)
            try:
                times = times + 1 if running.sample("flowtap_backlog_bytes") == 0 else 0
            except urllib3.exceptions.HTTPError:
                running.health()  # fails where the process has ended
                times = 0

    def _counted(self) -> Outcome:
        count = count_events(self._shipper, self._log.written)
        _, stats = self._shipper.node.request("GET", f"/{self._shipper.prefix}-{DATASET}-*/_stats/indexing")
        return Outcome(count, stats["_all"]["total"]["indexing"]["index_failed"])
