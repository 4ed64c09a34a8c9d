"""`shipper mirror watch` at the EC2 endpoint: no AWS, no container."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aws_server import client, moto
from findings import ID, finding, text
from integration.mirror_endpoint import balancer, served
from mirror.inventory import read_inventory
from mirror_account import Account
from shipper.cli.main import run


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    account = Account()
    account.raw.create_traffic_mirror_target(NetworkInterfaceId=account.sensor)
    with served(account, monkeypatch.setenv):
        yield account


def test_findings_of_a_file_are_decided_on_and_nothing_is_changed(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy, file = tmp_path / "guardduty.toml", tmp_path / "findings.jsonl"
    policy.write_text(f'kill_switch = "{tmp_path / "off"}"\n[[rules]]\nseverity = 7\n', "utf-8")
    event = finding(*account.web[0])
    file.write_text(
        f"{text(event)}\n{text(event)}\n\nnonsense\n{text(finding(*account.web[1], severity=2, id='f' * 32))}\n",
        "utf-8",
    )
    given = ["mirror", "watch", str(policy), "--replay", str(file)]
    assert run([*given, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["decisions"]
    assert [each["reason"] for each in told] == ["finding", "replay", "malformed", "no-rule"]
    assert all(each["dry_run"] for each in told)
    assert run(given) == 0
    assert "this version of it was decided on already" in capsys.readouterr().out
    (tmp_path / "off").touch()
    assert run([*given, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["decisions"][0]["reason"] == "kill-switch"
    assert account.sessions() == []


def test_findings_of_a_queue_start_sessions_that_the_inventory_names(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy, journal, inventory = (tmp_path / name for name in ("guardduty.toml", "findings.json", "inventory.json"))
    policy.write_text("[[rules]]\nseverity = 7\nfor = '2h'\n", "utf-8")
    instance, eni = account.web[0]
    with moto() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", url)
        sqs = client("sqs", url)
        queue = sqs.create_queue(QueueName="findings")["QueueUrl"]
        given = ["mirror", "watch", str(policy), "--queue", queue, "--journal", str(journal), "--once"]

        def sent(*bodies: str) -> None:
            for body in bodies:
                sqs.send_message(QueueUrl=queue, MessageBody=body)

        event = text(finding(instance, eni, datetime.now(UTC)))
        sent(event, "nonsense")
        assert run(given) == 0
        assert account.sessions() == [], "a dry run, unless told otherwise"
        sent(event, event)
        assert run([*given, "--apply", "--inventory", str(inventory)]) == 0
        left = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert (left["ApproximateNumberOfMessages"], left["ApproximateNumberOfMessagesNotVisible"]) == ("0", "0")
    (session,) = account.sessions()
    assert session["NetworkInterfaceId"] == eni
    (entry,) = read_inventory(inventory.read_text("utf-8"))
    assert (entry.vni, entry.tags["flowtap:finding"]) == (session["VirtualNetworkId"], ID)
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    decisions = [line["decision"] for line in lines if line["event_type"] == "mirror_decision"]
    dry, acted = ([each["reason"] for each in decisions if each["dry_run"] is told] for told in (True, False))
    assert (sorted(dry), acted) == (["finding", "malformed"], ["finding", "replay"])


def test_who_stands_behind_a_load_balancer_is_never_mirrored(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    policy, file = tmp_path / "guardduty.toml", tmp_path / "findings.jsonl"
    analyser, other = account.web[:2]
    found = [finding(*analyser), finding(*other, id="f" * 32)]
    file.write_text("".join(f"{text(each)}\n" for each in found), "utf-8")
    with moto() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2", url)
        address = account.world.kinds["network-interface"][analyser[1]]["PrivateIpAddress"]
        arn = balancer(url, address)
        made = account.raw.create_traffic_mirror_target(NetworkLoadBalancerArn=arn)["TrafficMirrorTarget"]
        policy.write_text(f'target = "{made["TrafficMirrorTargetId"]}"\n[[rules]]\n', "utf-8")
        given = ["mirror", "watch", str(policy), "--replay", str(file), "--json"]
        assert run(given) == 0
        told = json.loads(capsys.readouterr().out)["decisions"]
        assert [(each["eni"], each["reason"]) for each in told] == [(analyser[1], "analyser"), (other[1], "finding")]
        client("elbv2", url).delete_load_balancer(LoadBalancerArn=arn)
        assert run(given) == 0
    told = json.loads(capsys.readouterr().out)["decisions"]
    assert [each["reason"] for each in told] == ["analysers-unseen"] * 2


def test_a_queue_needs_a_journal(account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = tmp_path / "guardduty.toml"
    policy.write_text("[[rules]]\n", "utf-8")
    assert run(["mirror", "watch", str(policy), "--queue", "https://sqs.us-east-1.amazonaws.com/1/x"]) == 2
    assert "--journal" in capsys.readouterr().err
    assert account.sessions() == []


def test_what_is_wrong_with_the_policy_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy, file = tmp_path / "guardduty.toml", tmp_path / "findings.jsonl"
    file.touch()
    assert run(["mirror", "watch", str(policy), "--replay", str(file)]) == 3
    assert "docs/guardduty.md" in capsys.readouterr().err
    policy.write_text("[[rules]]\nfor = 'ever'\n", "utf-8")
    assert run(["mirror", "watch", str(policy), "--replay", str(file)]) == 3
    assert f"{policy}: rules.0.for: say how long" in capsys.readouterr().err
