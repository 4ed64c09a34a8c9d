"""Objects of a bucket into a real OpenSearch: moto's server stands for S3."""

import gzip
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from aws_keys import object_key
from integration.bucket import BUCKET, Bucket
from integration.command import Shipper
from integration.containers import OpenSearchNode, wait_for


@pytest.fixture
def bucket(opensearch3: OpenSearchNode, tmp_path: Path, aws_url: str) -> Iterator[Bucket]:
    with Shipper(opensearch3, f"flowtaps{os.getpid()}", tmp_path / "state").with_schema() as shipper:
        yield Bucket(aws_url, shipper)


def test_s4_s7_s9_s10_a_central_bucket_is_loaded_once_and_late_objects_are_found(bucket: Bucket) -> None:
    for day in ("2024/01/01", "2024/01/02"):
        for number in range(3):
            bucket.put(object_key(day, number))
            bucket.put(
                object_key(day, number, account="999999999999", region="eu-west-1", prefix="central/", hive=True)
            )
    bucket.put("odd names/é + %2B 漢/some file.log.gz")
    expected = len(bucket.interfaces)
    bucket.put_bytes("AWSLogs/123456789010/vpcflowlogs/us-east-1/2024/01/01/empty.log.gz", b"")
    bucket.put_bytes("AWSLogs/123456789010/vpcflowlogs/us-east-1/2024/01/01/bad.log.gz", b"\x1f\x8b nonsense")
    bucket.put_bytes("cold.log.gz", b"cold", StorageClass="GLACIER")
    bucket.put_bytes("flowtap-deadletter/1.log", b"ours\n")
    bucket.put_bytes("AWSLogs/123456789010/CloudTrail/us-east-1/2024/01/01/trail.json.gz", gzip.compress(b"{}"))
    first = bucket.backfill(code=5)
    assert first["sums"]["delivered"] == expected
    assert first["sums"]["read"] == first["sums"]["accounted"]
    reasons = sorted(first["problems"].values())
    assert len(reasons) == 3
    for said in ("zero bytes", "corrupt gzip", "archive"):
        assert any(said in reason for reason in reasons), reasons
    late = object_key("2023/12/31", 0)
    bucket.put(late)
    second = bucket.backfill(code=5)
    assert list(second["sources"]) == [f"s3://{BUCKET}/{late}"]
    assert second["inputs_unchanged"] == first["inputs"] - 3
    again = bucket.backfill("--again", code=5)["sums"]
    assert (again["delivered"], again["duplicate"]) == (0, len(bucket.interfaces))
    assert bucket.shipper.copies("aws.vpcflow.interface_id") == dict.fromkeys(bucket.interfaces, 1)
    told = bucket.shipper("checkpoint", "list").out
    assert "3 objects whole" in told
    bucket.shipper("checkpoint", "reset", f"s3://{BUCKET}/central/", "--yes")
    assert bucket.backfill(code=5)["sums"]["duplicate"] == 6 * 20


def test_a_dry_run_lists_the_bucket_reads_a_sample_and_writes_nothing(bucket: Bucket) -> None:
    for month in ("01", "02", "03"):
        for number in range(20):
            bucket.put(object_key(f"2024/{month}/01", number), 50)
    told = bucket.backfill("--dry-run")
    assert (told["objects"], told["objects_loaded_before"], told["sample"]["objects"]) == (60, 0, 20)
    assert told["sample"]["sums"]["read"] == 20 * 51
    assert 0.8 < told["records_estimated"] / (60 * 51) < 1.25
    assert [name[-7:] for name in told["partitions_new"]] == ["2024.01", "2024.02", "2024.03"]
    assert (told["refusal"], told["seconds_estimated"] > 0) == (None, True)
    assert bucket.shipper.count() == 0
    assert bucket.backfill("--until", "2024-01-15")["inputs"] == 20
    assert bucket.shipper.count() == 20 * 50
    again = bucket.backfill("--dry-run", "--until", "2024-01-15")
    assert (again["objects"], again["records_estimated"], again["objects_loaded_before"]) == (0, 0, 20)
    assert bucket.backfill("--dry-run")["objects"] == 60  # with another selection it is another stream
    bucket.put_bytes("cold.log.gz", b"cold", StorageClass="GLACIER")
    shown = bucket.shipper(
        "backfill", "flowlogs", f"s3://{BUCKET}/cold", "--endpoint-url", bucket.url, "--dry-run", code=5
    )
    assert "How many records they hold is not known" in shown.out
    assert "archive" in shown.err


def test_a_period_an_account_and_a_region_choose_objects(bucket: Bucket) -> None:
    for day in ("2023/12/30", "2024/01/01", "2024/01/03"):
        for account in ("123456789010", "999999999999"):
            for region in ("us-east-1", "eu-west-1"):
                bucket.put(object_key(day, 0, account=account, region=region), 5)
    chosen = ("--since", "2023-12-31", "--until", "2024-01-02", "--account", "999999999999", "--region", "eu-west-1")
    told = bucket.backfill(*chosen)
    assert told["inputs"] == 1
    assert "99999999999" in next(iter(told["sources"]))


def test_a_bucket_that_is_not_there_and_files_beside_buckets_are_refused(bucket: Bucket, tmp_path: Path) -> None:
    shipper = bucket.shipper
    done = shipper("backfill", "flowlogs", "s3://nobody-has-this", "--endpoint-url", bucket.url, code=3)
    assert "no such bucket" in done.err
    assert "name either" in shipper("backfill", "flowlogs", "s3://b", tmp_path, code=3).err
    assert "begins with s3://" in shipper("backfill", "flowlogs", tmp_path, "--account", "1", code=3).err


def test_a_killed_load_of_a_bucket_goes_on_and_nothing_is_stored_twice(bucket: Bucket) -> None:
    for number in range(60):
        bucket.put(object_key("2024/01/01", number), 300)
    running = bucket.shipper.start(
        "backfill", "flowlogs", f"s3://{BUCKET}/", "--endpoint-url", bucket.url, "--parallel", "2"
    )
    wait_for(lambda: bucket.shipper.count() > 0, 120, lambda: "no record came")
    running.send_signal(signal.SIGKILL)
    running.communicate()
    told = bucket.backfill()
    assert told["finished"]
    assert bucket.shipper.copies("aws.vpcflow.interface_id") == dict.fromkeys(bucket.interfaces, 1)
