"""The sink against a store that fails in every way a store can. Codes B1 to B12 are cases other tools lost data to.

Long because every way to fail is a test of its own, and all share one rig.
"""

from collections import deque
from collections.abc import Callable
from itertools import repeat
from threading import Event, Thread

import pytest

from fakes import (
    NOW,
    FakeClock,
    FakeDecoder,
    FakeEndpoint,
    FakePartitions,
    FakeWait,
    Faults,
    RequestFault,
    Sent,
    WriteQueue,
    answer,
    cut_short,
    items_missing,
    limited_to,
    lost_after,
    lost_before,
    page,
)
from shipper.errors import Refused, Unavailable
from shipper.identity import document_id
from shipper.interfaces import Wait
from shipper.model import Batch, Chunk, ChunkId, Fate, Position, Verdict
from shipper.opensearch.bulk import Item
from shipper.opensearch.reply import Reply
from shipper.opensearch.sink import LEAST_BODY_BYTES, OpenSearchSink
from shipper.opensearch.verdicts import ITEM_TABLE, REQUEST_TABLE, Outcome, request_outcome

IDENTITY = "IDENTITY-12c"
DELIVERED, DUPLICATE = Verdict(Fate.DELIVERED), Verdict(Fate.DUPLICATE)
BUSY = Item(429, "rejected_execution_exception", "queue is full")
FULL = Item(429, "circuit_breaking_exception", "Data too large")
BAD = Item(400, "mapper_parsing_exception", "failed to parse")
BROKEN = Item(500, "null_pointer_exception", "boom")
CLOSED = Item(400, "index_closed_exception", "closed")


def batch_of(*partitions: str, identity: str = IDENTITY) -> Batch:
    records = b"".join(f"{partition} x\n".encode() for partition in partitions)
    return FakeDecoder().decode(Chunk(ChunkId(0), records, Position("o", 0), identity, 0, NOW))


def name(number: int) -> str:
    return document_id(IDENTITY, number)


class Rig:
    """A sink, its store, and a clock that only waiting moves."""

    def __init__(self, then: Callable[[int], bool] = lambda _: False, body_bytes: int = 8 << 20) -> None:
        self.clock = FakeClock()
        self.wait: FakeWait = FakeWait(self.clock, then)
        self.store = FakeEndpoint()
        self.partitions = FakePartitions()
        self.sink = self.made(self.wait, body_bytes)

    def made(self, wait: Wait, body_bytes: int = 8 << 20) -> OpenSearchSink:
        return OpenSearchSink(
            self.store, self.partitions, wait=wait, clock=self.clock, random=lambda: 1.0, body_bytes=body_bytes
        )

    def sent(self) -> list[list[int]]:
        """Which documents each request held."""
        return [[int(each.removeprefix(IDENTITY), 36) for each in ids] for ids in self.store.ids_sent()]

    def stored(self) -> set[int]:
        return {int(each.removeprefix(IDENTITY), 36) for _, each in self.store.documents}


def after(calls: int) -> Callable[[int], bool]:
    """Told to stop in this wait."""
    return lambda number: number >= calls


def test_documents_are_stored_in_one_request() -> None:
    rig = Rig()
    assert rig.sink.write(batch_of("p", "q", "p")) == [DELIVERED] * 3
    assert rig.sent() == [[0, 1, 2]]
    assert {index for index, _ in rig.store.documents} == {"p", "q"}
    assert (rig.wait.seconds, rig.sink.resent, rig.sink.waiting()) == ([], 0, None)


def test_no_documents_are_no_request() -> None:
    rig = Rig()
    assert rig.sink.write(batch_of()) == []
    assert rig.store.sent == []


def test_b1_only_documents_that_failed_are_sent_again() -> None:
    rig = Rig()
    rig.store.item = Faults({name(1): [BUSY, BUSY], name(3): [BUSY]})
    assert rig.sink.write(batch_of(*"ppppp")) == [DELIVERED] * 5
    assert rig.sent() == [[0, 1, 2, 3, 4], [1, 3], [1]]
    assert rig.sink.resent == 3


def test_b1_delays_grow_while_nothing_gets_through_and_begin_anew_when_something_does() -> None:
    rig = Rig()
    rig.store.item = Faults({name(0): [BUSY] * 7, name(1): [BUSY] * 4})
    rig.sink.write(batch_of("p", "p"))
    assert rig.wait.seconds == [0.25, 0.5, 1, 2, 0.25, 0.5, 1]


def crowded(rig: Rig, places: int, most_bytes: int = 1 << 30) -> WriteQueue:
    queue = WriteQueue(places, most_bytes)
    rig.store.always, rig.store.item = queue, queue.item
    return queue


@pytest.mark.parametrize("places", [1, 2, 5])
def test_b1_a_queue_that_takes_few_partitions_gets_requests_that_touch_few(places: int) -> None:
    rig = Rig(body_bytes=4096)
    crowded(rig, places)
    assert rig.sink.write(batch_of(*"pqrstu" * 200)) == [DELIVERED] * 1200
    assert rig.sink.resent < 0.2 * 1200
    touched = [len({each.index for each in sent}) for sent in rig.store.sent]
    assert touched[0] == 6
    assert touched.count(places) > len(touched) / 2, "it asks for less than it could have"


def test_b1_requests_touch_more_partitions_again_once_the_store_takes_them() -> None:
    rig = Rig(body_bytes=4096)
    queue = crowded(rig, 1)
    rig.sink.write(batch_of(*"pqrstu" * 200))
    queue.places = 6
    resent = rig.sink.resent
    for number in range(8):
        rig.sink.write(batch_of(*"pqrstu" * 200, identity=f"other------{number}"))
    assert rig.sink.resent == resent
    assert len({each.index for each in rig.store.sent[-1]}) > 4


def test_b1_a_large_request_for_one_partition_that_is_turned_away_is_followed_by_smaller_ones() -> None:
    rig = Rig(body_bytes=1 << 20)
    crowded(rig, 1, most_bytes=300_000)
    assert rig.sink.write(wide(60, "x" * 40_000)) == [DELIVERED] * 60
    sizes = [sum(len(each.document) for each in sent) for sent in rig.store.sent]
    assert sizes[0] > 900_000
    assert max(sizes[3:]) < 450_000


def test_b2_a_circuit_breaker_shrinks_requests_which_grow_again() -> None:
    rig = Rig(body_bytes=1 << 20)
    rig.store.requests = deque([answer(429, "circuit_breaking_exception", "Data too large")] * 2)
    line = "p " + "x" * 40_000
    batch = wide(30, line)
    assert rig.sink.write(batch) == [DELIVERED] * 30
    sizes = [sum(len(each.document) for each in sent) for sent in rig.store.sent]
    assert sizes[1] < sizes[0] < 1 << 20
    assert sizes[2] < sizes[1] <= 1 << 19
    assert sizes[2] <= 1 << 18
    for _ in range(30):
        rig.sink.write(wide(30, line))
    assert sum(len(each.document) for each in rig.store.sent[-2]) > 900_000


def wide(documents: int, line: str) -> Batch:
    """Documents of the line's whole length."""
    batch = batch_of(*["p"] * documents)
    parts = []
    for number in range(documents):
        action, _ = batch.body[batch.cuts[number] : batch.cuts[number + 1]].splitlines(keepends=True)
        parts.append(action + b'{"line":"%s"}\n' % line.encode())
    cuts = [sum(map(len, parts[:number])) for number in range(documents + 1)]
    return Batch(batch.chunk, b"".join(parts), cuts, batch.partitions, batch.ordinals)


def test_b2_requests_never_shrink_below_the_least() -> None:
    rig = Rig(body_bytes=LEAST_BODY_BYTES)
    rig.store.requests = deque([answer(429)] * 20)
    rig.sink.write(wide(4, "x" * 30_000))
    assert rig.sent()[20:] == [[0, 1], [2, 3]]


def test_b3_too_much_data_for_one_item_is_tried_again() -> None:
    rig = Rig()
    rig.store.item = Faults({name(0): [FULL] * 30})
    assert rig.sink.write(batch_of("p", "p")) == [DELIVERED] * 2
    assert len(rig.sent()) == 31


def test_b4_a_bad_document_is_refused_at_once_and_its_neighbours_go_on() -> None:
    rig = Rig()
    rig.store.item = Faults({name(1): repeat(BAD)})
    verdicts = rig.sink.write(batch_of("p", "p", "p"))
    assert verdicts == [DELIVERED, Verdict(Fate.REFUSED, "mapper_parsing_exception: failed to parse"), DELIVERED]
    assert rig.sent() == [[0, 1, 2]]
    assert rig.sink.resent == 0


def test_b6_what_is_there_already_is_a_duplicate() -> None:
    rig = Rig()
    rig.sink.write(batch_of("p"))
    assert rig.sink.write(batch_of("p", "p")) == [DUPLICATE, DELIVERED]


@pytest.mark.parametrize("fault", [lost_after, cut_short, items_missing])
def test_b7_b11_a_reply_that_did_not_come_whole_costs_a_resend_that_adds_nothing(fault: RequestFault) -> None:
    rig = Rig()
    rig.store.requests = deque([fault])
    assert rig.sink.write(batch_of("p", "p")) == [DUPLICATE] * 2
    assert rig.sent() == [[0, 1], [0, 1]]
    assert rig.stored() == {0, 1}


@pytest.mark.parametrize("fault", [lost_before, page(502), page(503), page(504), answer(503, "no_master"), page(200)])
def test_b8_b11_nothing_known_is_sent_again_until_it_is_known(fault: RequestFault) -> None:
    rig = Rig()
    rig.store.requests = deque([fault] * 5)
    assert rig.sink.write(batch_of("p", "p")) == [DELIVERED] * 2
    assert rig.sent() == [[0, 1]] * 6
    assert rig.wait.seconds == [0.25, 0.5, 1, 2, 4]


@pytest.mark.parametrize("status", [403, 429])
def test_b8_a_flood_stage_block_parks_and_is_waited_out(status: int) -> None:
    rig = Rig()
    rig.store.requests = deque([answer(status, "cluster_block_exception", "read-only")] * 3)
    assert rig.sink.write(batch_of("p", "p")) == [DELIVERED] * 2
    assert rig.sent() == [[0, 1], [0], [0], [0], [1]]
    assert rig.wait.seconds == [5, 10, 20, 0.25]


@pytest.mark.parametrize("status", [413, 400])
def test_b9_a_request_that_is_refused_whole_is_halved_until_the_culprit_is_alone(status: int) -> None:
    rig = Rig()

    def culprit(sent: list[Sent], apply: Callable[[], object]) -> object:
        refused = any(each.id == name(5) for each in sent)
        return answer(status, "some_exception", "too large")(sent, apply) if refused else apply()

    rig.store.always = culprit  # type: ignore[assignment]
    verdicts = rig.sink.write(batch_of(*"pppppppp"))
    assert [verdict.fate for verdict in verdicts].count(Fate.REFUSED) == 1
    assert verdicts[5] == Verdict(Fate.REFUSED, "some_exception: too large")
    assert rig.sent() == [[0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3], [4, 5, 6, 7], [4, 5], [4], [5], [6, 7]]
    assert rig.wait.seconds == []


def test_b9_later_requests_stay_within_what_the_store_takes() -> None:
    rig = Rig(body_bytes=1 << 20)
    rig.store.always = limited_to(150_000)
    assert rig.sink.write(wide(30, "x" * 40_000)) == [DELIVERED] * 30
    first = len(rig.store.sent)
    rig.sink.write(wide(30, "x" * 40_000))
    refused = [sent for sent in rig.store.sent[first:] if sum(len(each.document) for each in sent) > 150_000]
    assert len(refused) < 5


@pytest.mark.parametrize(
    "fault",
    [answer(401), page(401), answer(403, "security_exception"), page(403)],
)
def test_b10_a_door_that_is_closed_stops_the_stream(fault: RequestFault) -> None:
    rig = Rig()
    rig.store.requests = deque([fault])
    with pytest.raises(Refused, match=r"opensearch\.username"):
        rig.sink.write(batch_of("p"))
    assert rig.wait.seconds == []
    assert rig.sink.waiting() is None


def test_b10_what_aws_says_is_shown_with_what_mends_it() -> None:
    rig = Rig()
    rig.store.requests = deque([lambda _sent, _apply: Reply(403, b'{"Message":"User: arn:x is not authorized"}')])
    with pytest.raises(Refused, match=r"User: arn:x is not authorized.*access policy .*es:ESHttp.*flowtap_writer"):
        rig.sink.write(batch_of("p"))


def test_b10_a_door_that_is_closed_for_one_document_stops_too() -> None:
    rig = Rig()
    rig.store.item = Faults({name(1): repeat(Item(403, "security_exception", "no permissions"))})
    with pytest.raises(Refused, match=r"no permissions; .*flowtap_writer"):
        rig.sink.write(batch_of("p", "p"))


def test_a_refused_connection_stops() -> None:
    def refuse(_sent: object, _apply: object) -> object:
        raise Refused("certificate")

    rig = Rig()
    rig.store.requests = deque([refuse])  # type: ignore[list-item]
    with pytest.raises(Refused, match="certificate"):
        rig.sink.write(batch_of("p"))


@pytest.mark.parametrize(
    ("status", "error_type", "outcome"),
    [
        (status, error_type, outcome)
        for statuses, types, outcome in ITEM_TABLE
        for status in sorted(statuses)
        for error_type in sorted(types or {"anything"})
    ]
    + [(404, "index_not_found_exception", Outcome.PARKED), (418, "anything", Outcome.PARKED)],
)
def test_every_row_for_items_is_acted_on(status: int, error_type: str, outcome: Outcome) -> None:
    """What a document meets once decides how it is waited for and what becomes of it; its neighbour is delivered."""
    rig = Rig()
    rig.store.item = Faults({name(0): [Item(status, error_type, "made up")]})
    if outcome is Outcome.STOP:
        with pytest.raises(Refused):
            rig.sink.write(batch_of("p", "q"))
        return
    verdict, neighbour = rig.sink.write(batch_of("p", "q"))
    assert neighbour == DELIVERED
    expected = {
        Outcome.DELIVERED: (Fate.DELIVERED, []),
        Outcome.DUPLICATE: (Fate.DUPLICATE, []),
        Outcome.REFUSED: (Fate.REFUSED, []),
        Outcome.RETRY: (Fate.DELIVERED, [0.25]),
        Outcome.SERVER_FAULT: (Fate.DELIVERED, [0.25]),
        Outcome.PARKED: (Fate.DELIVERED, [5.0]),
    }
    assert (verdict.fate, rig.wait.seconds) == expected[outcome]


@pytest.mark.parametrize(
    ("status", "error_type"),
    [
        (status, error_type)
        for statuses, types, _ in REQUEST_TABLE
        for status in sorted(statuses)
        for error_type in sorted(types or {"anything"})
    ]
    + [(404, "anything"), (301, "anything")],
)
def test_every_row_for_requests_is_acted_on(status: int, error_type: str) -> None:
    rig = Rig()
    rig.store.requests = deque([answer(status, error_type)])
    outcome = request_outcome(status, error_type)
    if outcome is Outcome.STOP:
        with pytest.raises(Refused):
            rig.sink.write(batch_of("p", "q"))
        return
    expected = {Outcome.RETRY: [0.25], Outcome.SHRINK: [0.25], Outcome.SPLIT: [], Outcome.PARKED: [5.0]}
    assert rig.sink.write(batch_of("p", "q")) == [DELIVERED] * 2
    assert rig.wait.seconds == expected[outcome]


def test_a_server_fault_is_the_documents_after_ten_times_while_neighbours_get_through() -> None:
    rig = Rig()
    rig.store.item = Faults({name(1): repeat(BROKEN)})
    verdicts = rig.sink.write(batch_of("p", "p"))
    assert verdicts == [DELIVERED, Verdict(Fate.REFUSED, "null_pointer_exception: boom")]
    assert rig.sent() == [[0, 1]] * 10


def test_a_server_fault_alone_is_waited_out() -> None:
    rig = Rig()
    rig.store.item = Faults({name(0): [BROKEN] * 50})
    assert rig.sink.write(batch_of("p")) == [DELIVERED]


def test_other_partitions_go_on_while_one_is_parked() -> None:
    rig = Rig()
    rig.store.item = Faults({name(0): [CLOSED] * 3, name(2): [CLOSED], name(1): [BUSY] * 2})
    assert rig.sink.write(batch_of("p", "q", "p", "q")) == [DELIVERED] * 4
    assert rig.sent() == [[0, 1, 2, 3], [1], [1], [0], [0], [0], [2]]
    assert rig.wait.seconds == [0.25, 0.5, 4.25, 10, 20, 0.25]


def test_a_parked_partition_is_retried_even_if_others_never_get_through() -> None:
    """A document that the store chokes on is only told apart once a neighbour gets through: it must be let."""
    rig = Rig(after(2000))
    rig.store.item = Faults({name(0): repeat(BROKEN), name(1): [CLOSED]})
    assert [verdict.fate for verdict in rig.sink.write(batch_of("p", "q", "p"))] == [
        Fate.REFUSED, Fate.DELIVERED, Fate.DELIVERED,
    ]  # fmt: skip
    assert sum(rig.wait.seconds) < 300


def test_what_is_parked_as_a_whole_is_not_sent_with_the_next_request() -> None:
    """Sent nevertheless, it would be delivered while it is parked, and counted as its own duplicate afterwards."""
    rig = Rig(body_bytes=LEAST_BODY_BYTES)
    rig.store.requests = deque([answer(403, "cluster_block_exception")])
    assert rig.sink.write(wide(6, "x" * 30_000)) == [DELIVERED] * 6
    assert rig.sent() == [[0, 1], [0], [1, 2], [3, 4], [5]]


def test_partitions_that_cannot_be_made_are_parked_with_their_reason_and_remedy_in_sight() -> None:
    seen = []

    def look(number: int) -> bool:
        seen.append(rig.sink.waiting())
        if number == 3:
            rig.partitions.refused.clear()
        return False

    rig = Rig(look)
    rig.partitions.refused["p"] = Item(400, "validation_exception", "this action would add shards")
    assert rig.sink.write(batch_of("p", "q")) == [DELIVERED] * 2
    assert rig.sent() == [[1], [0]]
    assert rig.wait.seconds == [5, 10, 20]
    assert seen[0]
    assert "this action would add shards" in seen[0].what
    assert "cluster.max_shards_per_node" in seen[0].remedy
    assert rig.sink.waiting() is None


def test_a_partition_deleted_under_us_is_looked_for_again() -> None:
    rig = Rig()
    rig.store.item = Faults({name(0): [Item(404, "index_not_found_exception", "no such index")]})
    assert rig.sink.write(batch_of("p")) == [DELIVERED]
    assert rig.partitions.forgotten == ["p"]


def test_partitions_that_cannot_be_asked_for_now_are_waited_for() -> None:
    troubles = deque([Unavailable("no route"), Unavailable("no route")])

    def before() -> None:
        if troubles:
            raise troubles.popleft()

    rig = Rig()
    rig.partitions = FakePartitions(before)
    assert rig.made(rig.wait).write(batch_of("p")) == [DELIVERED]
    assert rig.wait.seconds == [0.25, 0.5]


def test_waiting_is_visible_since_it_began_and_gone_afterwards() -> None:
    seen = []
    rig = Rig(lambda _: seen.append(rig.sink.waiting()) or False)
    rig.store.item = Faults({name(0): [Item(403, "cluster_block_exception", "read-only")] * 3})
    rig.sink.write(batch_of("p"))
    assert [(each.what, each.since) for each in seen if each] == [("cluster_block_exception: read-only", NOW)] * 3
    assert all("free disk space" in each.remedy for each in seen if each)
    assert rig.sink.waiting() is None


def test_the_longest_wait_of_all_threads_is_shown() -> None:
    go, both = Event(), [Event(), Event()]

    def wait(_: float) -> bool:
        both[0].set() if not both[0].is_set() else both[1].set()
        return go.wait(30) and False

    rig = Rig()
    sink = rig.made(wait)
    rig.store.item = Faults({document_id("first-------", 0): [CLOSED], document_id("second------", 0): [BUSY]})
    threads = [
        Thread(target=sink.write, args=[batch_of("p", identity=each)]) for each in ("first-------", "second------")
    ]
    for thread, waits in zip(threads, both, strict=True):
        thread.start()
        assert waits.wait(30)
        rig.clock.advance(60)
    waiting = sink.waiting()
    go.set()
    for thread in threads:
        thread.join()
    assert waiting
    assert (waiting.what, waiting.since) == ("index_closed_exception: closed", NOW)
    assert sink.waiting() is None


@pytest.mark.parametrize("item", [BUSY, CLOSED, BROKEN])
def test_told_to_stop_waiting_ends_without_verdicts(item: Item) -> None:
    rig = Rig(after(4))
    rig.store.item = Faults({name(0): repeat(item)})
    with pytest.raises(Unavailable, match=f"told to stop while waiting: {item.error_type}"):
        rig.sink.write(batch_of("p", "q"))
    assert len(rig.wait.seconds) == 4
    assert rig.sink.waiting() is None


def test_mostly_refused_documents_stop_the_stream() -> None:
    rig = Rig()
    rig.store.item = lambda sent: BAD if int(sent.id.removeprefix(IDENTITY), 36) % 2 else None
    rig.sink.write(batch_of(*["p"] * 1000))
    rig.store.item = lambda _: BAD
    with pytest.raises(Refused, match="refused 501 of the last 1000 documents with mapper_parsing_exception"):
        rig.sink.write(batch_of(*["p"] * 10))


def test_everything_asked_of_the_store_is_counted() -> None:
    seen = []
    rig = Rig(lambda _: seen.append(rig.sink.traffic()) or False)

    def slowly(_sent: object, apply: Callable[[], Reply]) -> Reply:
        rig.clock.advance(0.02)
        return apply()

    rig.store.always = slowly
    rig.store.requests = deque([answer(429), answer(413), lost_before])
    rig.store.item = Faults({name(0): [Item(429, "x", "")], name(1): [CLOSED], name(3): [CLOSED]})
    assert rig.sink.write(batch_of(*"pqpq")) == [DELIVERED, DELIVERED, DELIVERED, DELIVERED]
    assert max(each.parked for each in seen) == 2
    told = rig.sink.traffic()
    assert told.requests == len(rig.store.sent)
    assert (told.split, told.throttled, told.parked) == (1, 2, 0)
    assert told.retried == told.requests - 1
    assert told.resent == sum(map(len, rig.sent())) - 4
    assert told.milliseconds_max == 20


def test_documents_written_over_are_delivered() -> None:
    rig = Rig()
    batch = batch_of("p", "p")
    rig.sink.write(batch)
    over = Batch(
        batch.chunk, batch.body.replace(b'{"create"', b' {"index"'), batch.cuts, batch.partitions, batch.ordinals
    )
    assert rig.sink.write(over) == [DELIVERED] * 2
