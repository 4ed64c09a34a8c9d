"""JSON of any layout becomes one record per line, the same for blocks of any sizes, and loses nothing."""

import json
import re

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipper.decoders.json_documents import json_lines
from shipper.identity import MAX_RECORD_BYTES

EVENTS = [{"eventId": str(n), "timestamp": n, "message": 'a "b" {c\\ }] , é'} for n in range(3)]
COMPACT = [json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode() for event in EVENTS]
ENVELOPE = {
    "messageType": "DATA_MESSAGE",
    "owner": "1",
    "logGroup": "g",
    "logStream": "s",
    "subscriptionFilters": ["f"],
    "logEvents": EVENTS,
}
TOLD = b'{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s"}'


def rendered(raw: bytes, size: int = 1 << 18) -> list[bytes]:
    text = b"".join(json_lines(raw[at : at + size] for at in range(0, len(raw), size)))
    return text.removesuffix(b"\n").split(b"\n") if text else []


@pytest.mark.parametrize("indent", [None, 0, 2, 4])
@pytest.mark.parametrize(
    ("document", "records"),
    [
        ({"events": EVENTS, "searchedLogStreams": [{"logStreamName": "s"}], "nextToken": "t"}, COMPACT),
        ({"nextForwardToken": "f/1", "events": EVENTS}, COMPACT),
        (EVENTS, COMPACT),
        ({"Records": EVENTS}, COMPACT),
        ({"results": [[{"field": "a", "value": "b"}]], "status": "Complete"}, [b'[{"field":"a","value":"b"}]']),
        (ENVELOPE, [b'{"event":%b,"of":%b}' % (each, TOLD) for each in COMPACT]),
        ({"events": []}, None),
        ({"message": "x", "events": ["no", "records"]}, None),
        ([], []),
    ],
)  # fmt: skip
def test_a_document_in_any_layout(document: object, records: list[bytes] | None, indent: int | None) -> None:
    """Without a list of records the object itself is the record."""
    raw = json.dumps(document, indent=indent, ensure_ascii=False).encode()
    expected = [orjson.dumps(document)] if records is None else records
    for end in (b"", b"\n", b"\r\n"):
        found = rendered(raw + end)
        assert [orjson.loads(line) for line in found] == [orjson.loads(line) for line in expected]
        assert len(found) == len(expected)
        if records is not None:
            assert found == expected


def test_several_glued_together() -> None:
    one = orjson.dumps(ENVELOPE)
    assert rendered(one * 3) == rendered(one + b"\n" + one + b" " + one) == rendered(one) * 3
    plain = b'{"message":"x"}'
    assert rendered(plain * 2 + b"," + plain) == [plain] * 3


def test_lines_that_are_objects_stay_as_they_are() -> None:
    raw = b'{"message": "a  b"}\r\n{ "message" : "c" }\n'
    assert rendered(raw) == raw.removesuffix(b"\n").split(b"\n")


def test_what_is_broken_costs_itself_only() -> None:
    """Cut strings, missing brackets, wrong brackets, text between: passed on as it is, and reading goes on."""
    good = b'{"message":"good"}'
    for bad in (b'{"message":"cut', b'{"message":"x"', b'{"a":[1}', b"2 1234 text", b'{"a" {"b":1}', b"]", b'{"a":}'):
        found = rendered(good + b"\n" + bad + b"\n" + good + b"\n" + good)
        assert found == [good, bad, good, good], bad


def test_a_document_cut_off_gives_the_records_before_the_cut() -> None:
    raw = json.dumps({"events": EVENTS}, indent=1, ensure_ascii=False).encode()
    cut = raw.rindex(b"timestamp")
    found = rendered(raw[:cut])
    assert found[:2] == COMPACT[:2]
    assert [line.strip() for line in found[2:]] == [b"{", b'"eventId": "2",', b'"']


def test_a_record_too_long_is_passed_on_in_bounded_memory() -> None:
    long = b'{"message":"' + b"x" * (3 * MAX_RECORD_BYTES) + b'"}'
    good = b'{"message":"good"}'
    parts = list(json_lines([long[at : at + 65536] for at in range(0, len(long), 65536)] + [b"\n" + good]))
    assert b"".join(parts) == long + b"\n" + good + b"\n"
    assert max(map(len, parts)) < 2 * MAX_RECORD_BYTES


pieces = st.sampled_from(
    [b'{"a":1}', b'{"events":[', b'{"logEvents": [\n', b"{", b"}", b"[", b"]", b'"', b"\\", b":", b",", b"\n", b" ",
     b'"k"', b'"message":"x y"', b'"logStream":"s",', b"\r\n", b'{"message":"2 1"}\n', b"\xff", b"2 123 text\n"]
)  # fmt: skip
streams = st.one_of(st.lists(pieces, max_size=30).map(b"".join), st.binary(max_size=60))


@given(streams, st.integers(1, 40))
def test_blocks_of_any_size_make_the_same_lines(raw: bytes, size: int) -> None:
    assert rendered(raw, size) == rendered(raw)


@given(streams)
def test_nothing_goes_but_white_space_and_what_holds_records_together(raw: bytes) -> None:
    """Every string that could be a message is in some line, or in what is said around a list."""
    kept = b"\n".join(rendered(raw))
    if b"[" not in raw:
        assert re.sub(rb"[\s,]", b"", kept) == re.sub(rb"[\s,]", b"", raw)
    assert raw.count(b'"message":"2 1"') == kept.count(b'"message":"2 1"') or b"[" in raw
