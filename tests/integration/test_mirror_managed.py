"""`shipper mirror plan|apply|status|start|sweep|destroy` over HTTP, at the EC2 endpoint: no AWS, no container."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aws_server import client, moto
from integration.mirror_endpoint import balancer, served
from mirror.inventory import read_inventory
from mirror_account import BALANCER, FILE, Account
from shipper.cli.main import run


class Command:
    """The command in this process, with a file and an inventory of its own."""

    def __init__(self, folder: Path, account: Account, capsys: pytest.CaptureFixture[str]) -> None:
        self.account, self._capsys = account, capsys
        self.file = folder / "mirror.toml"
        self.file.write_text(FILE.format(balancer=BALANCER), "utf-8")
        self.inventory = folder / "inventory.json"

    def __call__(self, *arguments: str, code: int = 0) -> Any:
        """What it says as JSON; `code` is what it must leave with."""
        assert run(["mirror", *arguments, "--json"]) == code, self._capsys.readouterr().err
        return json.loads(self._capsys.readouterr().out)

    def shown(self, *arguments: str, code: int = 0) -> str:
        assert run(["mirror", *arguments]) == code
        told = self._capsys.readouterr()
        return told.out + told.err


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    account = Account()
    with served(account, monkeypatch.setenv):
        yield Command(tmp_path, account, capsys)


def test_a_plan_is_shown_applied_looked_at_and_destroyed(command: Command) -> None:
    file = str(command.file)
    planned = command("plan", file, "--detailed-exitcode", code=6)
    assert planned["identity"]["account"] == "123456789012"
    assert len(planned["changes"]) == 16
    assert planned["monthly_dollars"] == 32.85
    assert command.account.counts() == (0, 0, 0, 0)

    assert "--yes" in command.shown("apply", file, code=3), "nobody is there to ask"
    assert command.account.counts() == (0, 0, 0, 0)
    applied = command("apply", file, "--yes", "--inventory", str(command.inventory))
    assert (applied["applied"], applied["failed"]) == (16, [])
    entries = read_inventory(command.inventory.read_text("utf-8"))
    assert {entry.instance_id for entry in entries} == {instance for instance, _ in command.account.web}
    command("plan", file, "--detailed-exitcode")

    status = command("status", file)
    assert status["changes"] == 0
    assert {row["plan"] for row in status["sessions"]} == {"prod"}

    command("destroy", file, "--yes", "--inventory", str(command.inventory))
    assert command.account.counts() == (0, 0, 0, 0)
    assert all(entry.valid_to for entry in read_inventory(command.inventory.read_text("utf-8")))


def test_people_see_the_account_the_reasons_and_the_cost(command: Command) -> None:
    shown = command.shown("plan", str(command.file))
    assert "Account 123456789012, us-east-1, as arn:aws:iam::123456789012:user/endpoint" in shown
    assert f"web selects {command.account.web[0][0]}" in shown
    assert "$32.85 a month" in shown
    assert "traffic-mirroring-targets.html" in shown


def test_what_is_known_of_instance_types_is_a_setting(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    file, eni = str(command.file), command.account.web[0][1]
    warned = f"{eni}: m5.large is not among the instance types known to be mirrored"
    assert warned not in command.shown("plan", file)
    monkeypatch.setenv("SHIPPER_MIRROR__UNSUPPORTED_TYPES", "m4, m5")
    assert warned in command.shown("plan", file)


def test_the_file_as_terraform(command: Command) -> None:
    made = json.loads(command.shown("plan", str(command.file), "--export", "terraform"))["resource"]
    assert {kind.removeprefix("aws_ec2_traffic_mirror_"): len(found) for kind, found in made.items()} == {
        "target": 1, "filter": 1, "filter_rule": 10, "session": 3,
    }  # fmt: skip
    names = {f"${{{kind}.{name}.id}}" for kind, found in made.items() for name in found}
    for session in made["aws_ec2_traffic_mirror_session"].values():
        assert {session["traffic_mirror_target_id"], session["traffic_mirror_filter_id"]} <= names
    assert {rule["traffic_mirror_filter_id"] for rule in made["aws_ec2_traffic_mirror_filter_rule"].values()} <= names


def test_one_machine_is_mirrored_for_a_while(command: Command) -> None:
    command("apply", str(command.file), "--yes")
    instance, eni = command.account.web[0]
    address = command.account.world.kinds["network-interface"][eni]["PrivateIpAddress"]
    assert command("start", "--ip", address, "--for", "30m", "--yes")["failed"] == []
    again = command("start", "--instance", instance, "--for", "2h", "--yes")
    assert [change["operation"] for change in again["changes"]] == ["CreateTags"], "it is extended"
    assert command.account.counts()[3] == 4
    command("sweep", "--yes")
    assert command.account.counts()[3] == 4
    command("destroy", "--plan", "start", "--yes")
    assert command.account.counts()[3] == 3


def test_skipped_packets_are_told_where_they_can_be_read(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command("apply", str(command.file), "--yes")
    shown = command.shown("status")
    assert shown.count("skipped packets are not known") == 1
    assert "It takes cloudwatch:GetMetricData" in shown
    lossy, fine = (instance for instance, _ in command.account.web[:2])
    before = datetime.now(UTC) - timedelta(minutes=1)  # whole seconds are asked about: this one is not over
    with moto() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", url)
        for instance, way, packets in ((lossy, "In", 7), (lossy, "Out", 5), (fine, "In", 0)):
            metric = {"MetricName": f"NetworkPacketsSkipMirror{way}", "Value": packets, "Timestamp": before}
            metric["Dimensions"] = [{"Name": "InstanceId", "Value": instance}]
            client("cloudwatch", url).put_metric_data(Namespace="AWS/EC2", MetricData=[metric])
        rows = {row["instance_id"]: row["skipped_packets"] for row in command("status")["sessions"]}
        assert rows == {lossy: 12, fine: 0, command.account.web[2][0]: None}
        shown = command.shown("status")
    assert "12 packets of its instance were not mirrored within an hour" in shown
    assert "skipped packets are not known" not in shown


def test_an_analyser_behind_a_load_balancer_is_never_planned_nor_started(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyser, eni = command.account.web[0]
    address = command.account.world.kinds["network-interface"][eni]["PrivateIpAddress"]
    with moto() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2", url)
        command.file.write_text(FILE.format(balancer=balancer(url, address)), "utf-8")
        shown = command.shown("apply", str(command.file), "--yes")
        assert f"{eni}: not mirrored by web: it is an analyser's" in shown
        assert "cross-zone balancing is off" in shown
        assert "no UDP listener" not in shown
        assert {each["NetworkInterfaceId"] for each in command.account.sessions()}.isdisjoint({eni})
        assert "it is an analyser's" in command.shown("start", "--instance", analyser, "--yes", code=3)
    assert command.account.counts()[3] == 2


def test_what_is_wrong_is_told(command: Command) -> None:
    command.file.write_text('plan = "a"\ncolour = 1', "utf-8")
    assert f"{command.file}: colour: there is no such key" in command.shown("plan", str(command.file), code=3)
    assert "docs/mirroring.md" in command.shown("plan", str(command.file.with_name("none.toml")), code=3)
    assert "name one of" in command.shown("start", code=2)
    assert "--for 1x" in command.shown("start", "--ip", "10.0.0.10", "--for", "1x", code=2)
    assert "make one with" in command.shown("start", "--ip", "10.0.0.10", code=3)


def test_failed_steps_are_told_and_leave_with_4(command: Command) -> None:
    command.account.world.trouble.refused["CreateTrafficMirrorSession"] = "TrafficMirrorSessionLimitExceeded"
    shown = command.shown("apply", str(command.file), "--yes", code=4)
    assert "TrafficMirrorSessionLimitExceeded" in shown
    assert "3 of 16 changes were not made; applying again goes on from there" in shown
    told = command("apply", str(command.file), "--yes", code=4)
    assert [failed["what"] for failed in told["failed"]] == ["session"] * 3
    assert "TrafficMirrorSessionLimitExceeded" in told["failed"][0]["failure"]
