"""A load whose processes are killed at random moments while requests fail, and what is in the store afterwards.

In: a node, a folder, a plan. Out: an Outcome. At first two workers with state directories of their own load the same
objects at the same time, later one alone; all speak to the node through a proxy that makes faults. Ends only processes
that it started. Keeps its progress in the folder: where the node lasts, a run that was ended goes on.
"""

import json
import random
import subprocess
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from threading import Event
from time import monotonic
from typing import IO, Any
from zlib import crc32

from integration.command import Shipper
from integration.containers import OpenSearchNode
from integration.fault_proxy import (
    BAD_GATEWAY,
    BREAKER,
    BUSY,
    CUT,
    GATEWAY_TIMEOUT,
    LOST,
    NO_MANAGER,
    RESET,
    SPLASH,
    TOO_MANY,
    FaultProxy,
    ItemError,
    Sent,
    seeded,
    slow,
)
from integration.numbered_objects import Count, count_numbers, write_objects

FAULTS = (LOST, LOST, CUT, GATEWAY_TIMEOUT, SPLASH, RESET, BREAKER, TOO_MANY, NO_MANAGER, BAD_GATEWAY, slow(1))
FAULT_SHARE = 0.12
BUSY_ONE_IN = 200
EARLY_SHARE = 0.15
"""So many kills come within 1.5 seconds of the one before: while a process starts, reads, finds its place."""

SETTINGS = ("--set", f"opensearch.body_bytes={1 << 20}")
"""Requests smaller than a chunk's documents: a kill finds chunks that are stored in part."""

QUIET_SECONDS = 120.0
"""A kill comes after this at the latest, whatever the store got."""


class CrashFailed(Exception):
    """The load ended in another way than it should; the message says how."""


@dataclass(frozen=True, slots=True)
class CrashPlan:
    """`paired_share`: how much of the kills meets two workers. `seconds`: when to give up."""

    records: int
    objects: int
    kills: int
    seed: int = 0
    paired_share: float = 0.4
    seconds: float = 3600.0


@dataclass(slots=True)
class Outcome:
    """What was done and what became of it. `redelivered`: documents that the store had already, by its own count."""

    kills: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    redelivered: int = 0
    partitions: int = 0
    count: Count = field(default_factory=lambda: Count(0, 0, 0, 0))

    def as_json(self) -> dict[str, int]:
        return {
            "kills": self.kills,
            "faults": self.faults.total(),
            "expected": self.count.expected,
            "found": self.count.found,
            "missing": self.count.missing,
            "duplicated": self.count.duplicated,
            "redelivered": self.redelivered,
        }


class Worker:
    """`shipper backfill` with a state directory of its own, started again and again."""

    def __init__(self, shipper: Shipper, objects: Path, told: Path) -> None:
        self._shipper = shipper
        self._objects = objects
        self._told = told
        self._process: subprocess.Popen[str] | None = None

    @property
    def code(self) -> int | None:
        """None while it runs."""
        return self._process.poll() if self._process else None

    def ensure_running(self) -> None:
        if self._process is None:
            with self._told.open("a") as stderr:
                self._process = self._start(stderr)

    def kill(self) -> bool:
        """Whether there was something to kill."""
        process, self._process = self._process, None
        if process is None:
            return False
        alive = process.poll() is None
        process.kill()
        process.communicate()
        return alive

    def finish(self, seconds: float) -> dict[str, Any]:
        """Run to the end; gives the report."""
        self.kill()
        with self._told.open("a") as stderr:
            process = self._process = self._start(stderr, "--json")
        try:
            out, _ = process.communicate(timeout=max(seconds, 1))
        except subprocess.TimeoutExpired as error:
            raise CrashFailed("out of time: the last run did not end") from error
        if process.returncode:
            raise CrashFailed(f"exit {process.returncode}: {self.last_words()}")
        return dict(json.loads(out))

    def last_words(self) -> str:
        return self._told.read_text()[-2000:]

    def _start(self, stderr: IO[str], *options: str) -> subprocess.Popen[str]:
        return self._shipper.start(*SETTINGS, "backfill", "flowlogs", self._objects, *options, stderr=stderr.fileno())


class CrashLoad:
    """Made for one run in one folder. `say` gets a line now and then."""

    def __init__(
        self, node: OpenSearchNode, prefix: str, folder: Path, plan: CrashPlan, say: Callable[[str], object]
    ) -> None:
        self._folder = folder
        self._plan = plan
        self._say = say
        self._end = monotonic() + plan.seconds
        self._tick = Event()
        self._progress = folder / "progress.json"
        self._direct = Shipper(node, prefix, folder / "state")
        self._outcome, going_on = self._read_progress()
        self._dice = random.Random(f"{plan.seed} {self._outcome.kills}")  # noqa: S311  (moments, not secrets)
        if not going_on:
            self._direct.remove()
            write_objects(folder / "objects", plan.records, plan.objects, plan.seed)
            self._direct("schema", "apply", "--yes")
            self._save_progress()

    def run(self) -> Outcome:
        """Load, kill, finish, count. Raises CrashFailed where a run ends in another way than by a kill or its end."""
        plan, before = self._plan, self._outcome.faults
        faults = seeded(plan.seed + self._outcome.kills, FAULTS, FAULT_SHARE)
        with FaultProxy(self._direct.node.url, faults, items=self._busy, count_ids=False,
                        ca_file=self._direct.node.ca_file) as proxy:  # fmt: skip
            workers = [self._worker(proxy, name) for name in ("a", "b")]
            try:
                while self._outcome.kills < plan.kills:
                    paired = self._outcome.kills < plan.kills * plan.paired_share
                    self._kill_one(workers if paired else workers[:1], proxy)
                    self._outcome.faults = before + proxy.done
                    self._save_progress()
                workers[1].kill()
                self._finish(workers[0])
            finally:
                for worker in workers:
                    worker.kill()
            self._outcome.faults = before + proxy.done
        return self._counted()

    def remove(self) -> None:
        """Delete what was stored."""
        self._direct.remove()

    def _worker(self, proxy: FaultProxy, name: str) -> Worker:
        node = replace(self._direct.node, url=proxy.url, ca_file=None)
        shipper = replace(self._direct, node=node, state=self._folder / f"state-{name}")
        return Worker(shipper, self._folder / "objects", self._folder / f"told-{name}.txt")

    def _busy(self, sent: Sent, given: int) -> ItemError | None:
        return BUSY if not given and crc32(sent.id.encode()) % BUSY_ONE_IN == 0 else None

    def _kill_one(self, workers: list[Worker], proxy: FaultProxy) -> None:
        for worker in workers:
            worker.ensure_running()
        self._wait_for_moment(workers, proxy)
        for worker in workers:
            if worker.code == 0:
                raise CrashFailed(f"the load ended after {self._outcome.kills} kills: more records, or fewer kills")
            if worker.code is not None:
                raise CrashFailed(f"exit {worker.code}: {worker.last_words()}")
        if self._dice.choice(workers).kill():
            self._outcome.kills += 1
            self._say(f"kill {self._outcome.kills}: {proxy.forwarded:,} documents sent, {proxy.done.total():,} faults")

    def _wait_for_moment(self, workers: list[Worker], proxy: FaultProxy) -> None:
        """So many documents later that all kills together meet most of the load; a few come at once."""
        if monotonic() > self._end:
            raise CrashFailed("out of time")
        if self._dice.random() < EARLY_SHARE:
            self._tick.wait(self._dice.uniform(0, 1.5))
            return
        step = 0.75 * self._plan.records / self._plan.kills
        wanted = proxy.forwarded + self._dice.uniform(1, 2 * step)
        patience = min(monotonic() + QUIET_SECONDS, self._end)
        while proxy.forwarded < wanted and monotonic() < patience and all(each.code is None for each in workers):
            self._tick.wait(0.02)
        self._tick.wait(self._dice.uniform(0, 0.3))

    def _finish(self, worker: Worker) -> None:
        told = worker.finish(self._end - monotonic())
        if told["sums"]["read"] != told["sums"]["accounted"] or not told["finished"]:
            raise CrashFailed(f"the report does not add up: {told['sums']}")
        again = worker.finish(self._end - monotonic() + 60)
        if again["sums"]["read"] or again["inputs_unchanged"] != again["inputs"]:
            raise CrashFailed(f"a load that was finished is not: {again['sums']}")

    def _counted(self) -> Outcome:
        node, prefix = self._direct.node, self._direct.prefix
        self._outcome.count = count_numbers(self._direct, self._plan.records)
        _, stats = node.request("GET", f"/{prefix}-aws.vpcflow-*/_stats/indexing")
        self._outcome.redelivered = stats["_all"]["total"]["indexing"]["index_failed"]
        self._outcome.partitions = len(stats["indices"])
        return self._outcome

    def _identity(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self._plan).items() if name != "seconds"}

    def _read_progress(self) -> tuple[Outcome, bool]:
        with suppress(FileNotFoundError):
            known = json.loads(self._progress.read_text())
            if known["plan"] != self._identity():
                raise CrashFailed(f"{self._folder} holds a run with another plan: {known['plan']}")
            return Outcome(kills=known["kills"], faults=Counter(known["faults"])), True
        return Outcome(), False

    def _save_progress(self) -> None:
        told = {"plan": self._identity(), "kills": self._outcome.kills, "faults": self._outcome.faults}
        # This process may be ended at any moment, too.
        new = self._progress.with_suffix(".new")
        new.write_text(json.dumps(told))
        new.replace(self._progress)
