"""S3 and SQS through a gate that checks signatures: every call is well signed, also when credentials change or end."""

import gzip
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest

from aws.s3 import S3
from aws.session import AwsOptions, now
from aws.sqs import Queue
from aws_keys import object_key
from aws_server import CREDENTIALS, client, moto
from fakes import NOW, FakeDeadLetters, FakeWait
from integration.s3_load import notification
from integration.sigv4_gate import EXPIRED, REGION, Gate, Known, credentials_endpoint
from polling import poll_all
from shipper.errors import Refused
from shipper.identity import Framing
from shipper.model import RecordKind, Stream
from shipper.sources.patience import Patience
from shipper.sources.queue_rules import QueueRules
from shipper.sources.s3_layout import Wanted
from shipper.sources.s3_objects import S3Objects
from shipper.sources.sqs_objects import SqsSource

BUCKET = "flow-logs-of-all"
OBJECTS = 30
ODD = "kept by people/é + ~1 (copy).log.gz"
KEY = "AKIATEST"
SECRET = CREDENTIALS["AWS_SECRET_ACCESS_KEY"]


class Behind:
    """A bucket and a queue behind a gate, and a source over them."""

    def __init__(self, gate: Gate, letters: FakeDeadLetters) -> None:
        self.gate = gate
        self.letters = letters
        self.queue = ""

    def source(self) -> SqsSource:
        options = AwsOptions(endpoint_url=self.gate.url, region=REGION)
        return SqsSource(
            Queue(options, self.queue),
            S3Objects(S3(options), Patience(FakeWait(), lambda: 0.5), Wanted()),
            QueueRules(once=True, wait_seconds=0, parallel=3),
            dead_letters=self.letters,
            stream=Stream(RecordKind("lines"), "store"),
            framing=Framing(lambda _: None),
            clock=lambda: NOW,
        )

    def drain(self) -> set[bytes]:
        """What a worker reads and commits, all of it."""
        source = self.source()
        try:
            chunks = poll_all(source)
            for chunk in chunks:
                source.commit(chunk.id)
            return {chunk.records for chunk in chunks}
        finally:
            source.close()


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch) -> Iterator[Behind]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with moto() as url, Gate(url, {KEY: Known(SECRET)}, several=frozenset({"s3", "sqs"})).open() as gate:
        s3 = client("s3", url)
        s3.create_bucket(Bucket=BUCKET)
        sqs: Any = boto3.Session(region_name=REGION).client("sqs", endpoint_url=url)
        found = Behind(gate, FakeDeadLetters())
        found.queue = sqs.create_queue(QueueName="flow-logs")["QueueUrl"]
        for number in range(OBJECTS):
            key = object_key("2024/01/01", number) if number else ODD
            s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(b"%d\n" % number))
            sqs.send_message(QueueUrl=found.queue, MessageBody=notification(key, 100))
        yield found


EVERY = {b"%d\n" % number for number in range(OBJECTS)}


def test_every_call_to_a_bucket_and_a_queue_is_well_signed(behind: Behind) -> None:
    assert behind.drain() == EVERY
    options = AwsOptions(endpoint_url=behind.gate.url, region=REGION, requester_pays=True)
    objects = S3Objects(S3(options), Patience(FakeWait(), lambda: 0.5), Wanted())
    (odd,) = objects.below(BUCKET, "kept by people/")
    reader = odd.open()
    reader.read(1)
    reader.close()
    assert behind.gate.refused == {}
    assert set(behind.gate.passed) == {KEY}
    assert behind.gate.agents["flowtap"] > OBJECTS / 2, "objects were not read the short way"


def test_credentials_that_are_renewed_midway_are_used_from_then_on(
    behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time they are asked for there are others, and the earlier ones are soon good for nothing."""
    issued: list[str] = []

    def issue() -> dict[str, str]:
        key = f"ASIA{len(issued):04}"
        issued.append(key)
        behind.gate.keys[key] = Known(f"secret {key}", f"token {key}")
        return {
            "AccessKeyId": key,
            "SecretAccessKey": f"secret {key}",
            "Token": f"token {key}",
            "Expiration": (now() + timedelta(minutes=5)).isoformat(),  # so near that they are renewed before each use
        }

    for name in CREDENTIALS:
        monkeypatch.delenv(name)
    with credentials_endpoint(issue) as url:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)
        assert behind.drain() == EVERY
    assert behind.gate.refused == {}
    assert len(behind.gate.passed) > OBJECTS / 2, "the same credentials were used again and again"
    assert behind.gate.agents["flowtap"] > OBJECTS / 2, "objects were not read the short way"


def test_credentials_that_end_midway_stop_the_worker_and_the_next_one_goes_on(
    behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind.gate.keys["ASIAEND"] = Known(SECRET, "token", requests=12)
    with monkeypatch.context() as ending:
        ending.setenv("AWS_ACCESS_KEY_ID", "ASIAEND")
        ending.setenv("AWS_SESSION_TOKEN", "token")
        with pytest.raises(Refused, match="ExpiredToken"):
            behind.drain()
    assert behind.gate.passed["ASIAEND"] >= 12
    assert behind.gate.refused[EXPIRED] >= 1
    assert not behind.letters.letters
    sqs: Any = boto3.Session(region_name=REGION).client("sqs", endpoint_url=behind.gate.upstream)
    sqs.set_queue_attributes(QueueUrl=behind.queue, Attributes={"VisibilityTimeout": "0"})
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = sqs.get_queue_attributes(QueueUrl=behind.queue, AttributeNames=names)["Attributes"]
    assert sum(int(left[name]) for name in names) == OBJECTS, "a message was deleted although nothing was committed"
