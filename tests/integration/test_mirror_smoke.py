"""The path of docs/mirroring.md in one go: plan, apply, look, destroy. At the EC2 endpoint; with --real-aws at AWS.

`pytest tests/integration/test_mirror_smoke.py --real-aws` makes a VPC of its own in the account and region that the
credentials of the environment lead to, with a subnet and two network interfaces that no instance has, mirrors one to
the other, and removes everything again. No packet is sent; a session costs $0.015 an hour. That AWS lets an interface
without an instance be a source is a guess.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from aws_server import CREDENTIALS, moto
from integration.aws_smoke import TAG
from integration.mirror_endpoint import served
from mirror.inventory import read_inventory
from mirror_account import Account
from shipper.cli.main import run

FILE = """
plan = "{plan}"
[targets.sensor]
network_interface = "{sensor}"
[filters.all]
preset = "everything"
[sessions.smoke]
targets = ["sensor"]
filter = "all"
select = {{ interfaces = ["{source}"] }}
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """Interfaces of one subnet."""

    sensor: str
    source: str


@contextmanager
def stage(ec2: Any) -> Iterator[Stage]:
    """Made with the tag of smoke tests, and removed when it is left, whatever happened."""

    def tagged(kind: str) -> dict[str, Any]:
        return {"TagSpecifications": [{"ResourceType": kind, "Tags": [{"Key": TAG[0], "Value": TAG[1]}]}]}

    with ExitStack() as made:
        vpc = ec2.create_vpc(CidrBlock="10.213.7.0/24", **tagged("vpc"))["Vpc"]["VpcId"]
        made.callback(ec2.delete_vpc, VpcId=vpc)
        ec2.get_waiter("vpc_available").wait(VpcIds=[vpc])
        found = ec2.create_subnet(VpcId=vpc, CidrBlock="10.213.7.0/28", **tagged("subnet"))["Subnet"]
        made.callback(ec2.delete_subnet, SubnetId=found["SubnetId"])
        ec2.get_waiter("subnet_available").wait(SubnetIds=[found["SubnetId"]])
        ends = []
        for _ in range(2):
            asked = {"SubnetId": found["SubnetId"], "Description": "flowtap smoke", **tagged("network-interface")}
            ends.append(ec2.create_network_interface(**asked)["NetworkInterface"]["NetworkInterfaceId"])
            made.callback(ec2.delete_network_interface, NetworkInterfaceId=ends[-1])
        ec2.get_waiter("network_interface_available").wait(NetworkInterfaceIds=ends)
        yield Stage(*ends)


def walk(there: Stage, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The plan's name; nothing that it owned is there any more."""
    name = f"smoke-{secrets.token_hex(6)}"
    file, inventory = folder / "mirror.toml", folder / "inventory.json"
    file.write_text(FILE.format(plan=name, sensor=there.sensor, source=there.source), "utf-8")

    def said(*arguments: str, code: int = 0) -> Any:
        assert run(["mirror", *arguments, "--json"]) == code, capsys.readouterr()
        return json.loads(capsys.readouterr().out)

    try:
        assert said("plan", str(file), "--detailed-exitcode", code=6)["sessions"] == 1
        applied = said("apply", str(file), "--inventory", str(inventory), "--yes")
        assert applied["failed"] == []
        assert said("plan", str(file), "--detailed-exitcode")["changes"] == []
        (row,) = (row for row in said("status", str(file))["sessions"] if row["plan"] == name)
        assert (row["eni"], row["amiss"]) == (there.source, "")
        (entry,) = (each for each in read_inventory(inventory.read_text("utf-8")) if each.eni == there.source)
        assert entry.vni == row["vni"]
    finally:
        said("destroy", "--plan", name, "--yes")
    assert said("destroy", "--plan", name, "--yes")["changes"] == []
    return name


def owned(ec2: Any, plan: str) -> list[str]:
    """What is there of a plan."""
    tags = [
        (each.get("Tags", ()), kind)
        for kind in ("target", "filter", "session")
        for each in getattr(ec2, f"describe_traffic_mirror_{kind}s")()[f"TrafficMirror{kind.title()}s"]
    ]
    return [kind for own, kind in tags if {"Key": "flowtap:plan", "Value": plan} in own]


def test_the_path_of_the_docs_leads_there_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    account = Account()
    with served(account, monkeypatch.setenv):
        plan = walk(Stage(account.sensor, account.web[0][1]), tmp_path, capsys)
    assert owned(account.raw, plan) == []
    assert account.counts() == (0, 0, 0, 0)


def test_the_stage_is_removed_whatever_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with moto() as url:
        ec2 = boto3.client("ec2", endpoint_url=url)
        before = ec2.describe_vpcs()["Vpcs"], ec2.describe_subnets()["Subnets"]
        with suppress(KeyError), stage(ec2) as there:
            ends = ec2.describe_network_interfaces(NetworkInterfaceIds=[there.sensor, there.source])
            assert all({"Key": TAG[0], "Value": TAG[1]} in each["TagSet"] for each in ends["NetworkInterfaces"])
            raise KeyError
        assert (ec2.describe_vpcs()["Vpcs"], ec2.describe_subnets()["Subnets"]) == before
        assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []


@pytest.mark.real_aws
def test_the_same_at_aws(tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--real-aws"):
        pytest.skip("makes and removes a VPC and a mirror session in a real account: --real-aws")
    session = boto3.Session()
    if session.get_credentials() is None or not session.region_name:
        pytest.skip("no AWS credentials or no region in the environment")
    ec2: Any = session.client("ec2")
    with stage(ec2) as there:
        plan = walk(there, tmp_path, capsys)
        assert owned(ec2, plan) == []
