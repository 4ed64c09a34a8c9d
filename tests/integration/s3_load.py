"""Objects of a bucket through a queue and workers that are killed, stalled and cut off; then every record counted.

In: a node that may be stopped, a folder, a plan. Out: an Outcome. moto's server stands for S3 and SQS, in this process.
Ends only processes that it started.
"""

import gzip
import json
import os
import random
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from urllib.parse import quote_plus

import pytest

from aws_keys import object_key
from aws_server import CREDENTIALS, client, moto
from integration.command import Shipper
from integration.containers import START_SECONDS, OpenSearchNode, wait_for
from integration.flow_log_files import HEADER
from integration.numbered_objects import Count, count_numbers, numbered_record
from integration.running import Running

BUCKET = "flow-logs-of-all"
VISIBILITY_SECONDS = 15
ODD_ONE_IN = 7
"""So many objects are not named by AWS: their ids come from their content."""

_ENTRIES = 10
_WARM = 20
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class QueuePlan:
    """How much of what. `told_twice` of the objects are told of again; what a stalled worker holds goes to others."""

    records: int
    objects: int
    kills: int
    stalls: int = 1
    restarts: int = 1
    told_twice: float = 0.2
    workers: int = 2
    seed: int = 1
    seconds: float = 3600.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it. `redelivered`: documents that the store had already, since it was last restarted."""

    count: Count
    kills: int
    redelivered: int


class Cloud:
    """A bucket and a queue at moto's, and the settings that lead a worker there."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.s3, self.sqs = client("s3", url), client("sqs", url)
        self.s3.create_bucket(Bucket=BUCKET)
        self.queue = self.sqs.create_queue(QueueName="flow-logs")["QueueUrl"]
        self.settings = folder / "shipper.toml"
        self.settings.write_text(
            f'[aws]\nendpoint_url = "{url}"\n[inputs.live]\ntype = "sqs"\nqueue_url = "{self.queue}"\n'
            f"visibility_seconds = {VISIBILITY_SECONDS}\nmost_receives = 1000\n"
        )

    def put(self, key: str, begin: int, end: int) -> int:
        """An object with the records of these numbers; its size."""
        text = "\n".join([HEADER, *map(numbered_record, range(begin, end)), ""])
        body = gzip.compress(text.encode(), 1, mtime=0)
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return len(body)

    def tell(self, keys: Sequence[tuple[str, int]]) -> None:
        """As S3 does: a message for each of these (key, size), in this order."""
        for begin in range(0, len(keys), _ENTRIES):
            entries = [
                {"Id": str(place), "MessageBody": notification(*each)}
                for place, each in enumerate(keys[begin : begin + _ENTRIES])
            ]
            self.sqs.send_message_batch(QueueUrl=self.queue, Entries=entries)

    def left(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)


def notification(key: str, size: int) -> str:
    """Amazon S3 User Guide, "Event message structure"."""
    found = {"bucket": {"name": BUCKET}, "object": {"key": quote_plus(key, safe="/"), "size": size}}
    return json.dumps({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": found}]})


@contextmanager
def cloud(folder: Path) -> Iterator[Cloud]:
    """Serve until left. The credentials are in the environment meanwhile."""
    with pytest.MonkeyPatch.context() as environment, moto() as url:
        for name, value in CREDENTIALS.items():
            environment.setenv(name, value)
        yield Cloud(url, folder)


def objects_of(plan: QueuePlan) -> list[tuple[str, int, int]]:
    """(key, first number, end): sizes differ by a factor of a hundred, and together they are all records."""
    dice = random.Random(f"objects {plan.seed}")  # noqa: S311  (sizes, not secrets)
    weights = [min(dice.paretovariate(1.2), 20) for _ in range(plan.objects)]
    found, begin, weight = [], 0, 0.0
    for place, own in enumerate(weights):
        weight += own
        end = plan.records if place == plan.objects - 1 else int(plan.records * weight / sum(weights))
        day = f"2026/01/{1 + place // 288 % 28:02}"
        key = object_key(day, place) if place % ODD_ONE_IN else f"kept by people/é + {place}.log.gz"
        found.append((key, begin, end))
        begin = end
    return found


class QueueLoad:
    """Made for one run. `say` gets a line now and then."""

    def __init__(
        self, node: OpenSearchNode, prefix: str, folder: Path, plan: QueuePlan, say: Callable[[str], object]
    ) -> None:
        self._plan = plan
        self._say = say
        self._folder = folder
        self._end = monotonic() + plan.seconds
        self._tick = Event()
        self._dice = random.Random(plan.seed)  # noqa: S311  (moments, not secrets)
        self._shipper = Shipper(node, prefix, folder / "state")

    def run(self) -> Outcome:
        """Put, tell, kill, stall, restart; wait until the queue is empty; count."""
        self._shipper.anew()
        with cloud(self._folder) as aws:
            told = [(key, aws.put(key, begin, end)) for key, begin, end in objects_of(self._plan)]
            again = self._dice.sample(told, int(len(told) * self._plan.told_twice))
            messages = [*told, *again]
            self._dice.shuffle(messages)
            aws.tell(messages)
            self._say(f"{len(told):,} objects, {len(messages):,} messages")
            kills = self._work(aws, len(messages))
        _, stats = self._shipper.node.request("GET", f"/{self._shipper.prefix}-aws.vpcflow-*/_stats/indexing")
        redelivered = stats["_all"]["total"]["indexing"]["index_failed"]
        return Outcome(count_numbers(self._shipper, self._plan.records), kills, redelivered)

    def remove(self) -> None:
        """Delete what was stored."""
        self._shipper.remove()

    def _work(self, aws: Cloud, messages: int) -> int:
        """Until nothing is left; how often a worker was killed."""
        plan = self._plan
        todo = ["kill"] * plan.kills + ["stall"] * plan.stalls + ["restart"] * plan.restarts
        self._dice.shuffle(todo)
        # Each when so many messages are left: spread over the whole load.
        moments = sorted((self._dice.uniform(0.03, 0.97) * messages for _ in todo), reverse=True)
        workers = [self._worker(aws, place) for place in range(plan.workers)]
        threads: list[Thread] = []
        kills = 0
        try:
            for what, moment in zip(todo, moments, strict=True):
                self._wait(aws, moment, workers)
                place = self._dice.randrange(len(workers))
                if what == "restart":
                    threads.append(Thread(target=self._restart))
                    threads[-1].start()
                elif what == "stall":
                    threads.append(Thread(target=self._stall, args=[workers[place]]))
                    threads[-1].start()
                else:
                    workers[place].kill()
                    kills += 1
                    self._say(f"kill {kills}, {aws.left():,} messages left")
                    workers[place] = self._worker(aws, place)
            for thread in threads:
                thread.join()
            self._wait(aws, 0, workers)
            codes = [worker.stop() for worker in workers]
            assert codes == [143] * len(workers), [worker.last_words() for worker in workers]
        finally:
            for worker in workers:
                worker.kill()
        return kills

    def _worker(self, aws: Cloud, place: int) -> Running:
        return Running(replace(self._shipper, state=self._folder / f"state-{place}"), aws.settings)

    def _wait(self, aws: Cloud, left: float, workers: Sequence[Running]) -> None:
        while aws.left() > left:
            assert monotonic() < self._end, f"out of time: {aws.left()} messages are left"
            for worker in workers:
                assert worker.process.poll() is None, worker.last_words()
            self._tick.wait(0.1)

    def _restart(self) -> None:
        self._say("OpenSearch is killed")
        self._shipper.node.kill()
        self._shipper.node.start(max(self._end - monotonic(), START_SECONDS))  # replaying what it had can take long

    def _stall(self, worker: Running) -> None:
        """Its messages become visible to others while it holds them, and then it goes on with them."""
        self._say("a worker is stalled")
        worker.process.send_signal(signal.SIGSTOP)
        self._tick.wait(VISIBILITY_SECONDS * 1.5)
        worker.process.send_signal(signal.SIGCONT)


def cpu_seconds(process: int) -> float:
    """Of this process so far (proc(5), stat: utime and stime)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def cpu_per_million(
    node: OpenSearchNode, prefix: str, folder: Path, plan: QueuePlan, workers: Sequence[int]
) -> dict[int, float]:
    """CPU seconds that so many workers together take for a million records of the same objects, once they run."""
    shipper = Shipper(node, prefix, folder / "state")
    taken: dict[int, float] = {}
    with cloud(folder) as aws:
        told = [(key, aws.put(key, begin, end)) for key, begin, end in objects_of(plan)]
        for count in workers:
            shipper.anew()
            each = [Running(replace(shipper, state=folder / f"cpu-{count}-{n}"), aws.settings) for n in range(count)]
            try:
                for worker in each:
                    worker.wait_for_health(200)
                aws.tell(told[: _WARM * count])  # what is done once in a process is no cost of records
                wait_for(lambda: aws.left() == 0, plan.seconds, lambda: f"{aws.left()} messages are left")
                before = sum(cpu_seconds(worker.process.pid) for worker in each)
                aws.tell(told)
                wait_for(lambda: aws.left() == 0, plan.seconds, lambda: f"{aws.left()} messages are left")
                after = sum(cpu_seconds(worker.process.pid) for worker in each)
            finally:
                for worker in each:
                    worker.kill()
            taken[count] = (after - before) / plan.records * 1e6
        shipper.remove()
    return taken
