"""A log group at moto's server, loaded and followed by the command: each event is one document, whatever reads it."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aws_server import client
from integration.command import Shipper
from integration.containers import OpenSearchNode
from integration.flow_log_files import nonce

GROUP = "/aws/vpc/flow-logs"
LINE_FORMAT = "${version} ${interface-id} ${srcaddr} ${dstaddr} ${start} ${end} ${action} ${log-status}"


class Group:
    """A log group whose flow log has a format of its own, and the command that is pointed at it."""

    def __init__(self, url: str, shipper: Shipper, folder: Path) -> None:
        self.shipper, self.url = shipper, url
        self.logs = client("logs", url)
        self.logs.create_log_group(logGroupName=GROUP)
        self.interfaces: list[str] = []
        ec2 = client("ec2", url)
        ec2.create_flow_logs(
            ResourceIds=[ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]],
            ResourceType="VPC",
            TrafficType="ALL",
            LogGroupName=GROUP,
            LogFormat=LINE_FORMAT,
            DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/flow-logs",
        )
        self.file = folder / "shipper.toml"
        self.file.write_text(
            f'[aws]\nendpoint_url = "{url}"\nregion = "us-east-1"\n[inputs.live]\ntype = "cloudwatch"\n'
            f'log_group = "{GROUP}"\nlookback_minutes = 45\n'
        )

    def put(self, begin: datetime, records: int) -> None:
        """So many records, a second apart, each of an interface and in a log stream of its own."""
        for number in range(len(self.interfaces), len(self.interfaces) + records):
            interface, start = nonce(number), int(begin.timestamp()) + number
            self.interfaces.append(interface)
            line = f"2 {interface} 10.0.0.1 10.0.0.2 {start} {start + 60} ACCEPT OK"
            stream = f"{interface}-all"
            self.logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
            event = {"timestamp": start * 1000, "message": line}
            self.logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=[event])

    def backfill(self) -> Any:
        source = f"cloudwatch://{GROUP}"
        return self.shipper("--config", self.file, "backfill", "flowlogs", source, "--since", "6h", "--json").json


@pytest.fixture
def group(opensearch3: OpenSearchNode, tmp_path: Path, aws_url: str) -> Iterator[Group]:
    with Shipper(opensearch3, f"flowtapw{os.getpid()}", tmp_path / "state").with_schema() as shipper:
        yield Group(aws_url, shipper, tmp_path)


def test_what_is_loaded_and_followed_is_there_once(group: Group) -> None:
    assert GROUP in group.shipper("--config", group.file, "run", "--check").out
    now = datetime.now(UTC)
    group.put(now - timedelta(hours=4), 20)
    group.put(now - timedelta(minutes=90), 20)
    loaded = group.backfill()
    assert (loaded["sums"]["delivered"], loaded["sums"]["dead_lettered"]) == (40, 0), loaded
    group.put(now - timedelta(minutes=30), 20)
    said = group.shipper("--config", group.file, "run", "--once", "--log-json").err
    assert "format looked up" in said
    assert group.shipper.copies("aws.vpcflow.interface_id") == dict.fromkeys(group.interfaces, 1)
    again = group.backfill()
    assert again["sums"]["delivered"] == 0, again
    assert group.shipper.copies("aws.vpcflow.interface_id") == dict.fromkeys(group.interfaces, 1)
    assert GROUP in group.shipper("checkpoint", "list").out
    group.shipper("checkpoint", "reset", f"cloudwatch://{GROUP}/", "--yes")
    assert GROUP not in group.shipper("checkpoint", "list").out
