"""`shipper run` on a queue that a bucket tells of its objects: several workers, one of them killed, exact counts."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aws_keys import object_key
from aws_server import client
from integration.bucket import BUCKET, Bucket
from integration.command import Shipper
from integration.containers import OpenSearchNode, wait_for


class Told(Bucket):
    """A bucket whose queue hears of each object."""

    def __init__(self, url: str, shipper: Shipper, folder: Path) -> None:
        super().__init__(url, shipper)
        self.sqs = client("sqs", url)
        self.queue = self.sqs.create_queue(QueueName="flow-logs")["QueueUrl"]
        of_queue = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])
        told = [{"QueueArn": of_queue["Attributes"]["QueueArn"], "Events": ["s3:ObjectCreated:*"]}]
        self.client.put_bucket_notification_configuration(
            Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": told}
        )
        self.file = folder / "shipper.toml"
        self.file.write_text(
            f'[aws]\nendpoint_url = "{url}"\n[inputs.live]\ntype = "sqs"\nqueue_url = "{self.queue}"\n'
            "visibility_seconds = 10\nmost_receives = 1\n"
        )

    def left(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)


@pytest.fixture
def told(opensearch3: OpenSearchNode, tmp_path: Path, aws_url: str) -> Iterator[Told]:
    with Shipper(opensearch3, f"flowtapq{os.getpid()}", tmp_path / "state").with_schema() as shipper:
        yield Told(aws_url, shipper, tmp_path)


def test_s1_s2_s7_workers_share_a_queue_and_one_is_killed(told: Told) -> None:
    for number in range(60):
        told.put(object_key("2024/01/01", number), 50)
    told.put("odd names/é + %2B 漢/some file.log.gz", 50)
    told.put_bytes("bad.log.gz", b"\x1f\x8b nonsense")
    run = ("--config", told.file, "run", "--log-json")
    shippers = [replace(told.shipper, state=told.shipper.state.with_name(f"state-{n}")) for n in range(3)]
    killed, other = (each.start(*run) for each in shippers[:2])
    wait_for(lambda: told.left() < 62, 120, lambda: "no message was dealt with")
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    third = shippers[2].start(*run)
    wait_for(lambda: told.left() == 0, 180, lambda: f"{told.left()} messages are left")
    for worker in (other, third):
        worker.send_signal(signal.SIGTERM)
        _, said = worker.communicate(timeout=60)
        assert worker.returncode == 143, said
    assert told.shipper.copies("aws.vpcflow.interface_id") == dict.fromkeys(told.interfaces, 1)
    letters = [letter for each in shippers for letter in each("deadletter", "list", "--json").json]
    assert any("bad.log.gz" in str(letter) and "corrupt gzip" in str(letter) for letter in letters)


def test_what_would_be_followed_is_said(told: Told) -> None:
    assert told.queue in told.shipper("--config", told.file, "run", "--check").out
