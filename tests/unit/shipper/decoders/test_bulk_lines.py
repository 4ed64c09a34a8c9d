import orjson
import pytest

from flow_log_samples import chunk
from shipper.decoders.bulk_lines import BulkLines, check_framing
from shipper.model import Reject, Sums


def test_documents_can_be_cut_apart() -> None:
    bulk = BulkLines(chunk(b""), "create")
    bulk.add("index-a", "id1", {"text": "a\nb\u2028\x00"}, 7)
    bulk.add("index-b", "id2", {"number": 2**63 - 1}, 9)
    bulk.reject(Reject(8, 100, b"x", "why"))
    batch = bulk.batch(Sums(read=3), frozenset({"new"}))
    assert len(batch) == 2
    pieces = [batch.body[begin:end].splitlines() for begin, end in zip(batch.cuts, batch.cuts[1:], strict=False)]
    assert orjson.loads(pieces[0][0]) == {"create": {"_index": "index-a", "_id": "id1"}}
    assert orjson.loads(pieces[1][1]) == {"number": 2**63 - 1}
    assert (batch.partitions, batch.ordinals) == (("index-a", "index-b"), (7, 9))
    assert (batch.rejects[0].reason, batch.sums.read, batch.unknown_columns) == ("why", 3, {"new"})


def test_an_empty_batch() -> None:
    batch = BulkLines(chunk(b""), "index").batch(Sums())
    assert (batch.body, tuple(batch.cuts), len(batch)) == (b"", (0,), 0)


def test_a_batch_is_checked_before_it_is_handed_on() -> None:
    bulk = BulkLines(chunk(b""), "create")
    bulk.add("index", "id", {}, 0)
    bulk._partitions.append("one too many")
    with pytest.raises(RuntimeError, match="does not hold 2 documents"):
        bulk.batch(Sums())


@pytest.mark.parametrize(
    ("body", "cuts", "documents"),
    [
        (b"{}\n{}\n", [0, 6], 2),
        (b"{}\n{}\n", [0, 5], 1),
        (b"{}\n{}\n", [1, 6], 1),
        (b"{}\n{}\n{}\n", [0, 9], 1),
        (b"{}\n{}", [0, 5], 1),
        (b"{}\n{}\n{}\n{}\n", [0, 3, 12], 2),
        (b"\n\nx\n\n", [0, 3, 5], 2),
        (b"{}\n{}\n" * 40, [*range(0, 234, 6), 237, 240], 40),
        (b"{}\n{}\n" * 38 + b"{}\n{}\n{}\n" + b"{  }\n", [*range(0, 229, 6), 237, 242], 40),
        (b"{}\n{}\n" * 40 + b"{}", [*range(0, 235, 6), 242], 40),
    ],
)
def test_broken_framing_never_leaves(body: bytes, cuts: list[int], documents: int) -> None:
    with pytest.raises(RuntimeError, match="bulk"):
        check_framing(body, cuts, documents)


def test_first_lines_that_end_elsewhere_never_leave() -> None:
    body, cuts = b"{}\n{}\n" * 40, list(range(0, 241, 6))
    check_framing(body, cuts, 40)
    check_framing(body, cuts, 40, [3] * 40)
    for actions in ([3] * 39 + [6], [2] * 40, [3] * 39 + [9]):
        with pytest.raises(RuntimeError, match="bulk"):
            check_framing(body, cuts, 40, actions)
