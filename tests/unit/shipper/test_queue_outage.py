"""An hour without a store, on a simulated clock: no more is taken, what is taken stays hidden, it goes on alone."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Thread
from time import monotonic

from aws.sqs import Message
from fake_bucket import FakeBucket
from fake_queue import FakeQueue, created
from fakes import NOW, FakeDeadLetters, FakeDecoder, FakeEndpoint, FakePartitions, FakeWait, Sent
from shipper.errors import Unavailable
from shipper.identity import Framing
from shipper.model import RecordKind, Stream
from shipper.opensearch.reply import Reply
from shipper.opensearch.sink import OpenSearchSink
from shipper.pipeline import Pipeline
from shipper.sources.patience import Patience
from shipper.sources.queue_rules import QueueRules
from shipper.sources.s3_layout import Wanted
from shipper.sources.s3_objects import S3Objects
from shipper.sources.sqs_objects import SqsSource

HOUR_SECONDS = 3600.0
STREAM = Stream(RecordKind("lines"), "store")
MESSAGES = 300
RULES = QueueRules(visibility_seconds=120, most_messages=40, parallel=4)


class Simulated:
    """A clock that only the keeper's waits move."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)


@dataclass
class TimedQueue(FakeQueue):
    """A queue whose hidden messages come back when their time is over. `taken`: the most that were hidden at once."""

    clock: Simulated = field(default_factory=Simulated)
    until: dict[str, float] = field(default_factory=dict)
    taken: int = 0

    def receive(self, wait_seconds: int, visibility_seconds: int) -> Sequence[Message]:
        self.hidden = {name for name in self.hidden if self.until[name] > self.clock.seconds}
        found = super().receive(wait_seconds, visibility_seconds)
        self.until.update({each.id: self.clock.seconds + visibility_seconds for each in found})
        self.taken = max(self.taken, len(self.hidden & self.bodies.keys()))
        return found

    def hide(self, messages: Sequence[Message], seconds: int) -> None:
        super().hide(messages, seconds)
        late = [each.id for each in messages if each.id in self.bodies and self.until[each.id] <= self.clock.seconds]
        assert not late, f"{late} were seen by others before they were hidden anew"
        self.until.update({each.id: self.clock.seconds + seconds for each in messages})


def wait_until_empty(queue: FakeQueue) -> None:
    tick, end = Event(), monotonic() + 60
    while queue.bodies and monotonic() < end:
        tick.wait(0.01)


def test_an_hour_without_a_store_takes_no_more_messages_and_goes_on_by_itself() -> None:
    clock = Simulated()
    queue = TimedQueue(clock=clock)
    bucket = FakeBucket()
    for number in range(MESSAGES):
        bucket.objects[f"{number}.log"] = b"p %d\n" % number
        queue.put(created(f"{number}.log", size=10))
    stopped, back, full = Event(), Event(), Event()
    opened: list[int] = []

    def store_gone(_: Sequence[Sent], apply: Callable[[], Reply]) -> Reply:
        if back.is_set():
            return apply()
        full.set()
        raise Unavailable("nobody answers")

    def keepers_wait(seconds: float) -> bool:
        """As long as the store is gone, time passes as fast as the keeper works."""
        assert full.wait(60)
        if back.is_set():
            return stopped.wait(0.01)
        while source.reading().backlog_inputs < max(RULES.most_messages, len(queue.hidden)):
            stopped.wait(0.01)  # or an hour may pass between two steps of another thread
        clock.seconds += seconds
        if clock.seconds >= HOUR_SECONDS:
            opened.append(sum(bucket.opened.values()))
            back.set()
        return False

    source = SqsSource(
        queue,
        S3Objects(bucket, Patience(FakeWait(), lambda: 0.5), Wanted()),
        RULES,
        dead_letters=FakeDeadLetters(),
        stream=STREAM,
        framing=Framing(lambda _: None),
        clock=clock,
        wait=keepers_wait,
    )
    store = FakeEndpoint(always=store_gone)
    sink = OpenSearchSink(store, FakePartitions(), wait=lambda _: stopped.wait(0.01), clock=clock, random=lambda: 0.5)
    stop = Event()
    pipeline = Pipeline(
        source,
        FakeDecoder(),
        sink,
        FakeDeadLetters(),
        stream=STREAM,
        clock=clock,
        stop=stop,
    )
    run = Thread(target=pipeline.run)
    run.start()
    try:
        assert back.wait(60)
        wait_until_empty(queue)
    finally:
        stop.set()
        run.join(60)
        stopped.set()
        source.close()
    assert not queue.bodies
    assert len(store.documents) == MESSAGES
    assert set(queue.receives.values()) == {1}, "a message was seen by others meanwhile"
    assert queue.taken <= RULES.most_messages + 10
    assert opened[0] <= RULES.most_messages + 10
    renewals = Counter(name for name, seconds in queue.renewed if seconds)
    assert renewals.most_common(1)[0][1] >= HOUR_SECONDS / RULES.visibility_seconds
