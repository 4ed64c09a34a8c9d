"""Our clients of S3 and SQS against moto's server: what it answers, what it costs in permissions, and two workers."""

import gzip
import json
import os
from collections import Counter
from fnmatch import fnmatchcase
from threading import Event, Thread
from typing import Any

import pytest

from aws.calls import policy
from aws.errors import AwsGone, AwsNotSetUp, AwsUnreadable
from aws.s3 import S3
from aws.session import AwsOptions
from aws.sqs import Queue
from aws_keys import object_key
from aws_server import client
from fakes import NOW, FakeDeadLetters, FakeDecoder, FakeEndpoint, FakePartitions, FakeWait
from integration.containers import wait_for
from polling import poll_all
from shipper.cli.run_policy import policy_of
from shipper.errors import ConfigError
from shipper.identity import CHUNK_BYTES, Framing
from shipper.input_settings import SqsInput
from shipper.model import RecordKind, Stream
from shipper.opensearch.sink import OpenSearchSink
from shipper.pipeline import Pipeline
from shipper.sources.patience import Patience
from shipper.sources.queue_rules import QueueRules
from shipper.sources.s3_layout import Wanted
from shipper.sources.s3_objects import S3Objects
from shipper.sources.sqs_objects import SqsSource

BUCKET = "flow-logs-of-all"
STREAM = Stream(RecordKind("lines"), "store")
ODD = "odd names/é + %2B 漢/1.log"


class Aws:
    """moto's server with a bucket that tells a queue of its objects, and our clients, whose calls are written down."""

    def __init__(self, url: str) -> None:
        self.calls: set[tuple[str, str]] = set()
        options = AwsOptions(endpoint_url=url, region="us-east-1")
        self.s3 = client("s3", url)
        self.s3.create_bucket(Bucket=BUCKET)
        self.sqs = client("sqs", url)
        self.queue_url = self.sqs.create_queue(QueueName="flow-logs")["QueueUrl"]
        of_queue = self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=["QueueArn"])
        self.ours = S3(options, self.record)
        self.queue = Queue(options, self.queue_url, self.record)
        told = [{"QueueArn": of_queue["Attributes"]["QueueArn"], "Events": ["s3:ObjectCreated:*"]}]
        self.s3.put_bucket_notification_configuration(
            Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": told}
        )

    def record(self, action: str, resource: str) -> None:
        self.calls.add((action, resource))

    def put(self, key: str, content: bytes = b"p one\n", **more: str) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=content, **more)

    def objects(self) -> S3Objects:
        return S3Objects(self.ours, Patience(FakeWait(), lambda: 0.5), Wanted())

    def source(self, rules: QueueRules) -> SqsSource:
        return SqsSource(
            self.queue,
            self.objects(),
            rules,
            dead_letters=FakeDeadLetters(),
            stream=STREAM,
            framing=Framing(lambda _: None),
            clock=lambda: NOW,
        )

    def left(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)


@pytest.fixture
def aws(aws_url: str) -> Aws:
    return Aws(aws_url)


def allowed(statements: dict[str, Any], action: str, resource: str) -> bool:
    return any(
        action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
        and fnmatchcase(resource, each["Resource"])
        for each in statements["Statement"]
    )


def test_an_object_is_read_from_any_place_and_its_change_is_noticed(aws: Aws) -> None:
    aws.put(ODD, b"0123456789")
    (found,) = aws.ours.page(BUCKET, "odd").objects
    assert (found.key, found.size) == (ODD, 10)
    body = aws.ours.open(BUCKET, ODD, 4, found.etag)
    assert body.read(3) + body.read(100) == b"456789"
    body.close()
    aws.put(ODD, b"other")
    with pytest.raises(AwsUnreadable, match="overwritten"):
        aws.ours.open(BUCKET, ODD, 0, found.etag)


@pytest.mark.parametrize("storage", ["GLACIER", "DEEP_ARCHIVE"])
def test_what_cannot_be_read_says_why(aws: Aws, storage: str) -> None:
    aws.put("cold.log", b"cold", StorageClass=storage)
    with pytest.raises(AwsUnreadable, match="archive"):
        aws.ours.open(BUCKET, "cold.log")
    with pytest.raises(AwsGone, match="not there"):
        aws.ours.open(BUCKET, "gone.log")
    with pytest.raises(AwsNotSetUp, match="no such bucket"):
        aws.ours.page("nobody-has-this", "")


def test_s7_every_key_is_listed_as_it_is_and_read(aws: Aws) -> None:
    keys = [ODD, "a", "a/b", "a/b/c", object_key("2024/01/01", 1), object_key("2024/01/01", 1, hive=True)]
    for key in keys:
        aws.put(key, key.encode())
    found = {item.origin.removeprefix(f"s3://{BUCKET}/"): item for item in aws.objects().below(BUCKET, "")}
    assert sorted(found) == sorted(keys)
    for key, item in found.items():
        file = item.open()
        assert file.read(1000) == key.encode()
        file.close()


def test_s7_notifications_as_they_are_sent_are_understood(aws: Aws) -> None:
    """The first message is S3's test event."""
    for key in (ODD, "a/b.log"):
        aws.put(key)
    source = aws.source(QueueRules(once=True, wait_seconds=0))
    chunks = poll_all(source)
    assert {chunk.position.origin for chunk in chunks} == {f"s3://{BUCKET}/{ODD}", f"s3://{BUCKET}/a/b.log"}
    assert aws.left() == 2
    for chunk in chunks:
        source.commit(chunk.id)
    source.close()
    assert aws.left() == 0


def test_the_policy_allows_what_was_called_and_nothing_else(aws: Aws) -> None:
    aws.put("team/1.log")
    list(aws.objects().below(BUCKET, "team/"))
    source = aws.source(QueueRules(once=True, wait_seconds=0))
    for chunk in poll_all(source)[:1]:
        source.commit(chunk.id)
    aws.put("team/2.log")
    source.close()
    left = aws.source(QueueRules(once=True, wait_seconds=0))
    poll_all(left)
    left.close()
    given = json.loads(json.dumps(policy([(BUCKET, "team/")], [aws.queue_url])))
    assert len(aws.calls) >= 5
    for action, resource in aws.calls:
        assert allowed(given, action, resource), (action, resource)
    actions = {action for action, _ in aws.calls}
    for statement in given["Statement"]:
        asked = statement["Action"]
        assert actions.issuperset([asked] if isinstance(asked, str) else asked)
    assert not allowed(given, "s3:GetObject", f"arn:aws:s3:::{BUCKET}/other/1.log")
    assert not allowed(given, "s3:PutObject", f"arn:aws:s3:::{BUCKET}/team/1.log")


def test_the_policy_of_a_queue_allows_what_was_called_and_nothing_else(aws: Aws) -> None:
    aws.calls.clear()
    aws.put("team/1.log")
    rules = QueueRules(once=True, wait_seconds=0, prefixes=("team/",))
    source = aws.source(rules)
    for chunk in poll_all(source):
        source.commit(chunk.id)
    aws.put("team/2.log")
    source.close()
    left = aws.source(rules)
    poll_all(left)
    left.close()
    inputs = {"live": SqsInput(type="sqs", queue_url=aws.queue_url, prefixes=("team/",))}
    given = json.loads(json.dumps(policy_of(inputs, [BUCKET])))
    for action, resource in aws.calls:
        assert allowed(given, action, resource), (action, resource)
    asked = [each["Action"] for each in given["Statement"]]
    assert {action for action, _ in aws.calls} == {
        each for one in asked for each in ([one] if isinstance(one, str) else one)
    }
    assert not allowed(given, "s3:GetObject", f"arn:aws:s3:::{BUCKET}/other/1.log")
    with pytest.raises(ConfigError, match="--bucket"):
        policy_of(inputs, [])


def test_s1_two_workers_share_a_queue_with_redelivery_and_one_of_them_is_lost(aws: Aws) -> None:
    """Every record once, although a third of the messages come twice and a worker vanishes with what it holds."""
    objects, records = 40, 25
    for number in (*range(objects), *range(0, objects, 3)):  # every third is told of again
        lines = b"".join(b"p %d-%d\n" % (number, line) for line in range(records))
        aws.put(object_key("2024/01/01", number), gzip.compress(lines))
    store = FakeEndpoint()
    lost = aws.source(QueueRules(wait_seconds=0, visibility_seconds=2, parallel=2, most_messages=10))
    while lost.poll(CHUNK_BYTES) is None:
        pass
    lost._closing.set()  # killed: it renews nothing, commits nothing and gives nothing back
    stop = Event()

    def work() -> None:
        source = aws.source(QueueRules(wait_seconds=1, visibility_seconds=30, parallel=3))
        sink = OpenSearchSink(store, FakePartitions(), wait=FakeWait(), clock=lambda: NOW, random=lambda: 0.5)
        pipeline = Pipeline(source, FakeDecoder(), sink, FakeDeadLetters(), stream=STREAM, clock=lambda: NOW, stop=stop)
        pipeline.run()
        source.close()

    workers = [Thread(target=work, daemon=True) for _ in range(2)]
    for worker in workers:
        worker.start()
    wait_for(lambda: aws.left() == 0, 120, lambda: f"{aws.left()} messages are left")
    stop.set()
    for worker in workers:
        worker.join(120)
    lost.close()
    assert aws.left() == 0
    found = Counter(json.loads(document)["line"] for document in store.documents.values())
    assert found == Counter(f"p {number}-{line}" for number in range(objects) for line in range(records))


def test_no_credentials_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    with pytest.raises(AwsNotSetUp, match="no AWS credentials"):
        S3(AwsOptions(region="us-east-1")).page("some-bucket", "")
