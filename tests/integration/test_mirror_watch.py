"""`shipper mirror watch` at the EC2 endpoint: no AWS, no container."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from aws.endpoint.serving import handler_of
from aws_server import CREDENTIALS
from findings import finding, text
from mirror_account import Account
from serving import serving
from shipper.cli.main import run


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    account = Account()
    account.raw.create_traffic_mirror_target(NetworkInterfaceId=account.sensor)
    with serving(handler_of(account.endpoint)) as url:
        for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL_EC2": url, "AWS_ENDPOINT_URL_STS": url}.items():
            monkeypatch.setenv(name, value)
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


def test_what_is_wrong_with_the_policy_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy, file = tmp_path / "guardduty.toml", tmp_path / "findings.jsonl"
    file.touch()
    assert run(["mirror", "watch", str(policy), "--replay", str(file)]) == 3
    assert "docs/guardduty.md" in capsys.readouterr().err
    policy.write_text("[[rules]]\nfor = 'ever'\n", "utf-8")
    assert run(["mirror", "watch", str(policy), "--replay", str(file)]) == 3
    assert f"{policy}: rules.0.for: say how long" in capsys.readouterr().err
