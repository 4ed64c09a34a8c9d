"""Bulk bodies and replies."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import NOW, FakeDecoder
from shipper.model import Batch, Chunk, ChunkId, Position
from shipper.opensearch.bulk import STORED, UNREADABLE, Item, body, read_error, read_items, requests
from shipper.opensearch.reply import Reply


def batch_of(documents: int) -> Batch:
    """Documents of different sizes."""
    records = b"".join(b"p %s\n" % (b"x" * (number * 7 % 40)) for number in range(documents))
    return FakeDecoder().decode(Chunk(ChunkId(0), records, Position("o", 0), "IDENTITY-12c", 0, NOW))


@given(st.sets(st.integers(0, 19), min_size=1).map(sorted), st.integers(1, 2000))
def test_bodies_hold_each_document_once_in_order_and_stay_within_the_limit(chosen: list[int], max_bytes: int) -> None:
    batch = batch_of(20)
    runs = list(requests(batch, chosen, max_bytes))
    assert [number for run in runs for number in run] == chosen
    bodies = [body(batch, run) for run in runs]
    assert b"".join(bodies) == b"".join(batch.body[batch.cuts[number] : batch.cuts[number + 1]] for number in chosen)
    for run, sent in zip(runs, bodies, strict=True):
        assert len(sent) <= max_bytes or len(run) == 1
    for before, after in zip(bodies, runs[1:], strict=False):
        assert len(before) + len(body(batch, after[:1])) > max_bytes


@given(st.lists(st.sampled_from("pqrstu"), min_size=1, max_size=30), st.integers(1, 7), st.integers(1, 500))
def test_requests_touch_no_more_partitions_than_they_may(partitions: list[str], most: int, max_bytes: int) -> None:
    records = "".join(f"{partition} x\n" for partition in partitions).encode()
    batch = FakeDecoder().decode(Chunk(ChunkId(0), records, Position("o", 0), "IDENTITY-12c", 0, NOW))
    everything = range(len(batch))
    runs = [list(run) for run in requests(batch, everything, max_bytes, most)]
    assert sorted(number for run in runs for number in run) == list(everything)
    for run in runs:
        assert run == sorted(run)
        assert len({partitions[number] for number in run}) <= most
        assert len(body(batch, run)) <= max_bytes or len(run) == 1
    if most >= len(set(partitions)):
        assert runs == [list(run) for run in requests(batch, everything, max_bytes)]
    if max_bytes >= len(batch.body):
        assert len(runs) == -(-len(set(partitions)) // most)


def test_nothing_due_is_no_request() -> None:
    assert list(requests(batch_of(3), [], 100)) == []


def reply(*items: object) -> bytes:
    return orjson.dumps({"errors": True, "items": items})


def test_each_item_is_read_whatever_its_operation() -> None:
    error = {"type": "mapper_parsing_exception", "reason": "failed to parse"}
    sent = reply({"create": {"status": 201}}, {"index": {"status": 400, "error": error}}, {"create": {"status": 429}})
    assert read_items(sent, 3) == [Item(201), Item(400, "mapper_parsing_exception", "failed to parse"), Item(429)]


def test_spaces_in_a_reply_mean_nothing() -> None:
    """A peer looks for the bytes `"errors":true` and lost events where a reply had a space after the colon."""
    sent = b'{ "errors" : true , "items" : [ { "create" : { "status" : 429 } } ] }'
    assert read_items(sent, 1) == [Item(429)]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"<html>",
        reply({"create": {"status": 201}})[:-2],
        b"null",
        b"[]",
        b"{}",
        b'{"errors":false}',
        b'{"items":null}',
        b'{"items":{"create":{"status":201}}}',
        reply(),
        reply({}),
        reply([]),
        reply(None),
        reply({"create": {}}),
        reply({"create": {"status": None}}),
        reply({"create": {"status": "many"}}),
        reply({"create": {"status": 201}}, {"create": {"status": 201}}),
    ],
)
def test_a_reply_that_is_not_whole_tells_nothing(sent: bytes) -> None:
    assert read_items(sent, 1) is None


@given(st.binary(max_size=60))
def test_any_bytes_are_an_error_of_their_status(sent: bytes) -> None:
    assert read_error(Reply(502, sent)).status == 502
    assert read_items(sent, 1) is None


def test_the_error_of_a_whole_request_is_read() -> None:
    sent = orjson.dumps({"error": {"type": "circuit_breaking_exception", "reason": "[parent] Data too large"}})
    assert read_error(Reply(429, sent)) == Item(429, "circuit_breaking_exception", "[parent] Data too large")
    assert read_error(Reply(403, b'{"error":{"type":"x"}}')) == Item(403, "x", "")
    assert read_error(Reply(502, b"<html>" + b"x" * 1000)) == Item(502, UNREADABLE, "<html>" + "x" * 194)
    assert read_error(Reply(400, b'{"error":"just text"}')).error_type == UNREADABLE
    for name in (b"message", b"Message"):
        assert read_error(Reply(403, b'{"%b":"not authorized"}' % name)) == Item(403, "aws_message", "not authorized")
    for strange in (b'{"message":7}', b'{"error":null}', b"[]", b"7", b'"message"'):
        assert read_error(Reply(400, strange)).error_type == UNREADABLE


@pytest.mark.parametrize("operation", ["create", "index"])
def test_a_reply_that_stored_everything_is_read_as_any_other(operation: str) -> None:
    entry = {operation: {"status": 201}}
    compact = orjson.dumps({"errors": False, "items": [entry] * 3})
    assert read_items(compact, 3) == read_items(compact.replace(b":", b": "), 3) == [STORED] * 3
    assert read_items(compact, 2) is read_items(compact, 4) is None
    assert read_items(compact.replace(b"201", b"429", 1), 3) == [Item(429), STORED, STORED]
    assert read_items(compact[:-1], 3) is None
