"""The path of docs/aws.md in one go: load a bucket, then follow its queue. At moto's server; with --real-aws at AWS.

`pytest tests/integration/test_aws_smoke.py --real-aws` makes a bucket and a queue in the account and region that the
credentials of the environment lead to, puts four small objects, and removes everything again. It costs next to nothing.
"""

import gzip
import os
from pathlib import Path

import boto3
import pytest

from aws_keys import object_key
from aws_server import CREDENTIALS, moto
from integration.aws_smoke import TAG, stage
from integration.command import Shipper
from integration.containers import OpenSearchNode, wait_for
from integration.flow_log_files import BEGIN, HEADER, nonce, record

RECORDS = 20


def content(number: int) -> bytes:
    """An object with records of interfaces of their own."""
    lines = (record(each, BEGIN + each) for each in range(number * RECORDS, (number + 1) * RECORDS))
    return gzip.compress("\n".join([HEADER, *lines, ""]).encode())


def walk(session: boto3.Session, shipper: Shipper, folder: Path, endpoint: str = "") -> str:
    """Load three objects, follow a fourth; the bucket's name."""
    file = folder / "shipper.toml"
    with stage(session, endpoint or None) as made:
        file.write_text(
            f'[aws]\nendpoint_url = "{endpoint}"\nregion = "{session.region_name}"\n'
            f'[inputs.live]\ntype = "sqs"\nqueue_url = "{made.queue}"\n'
        )
        for number in range(3):
            made.s3.put_object(Bucket=made.bucket, Key=object_key("2026/01/01", number), Body=content(number))
        load = ("--config", file, "backfill", "flowlogs", f"s3://{made.bucket}/AWSLogs", "--json")
        assert shipper(*load, "--dry-run").json["objects"] == 3
        assert shipper(*load).json["sums"]["delivered"] == 3 * RECORDS
        assert shipper(*load).json["inputs_unchanged"] == 3
        made.s3.put_object(Bucket=made.bucket, Key=object_key("2026/01/01", 3), Body=content(3))
        follow = ("--config", file, "run", "--once")
        wait_for(lambda: bool(shipper(*follow)) and shipper.count() == 4 * RECORDS, 180, lambda: "nothing came")
        tags = made.s3.get_bucket_tagging(Bucket=made.bucket)["TagSet"]
        assert {(each["Key"], each["Value"]) for each in tags} == {TAG}
    copies = shipper.copies("aws.vpcflow.interface_id")
    assert copies == dict.fromkeys(map(nonce, range(4 * RECORDS)), 1)
    return made.bucket


def test_the_path_of_the_docs_leads_there_and_leaves_nothing_behind(
    opensearch3: OpenSearchNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    session = boto3.Session(region_name="eu-west-1")
    with Shipper(opensearch3, f"flowtapy{os.getpid()}", tmp_path / "state").with_schema() as shipper, moto() as url:
        bucket = walk(session, shipper, tmp_path, url)
        assert bucket.startswith("flowtap-smoke-")
        assert session.client("s3", endpoint_url=url).list_buckets()["Buckets"] == []
        assert "QueueUrls" not in session.client("sqs", endpoint_url=url).list_queues()


@pytest.mark.real_aws
def test_the_same_at_aws(opensearch3: OpenSearchNode, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--real-aws"):
        pytest.skip("makes and removes a bucket and a queue in a real account: --real-aws")
    session = boto3.Session()
    if session.get_credentials() is None or not session.region_name:
        pytest.skip("no AWS credentials or no region in the environment")
    with Shipper(opensearch3, f"flowtapz{os.getpid()}", tmp_path / "state").with_schema() as shipper:
        walk(session, shipper, tmp_path)
