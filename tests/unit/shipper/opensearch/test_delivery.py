"""The books of one batch: each document is due, parked or has its verdict, never two of these."""

from hypothesis import given
from hypothesis import strategies as st

from fakes import NOW, FakeDecoder
from shipper.model import Chunk, ChunkId, Fate, Position
from shipper.opensearch.bulk import Item
from shipper.opensearch.delivery import FAULTS_UNTIL_REFUSED, Delivery
from shipper.opensearch.verdicts import Outcome

GOOD, SEEN, BUSY, BROKEN = (
    Item(201),
    Item(409, "version_conflict_engine_exception"),
    Item(429, "rejected"),
    Item(500, "npe", "boom"),
)
BAD, CLOSED = Item(400, "mapper_parsing_exception", "no date"), Item(400, "index_closed_exception", "closed")


def delivery(*partitions: str) -> Delivery:
    records = b"".join(f"{partition} x\n".encode() for partition in partitions)
    return Delivery(FakeDecoder().decode(Chunk(ChunkId(0), records, Position("o", 0), "IDENTITY-12c", 0, NOW)))


def fates(books: Delivery) -> list[Fate | None]:
    return [verdict.fate if verdict else None for verdict in books.verdicts]


def test_each_answer_is_booked_on_its_document() -> None:
    books = delivery("p", "p", "p", "p", "q", "p")
    settled = books.settle([0, 1, 2, 3, 4, 5], [GOOD, SEEN, BUSY, BAD, CLOSED, BROKEN])
    assert fates(books) == [Fate.DELIVERED, Fate.DUPLICATE, None, Fate.REFUSED, None, None]
    assert (books.due, books.parked) == ([2, 5], {4: CLOSED})
    assert settled.trail == [None, None, BAD]
    assert settled.remarks == [
        (BUSY, Outcome.RETRY),
        (BAD, Outcome.REFUSED),
        (CLOSED, Outcome.PARKED),
        (BROKEN, Outcome.RETRY),
    ]
    assert books.stored == 2
    assert not books.finished
    books.probe()
    assert books.due == [2, 4, 5]
    books.settle([2, 4, 5], [GOOD, GOOD, SEEN])
    assert books.finished
    assert [verdict.fate for verdict in books.result()] == [
        Fate.DELIVERED, Fate.DUPLICATE, Fate.DELIVERED, Fate.REFUSED, Fate.DELIVERED, Fate.DUPLICATE,
    ]  # fmt: skip
    assert books.result()[3].reason == "mapper_parsing_exception: no date"


def test_partitions_are_parked_with_all_that_is_due_of_them() -> None:
    books = delivery("p", "q", "p", "q")
    books.settle([0], [GOOD])
    books.park({"p": CLOSED})
    assert (books.due, books.parked) == ([1, 3], {2: CLOSED})


def test_a_server_fault_is_the_documents_after_ten_times_among_neighbours_that_got_through() -> None:
    books = delivery("p", "p")
    assert FAULTS_UNTIL_REFUSED == 10
    books.settle([0, 1], [GOOD, BROKEN])
    for _ in range(8):
        assert books.to_send() == [0, 1], "the one that is stored is a witness"
        books.settle([0, 1], [SEEN, BROKEN])
    assert fates(books) == [Fate.DELIVERED, None]
    books.settle([0, 1], [SEEN, BROKEN])
    assert fates(books) == [Fate.DELIVERED, Fate.REFUSED]
    assert books.stored == 1


def test_a_server_fault_while_its_partition_is_sick_is_never_the_documents() -> None:
    books = delivery("p", "p", "q")
    books.settle([0, 1, 2], [GOOD, BROKEN, GOOD])
    for _ in range(50):
        books.settle([0, 1], [BROKEN, BROKEN])
    assert fates(books) == [Fate.DELIVERED, None, Fate.DELIVERED]


def test_a_witness_that_is_the_last_of_a_split_request_keeps_its_verdict() -> None:
    books = delivery("p", "p")
    books.settle([0, 1], [GOOD, BROKEN])
    books.refuse(0, Item(413))
    assert fates(books) == [Fate.DELIVERED, None]


def test_of_a_parked_partition_one_document_is_tried_first() -> None:
    books = delivery("p", "q", "p", "q", "p")
    books.park({"p": CLOSED, "q": CLOSED})
    books.probe()
    assert books.due == [0, 1]
    books.settle([0, 1], [CLOSED, GOOD])
    assert (books.due, sorted(books.parked)) == ([3], [0, 2, 4])


def test_a_server_fault_of_all_documents_is_never_theirs() -> None:
    books = delivery("p", "p")
    for _ in range(50):
        books.settle([0, 1], [BROKEN, BROKEN])
    assert books.due == [0, 1]
    assert fates(books) == [None, None]


def test_a_batch_without_documents_is_finished() -> None:
    books = delivery()
    assert (books.finished, books.result()) == (True, [])


@given(st.lists(st.lists(st.sampled_from([GOOD, SEEN, BUSY, BAD, CLOSED, BROKEN]), min_size=6, max_size=6), max_size=8))
def test_a_document_is_always_in_exactly_one_place(rounds: list[list[Item]]) -> None:
    books = delivery(*"pqpqpq")
    for answers in rounds:
        sent = list(books.due)
        books.settle(sent, answers[: len(sent)])
        settled = {number for number, verdict in enumerate(books.verdicts) if verdict}
        assert sorted([*settled, *books.due, *books.parked]) == list(range(6))
        assert books.due == sorted(books.due)
        assert books.stored == sum(fate in {Fate.DELIVERED, Fate.DUPLICATE} for fate in fates(books))
        if not books.due:
            books.probe()
