"""OpenSearch gone for an hour, in simulated time: attempts stay few, memory stays bounded, everything is delivered."""

from collections.abc import Sequence
from threading import Event, Lock, local

import pytest

from fakes import (
    NOW,
    Apply,
    FakeClock,
    FakeDeadLetters,
    FakeDecoder,
    FakeEndpoint,
    FakePartitions,
    FakeSource,
    FakeWait,
    RequestFault,
    Sent,
    answer,
    lost_before,
    page,
)
from shipper.errors import Unavailable
from shipper.model import Batch, Chunk, ChunkId, Fate, Position, RecordKind, Stream, Sums
from shipper.opensearch.reply import Reply
from shipper.opensearch.sink import OpenSearchSink
from shipper.pipeline import Pipeline

HOUR = 3600.0
LONGEST_SECONDS = 30.0
MOST_ATTEMPTS = int(HOUR / LONGEST_SECONDS) + 10
"""Where every delay is as long as it may be: 0.25, 0.5 … 16 seconds, then 30 each time."""

OUTAGES = {
    "connection refused": lost_before,
    "gateway page": page(502),
    "no manager": answer(503, "cluster_manager_not_discovered_exception"),
    "circuit breaker": answer(429, "circuit_breaking_exception"),
}


def batch() -> Batch:
    records = b"".join(b"p %d\n" % number for number in range(100))
    return FakeDecoder().decode(Chunk(ChunkId(0), records, Position("o", 0), "IDENTITY-12c", 0, NOW))


@pytest.mark.parametrize("fault", OUTAGES.values(), ids=OUTAGES)
def test_an_hour_costs_few_attempts_and_ends_within_one_delay(fault: RequestFault) -> None:
    clock, store = FakeClock(), FakeEndpoint()
    wait = FakeWait(clock)
    begin = clock()

    def seconds() -> float:
        return (clock() - begin).total_seconds()

    store.always = lambda sent, apply: fault(sent, apply) if seconds() < HOUR else apply()
    sink = OpenSearchSink(store, FakePartitions(), wait=wait, clock=clock, random=lambda: 1.0)
    verdicts = sink.write(batch())
    assert [verdict.fate for verdict in verdicts] == [Fate.DELIVERED] * 100
    assert len(store.documents) == 100
    assert max(wait.seconds) == LONGEST_SECONDS
    assert len(wait.seconds) <= MOST_ATTEMPTS
    assert HOUR <= seconds() <= HOUR + LONGEST_SECONDS
    assert sink.waiting() is None


def test_partitions_that_cannot_be_asked_for_an_hour_are_no_end_either() -> None:
    clock, store = FakeClock(), FakeEndpoint()
    wait = FakeWait(clock)
    begin = clock()

    def gone() -> None:
        if (clock() - begin).total_seconds() < HOUR:
            raise Unavailable("connection refused")

    sink = OpenSearchSink(store, FakePartitions(gone), wait=wait, clock=clock, random=lambda: 1.0)
    assert len(sink.write(batch())) == 100
    assert len(wait.seconds) <= MOST_ATTEMPTS
    assert len(store.sent) == 1


class Hour:
    """Each thread lives an hour of its own, in no time; no hour begins before `full` is set."""

    def __init__(self) -> None:
        self.full = Event()
        self._own = local()
        self._lock = Lock()
        self.waits = 0

    def __call__(self, seconds: float) -> bool:
        if seconds:
            assert self.full.wait(20), "memory was never used up"
        with self._lock:
            self.waits += seconds > 0
        self._own.seconds = self.seconds + seconds
        return False

    @property
    def seconds(self) -> float:
        return float(getattr(self._own, "seconds", 0.0))

    @property
    def over(self) -> bool:
        return self.seconds >= HOUR


def test_a_pipeline_holds_no_more_than_its_memory_for_an_hour_and_then_delivers_everything() -> None:
    chunks = [b"".join(b"p %d %d\n" % (chunk, line) for line in range(50)) for chunk in range(40)]
    source, store, letters = FakeSource(chunks), FakeEndpoint(), FakeDeadLetters()
    decoded = [FakeDecoder().decode(Chunk(ChunkId(0), chunk, Position("o", 0), "x" * 12, 0, NOW)) for chunk in chunks]
    sizes = [len(chunk) + len(batch.body) for chunk, batch in zip(chunks, decoded, strict=True)]
    memory = sum(sizes[:5])
    hour = Hour()
    most_held = 0

    def outage(sent: Sequence[Sent], apply: Apply) -> Reply:
        nonlocal most_held
        most_held = max(most_held, source.unsafe)
        if most_held >= 5:
            hour.full.set()
        return apply() if hour.over else lost_before(sent, apply)

    store.always = outage
    clock = FakeClock()
    sink = OpenSearchSink(store, FakePartitions(), wait=hour, clock=clock, random=lambda: 1.0)
    pipeline = Pipeline(
        source, FakeDecoder(), sink, letters, stream=Stream(RecordKind("lines"), ""), clock=clock, stop=Event()
    )  # fmt: skip
    pipeline.run(memory)
    assert source.safe == len(chunks)
    assert len(store.documents) == 50 * len(chunks)
    assert sum(pipeline.sums().values(), Sums()).delivered == 50 * len(chunks)
    assert most_held == 5, "more than the budget and the one chunk that used it up"
    assert hour.waits <= MOST_ATTEMPTS * 32, "one hour for each thread"
    assert not letters.letters
