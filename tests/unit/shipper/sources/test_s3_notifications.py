"""Messages about new objects: S3's own, through SNS, through EventBridge, and what is none."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipper.errors import DecodeError
from shipper.sources.s3_notifications import Notice, notices

# As in the Amazon S3 User Guide, "Event message structure".
RECORD: dict[str, Any] = {
    "eventVersion": "2.1",
    "eventSource": "aws:s3",
    "awsRegion": "us-east-1",
    "eventTime": "2024-01-01T00:10:00.000Z",
    "eventName": "ObjectCreated:Put",
    "s3": {
        "s3SchemaVersion": "1.0",
        "bucket": {"name": "logs", "arn": "arn:aws:s3:::logs"},
        "object": {"key": "a+b/%C3%A9%2B%252B.gz", "size": 1024, "eTag": "d41d8cd9", "sequencer": "0A1B2C"},
    },
}
NOTICE = Notice("logs", "a b/é+%2B.gz", 1024, "d41d8cd9")
EVENT = {
    "version": "0",
    "detail-type": "Object Created",
    "source": "aws.s3",
    "detail": {"bucket": {"name": "logs"}, "object": {"key": "a b/é+%2B.gz", "size": 1024, "etag": "d41d8cd9"}},
}


def direct(*records: Any) -> str:
    return json.dumps({"Records": list(records)})


def through_sns(message: str) -> str:
    return json.dumps({"Type": "Notification", "MessageId": "m", "TopicArn": "arn", "Message": message})


@pytest.mark.parametrize("body", [direct(RECORD), through_sns(direct(RECORD)), json.dumps(EVENT)])
def test_s7_an_object_is_the_same_whichever_way_it_is_told(body: str) -> None:
    assert notices(body) == [NOTICE]


def test_a_message_may_tell_of_several_objects() -> None:
    assert notices(direct(RECORD, RECORD)) == [NOTICE, NOTICE]


TEST_EVENT = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "logs"})


@pytest.mark.parametrize(
    "body",
    [
        TEST_EVENT,
        through_sns(TEST_EVENT),
        direct(),
        direct(RECORD | {"eventName": "ObjectRemoved:Delete"}),
        json.dumps(EVENT | {"detail-type": "Object Deleted"}),
    ],
)
def test_s7_a_test_event_or_another_event_tells_of_no_object(body: str) -> None:
    assert notices(body) == []


def with_object(**changes: Any) -> str:
    return direct(RECORD | {"s3": {"bucket": {"name": "logs"}, "object": {"key": "k", "size": 1} | changes}})


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "[]",
        "7",
        "{}",
        '{"Records": {}}',
        '{"Records": [7]}',
        '{"Records": [{"eventName": "ObjectCreated:Put"}]}',
        '{"Type": "Notification", "Message": "hello"}',
        json.dumps(EVENT | {"detail": None}),
        with_object(key=""),
        with_object(key=7),
        with_object(key="x" * 1025),
        with_object(key="%ff"),
        with_object(size="1"),
        with_object(size=-1),
        with_object(size=True),
        with_object(eTag=7),
        "[" * 100_000,
    ],
)
def test_what_is_no_message_of_s3_is_an_error(body: str) -> None:
    with pytest.raises(DecodeError, match="no notification of S3"):
        notices(body)


WORDS = st.sampled_from(["Records", "s3", "object", "bucket", "name", "key", "Type", "Message", "source", "detail"])
PLAIN = st.none() | st.booleans() | st.integers() | st.text()


@given(st.recursive(PLAIN, lambda below: st.lists(below) | st.dictionaries(WORDS, below)))
def test_any_json_is_objects_or_an_error(told: object) -> None:
    with suppress(DecodeError):
        notices(json.dumps(told))
