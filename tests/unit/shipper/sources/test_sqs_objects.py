"""A queue as a source: when a message is deleted, when it comes again, and when it is given up."""

from collections.abc import Callable

import pytest

from aws.errors import AwsDenied, AwsUnavailable
from fake_bucket import FakeBucket
from fake_queue import FakeQueue, created
from fakes import NOW, FakeDeadLetters, FakeWait
from polling import poll_all
from shipper.errors import Refused, StateUnwritable
from shipper.identity import CHUNK_BYTES, Framing
from shipper.model import Chunk, DeadLetter, RecordKind, Stream
from shipper.sources.patience import Patience
from shipper.sources.queue_rules import QueueRules
from shipper.sources.s3_layout import Wanted
from shipper.sources.s3_objects import S3Objects
from shipper.sources.sqs_objects import SqsSource

BIG = b"".join(b"%d " % number + b"x" * 100_000 + b"\n" for number in range(30))
"""Three chunks."""
ONCE = QueueRules(once=True, parallel=2)


class Rig:
    """A bucket and a queue that outlive workers."""

    def __init__(self) -> None:
        self.bucket = FakeBucket()
        self.queue = FakeQueue()
        self.letters = FakeDeadLetters()

    def put(self, *keys: str, content: bytes = b"one\n") -> None:
        self.bucket.objects.update(dict.fromkeys(keys, content))
        self.queue.put(created(*keys, size=len(content)))

    def worker(self, rules: QueueRules = ONCE) -> SqsSource:
        return SqsSource(
            self.queue,
            S3Objects(self.bucket, Patience(FakeWait(), lambda: 0.5), Wanted()),
            rules,
            dead_letters=self.letters,
            stream=Stream(RecordKind("flowlogs"), "store"),
            framing=Framing(lambda _: None),
            clock=lambda: NOW,
        )

    def drain(self, commit: Callable[[Chunk], bool] = lambda _: True) -> list[str]:
        """The keys a worker handed out; it commits those it is told to, and leaves."""
        worker = self.worker()
        chunks = poll_all(worker)
        for chunk in chunks:
            if commit(chunk):
                worker.commit(chunk.id)
        worker.close()
        return [chunk.position.origin.removeprefix("s3://logs/") for chunk in chunks]


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_a_message_is_deleted_when_all_chunks_of_all_its_objects_are_safe(rig: Rig) -> None:
    rig.put("1.log", "2.log", content=BIG)
    worker = rig.worker()
    chunks = poll_all(worker)
    assert len(chunks) == 6
    for chunk in reversed(chunks[1:]):
        worker.commit(chunk.id)
    assert rig.queue.bodies
    worker.commit(chunks[0].id)
    worker.close()
    assert not rig.queue.bodies


def test_s1_what_was_not_safe_comes_again_to_any_worker(rig: Rig) -> None:
    rig.put("1.log")
    rig.put("2.log", "3.log")
    assert sorted(rig.drain(lambda chunk: not chunk.position.origin.endswith("3.log"))) == ["1.log", "2.log", "3.log"]
    assert sorted(rig.drain()) == ["2.log", "3.log"]
    assert rig.drain() == []


def test_s1_a_redelivered_message_is_the_same_records(rig: Rig) -> None:
    rig.put("1.log", content=BIG)
    first, second = rig.worker(), rig.worker()
    mine = poll_all(first)
    rig.queue.expire()
    theirs = poll_all(second)
    named = [[(chunk.identity, chunk.first_ordinal, chunk.records) for chunk in chunks] for chunks in (mine, theirs)]
    assert named[0] == named[1]
    for worker, chunks in ((first, mine), (second, theirs)):
        for chunk in chunks:
            worker.commit(chunk.id)
        worker.close()
    assert not rig.queue.bodies


def test_s2_a_message_in_our_hands_is_hidden_anew(rig: Rig) -> None:
    rig.put("1.log")
    worker = rig.worker(QueueRules(visibility_seconds=1, parallel=1))
    while (chunk := worker.poll(CHUNK_BYTES)) is None:
        pass
    while rig.queue.renewed.count(("m0", 1)) < 3:
        assert worker.poll(CHUNK_BYTES) is None
    worker.commit(chunk.id)
    while rig.queue.bodies:
        worker.poll(CHUNK_BYTES)
    worker.close()
    assert ("m0", 0) not in rig.queue.renewed


def test_a_worker_that_leaves_gives_back_what_it_has(rig: Rig) -> None:
    rig.put("1.log")
    worker = rig.worker()
    poll_all(worker)
    assert rig.queue.hidden
    worker.close()
    assert not rig.queue.hidden
    assert ("m0", 0) in rig.queue.renewed


def test_s7_poison_is_a_dead_letter_with_the_objects_name_after_its_receives(rig: Rig) -> None:
    rig.put("good.log", "gone.log")
    del rig.bucket.objects["gone.log"]
    for receives in (1, 2, 3):
        assert rig.queue.bodies
        assert not rig.letters.letters
        assert rig.drain() == ["good.log"]
        assert rig.queue.receives == {"m0": receives}
        rig.queue.expire()
    assert not rig.queue.bodies
    (letter,) = rig.letters.letters
    assert letter.position.origin == "s3://logs/gone.log"
    assert "not there any more" in letter.reason
    assert "tried 3 times" in letter.reason
    assert letter.fragment


def test_what_is_no_notification_is_a_dead_letter_at_once(rig: Rig) -> None:
    rig.queue.put("hello")
    rig.put("1.log")
    assert rig.drain() == ["1.log"]
    assert [(letter.raw, letter.reason) for letter in rig.letters.letters] == [
        (b"hello", "no notification of S3: not JSON")
    ]
    assert not rig.queue.bodies


def test_s7_s9_test_events_other_prefixes_and_our_own_files_are_dealt_with_unread(rig: Rig) -> None:
    rig.queue.put('{"Event": "s3:TestEvent"}')
    for key in ("other/1.log", "mine/1.log", "mine/flowtap-deadletter/1.log"):
        rig.put(key)
    worker = rig.worker(QueueRules(once=True, prefixes=("mine/",)))
    chunks = poll_all(worker)
    assert [chunk.position.origin for chunk in chunks] == ["s3://logs/mine/1.log"]
    worker.commit(chunks[0].id)
    worker.close()
    assert not rig.queue.bodies
    assert not rig.bucket.opened.keys() - {"mine/1.log"}


def test_s8_objects_are_read_while_others_wait_for_their_verdict(rig: Rig) -> None:
    for number in range(300):
        rig.put(f"{number}.log")
    worker = rig.worker(QueueRules(once=True, parallel=4, most_messages=1000))
    chunks = poll_all(worker)
    assert len(chunks) == 300
    for chunk in chunks:
        worker.commit(chunk.id)
    worker.close()
    assert not rig.queue.bodies


def test_no_more_messages_are_taken_than_can_be_held(rig: Rig) -> None:
    for number in range(300):
        rig.put(f"{number}.log")
    worker = rig.worker(QueueRules(parallel=2, most_messages=20))
    chunks: list[Chunk] = []
    for _ in range(200):
        if (chunk := worker.poll(CHUNK_BYTES)) is not None:
            chunks.append(chunk)
        if len(chunks) >= 20:
            break
    assert len(rig.queue.hidden) <= 30
    worker.close()


def test_s5_a_queue_that_does_not_answer_is_asked_again(rig: Rig) -> None:
    rig.put("1.log")
    faults = [AwsUnavailable("throttled")] * 5

    def before(_: str) -> None:
        if faults:
            raise faults.pop()

    rig.queue.before = before
    assert rig.drain() == ["1.log"]


def test_a_queue_that_may_not_be_read_stops(rig: Rig) -> None:
    def before(_: str) -> None:
        raise AwsDenied("It takes sqs:ReceiveMessage")

    rig.queue.before = before
    with pytest.raises(Refused, match="sqs:ReceiveMessage"):
        poll_all(rig.worker())


def test_the_depth_of_the_queue_is_told(rig: Rig) -> None:
    for number in range(3):
        rig.put(f"{number}.log")
    rig.queue.hidden.update(rig.queue.bodies)
    rig.put("other.log")
    worker = rig.worker()
    assert (worker.reading().queue_waiting, worker.reading().queue_taken) == (-1, -1)
    poll_all(worker)
    while worker.reading().queue_taken < 0:
        pass
    reading = worker.reading()
    worker.close()
    assert (reading.queue_waiting + reading.queue_taken, reading.queue_taken >= 3) == (4, True)


def test_a_queue_whose_depth_may_not_be_asked_is_worked_through_all_the_same(rig: Rig) -> None:
    def before(what: str) -> None:
        if what == "depth":
            raise AwsDenied("It takes sqs:GetQueueAttributes")

    rig.queue.before = before
    rig.put("1.log")
    assert rig.drain() == ["1.log"]
    assert not rig.queue.bodies


def test_a_message_is_kept_where_its_dead_letter_cannot_be(rig: Rig) -> None:
    def full(_: object) -> None:
        raise StateUnwritable("disk full")

    rig.queue.put("hello")
    rig.letters = FakeDeadLetters(full)
    worker = rig.worker()
    with pytest.raises(StateUnwritable):
        poll_all(worker)
    worker.close()
    assert rig.queue.bodies


def test_a_letter_is_one_that_the_store_takes(rig: Rig) -> None:
    rig.queue.put("\ud800 lone surrogate")
    rig.drain()
    (letter,) = rig.letters.letters
    assert isinstance(letter, DeadLetter)
    assert len(letter.identity) == 12
