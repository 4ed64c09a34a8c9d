"""Amazon SQS: messages of one queue. A thin client; every call is tried once.

In: a queue's URL. Out: messages. Raises the errors of `aws.errors`, told apart by code.
Amazon SQS API Reference: "ReceiveMessage", "ChangeMessageVisibilityBatch", "DeleteMessageBatch", "GetQueueAttributes",
"Common errors".
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import boto3
from botocore import exceptions as theirs
from botocore.config import Config

from aws.calls import DELETE, HIDE, LOOK, RECEIVE, Recorder, queue_arn, recorded, region_of
from aws.errors import AwsDenied, AwsError, AwsNotSetUp
from aws.session import AwsOptions, open_session
from aws.trouble import calling, translated, translating

MOST_MESSAGES: Final = 10
"""Most of one request."""

_CONFIG = Config(connect_timeout=10, read_timeout=40, retries={"mode": "standard", "total_max_attempts": 1})
_ABSENT = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
_WAITING: Final = "ApproximateNumberOfMessages"
_TAKEN: Final = "ApproximateNumberOfMessagesNotVisible"
_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was received this time; `receives` counts how often it was, this time included."""

    id: str
    receipt: str
    body: str
    receives: int
    sent_ms: int = 0
    """When it was sent, in milliseconds since 1970; 0 where it is not told."""


@dataclass(frozen=True, slots=True)
class Depth:
    """About how many messages wait, and how many are in somebody's hands."""

    waiting: int
    taken: int


class Queue:
    """A client of one queue, for any number of threads."""

    def __init__(self, options: AwsOptions, url: str, record: Recorder = recorded) -> None:
        """Raises AwsError where options lead to nothing."""
        session: boto3.Session = open_session(options)
        with translating():
            self._client = session.client(
                "sqs", endpoint_url=options.endpoint_url or None, region_name=region_of(url) or None, config=_CONFIG
            )
        self._url = url
        self._record = record

    def receive(self, wait_seconds: int, visibility_seconds: int) -> Sequence[Message]:
        """Up to ten messages, as soon as there is one; hidden from others for so long."""
        with self._translating(RECEIVE):
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=MOST_MESSAGES,
                WaitTimeSeconds=wait_seconds,
                VisibilityTimeout=visibility_seconds,
                MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
            )
        return [
            Message(
                each["MessageId"],
                each["ReceiptHandle"],
                each.get("Body", ""),
                int(each.get("Attributes", {}).get("ApproximateReceiveCount", 1)),
                int(each.get("Attributes", {}).get("SentTimestamp", 0)),
            )
            for each in answer.get("Messages", ())
        ]

    def hide(self, messages: Sequence[Message], seconds: int) -> None:
        """Hide these from others for so long from now, 0 to give them back. Some may be out of our hands already."""
        for begin in range(0, len(messages), MOST_MESSAGES):
            entries = [
                {"Id": str(place), "ReceiptHandle": each.receipt, "VisibilityTimeout": seconds}
                for place, each in enumerate(messages[begin : begin + MOST_MESSAGES])
            ]
            with self._translating(HIDE):
                self._client.change_message_visibility_batch(QueueUrl=self._url, Entries=_any(entries))

    def delete(self, messages: Sequence[Message]) -> None:
        """These are dealt with. One that cannot be deleted comes again, and is a duplicate then."""
        for begin in range(0, len(messages), MOST_MESSAGES):
            entries = [
                {"Id": str(place), "ReceiptHandle": each.receipt}
                for place, each in enumerate(messages[begin : begin + MOST_MESSAGES])
            ]
            with self._translating(DELETE):
                self._client.delete_message_batch(QueueUrl=self._url, Entries=_any(entries))

    def depth(self) -> Depth:
        """How full it is, about a minute ago."""
        with self._translating(LOOK):
            answer = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=[_WAITING, _TAKEN])
        found = answer.get("Attributes", {})
        return Depth(int(found.get(_WAITING, 0)), int(found.get(_TAKEN, 0)))

    @contextmanager
    def _translating(self, action: str) -> Iterator[None]:
        self._record(action, queue_arn(self._url))
        with calling(self._url, partial(_answered, action, self._url)):
            yield


def _any(entries: list[dict[str, Any]]) -> Any:
    return entries


def _answered(action: str, url: str, error: theirs.ClientError) -> AwsError:
    code = error.response.get("Error", {}).get("Code", "")
    if code in _ABSENT:
        return AwsNotSetUp(f"{url}: there is no such queue")
    if code in _DENIED:
        said = error.response.get("Error", {}).get("Message", "")
        return AwsDenied(f"{url}: {code}: {said}. It takes {action}, and kms:Decrypt where a KMS key encrypts it")
    return translated(error)
