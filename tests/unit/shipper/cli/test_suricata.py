"""`shipper suricata …` without any Suricata: files, what is listed, what is told where something is missing."""

import json
from pathlib import Path
from typing import Any

import pytest

from shipper.cli.main import run


@pytest.fixture
def sensor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for it; nothing on this machine can be run or asked."""
    settings = {"DIRECTORY": tmp_path / "sensor", "SOCKET": tmp_path / "no.socket", "SENSOR_NAME": "unit"}
    for name, value in settings.items():
        monkeypatch.setenv(f"SHIPPER_SURICATA__{name}", str(value))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.socket")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "sensor"


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    """What `--json` says."""
    capsys.readouterr()
    assert run(["suricata", *arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_render_writes_what_is_missing_and_says_so_once(sensor: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "suricata.yaml" in told(capsys, "render")["written"]
    assert told(capsys, "render")["written"] == []
    assert 'sensor-name: "unit"' in (sensor / "suricata.yaml").read_text()


def test_render_to_standard_output_writes_nothing(sensor: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["suricata", "render", "--stdout"]) == 0
    assert capsys.readouterr().out.startswith("%YAML 1.1\n---\n")
    assert not sensor.exists()


def test_the_stacks_file_is_not_overwritten_with_paths_of_this_side(
    sensor: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["suricata", "render"])
    yaml = sensor / "suricata.yaml"
    inside = yaml.read_text().replace(str(sensor), "/etc/suricata/flowtap")
    yaml.write_text(inside)
    assert run(["suricata", "render"]) == 3
    assert "docker/stack.sh up" in capsys.readouterr().err
    assert yaml.read_text() == inside
    assert told(capsys, "render", "--force")["written"] == ["suricata.yaml"]


def test_a_setting_that_cannot_be_is_named(sensor: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del sensor
    assert run(["--set", "suricata.home_net=10.0.0.0/99", "suricata", "render"]) == 3
    assert "home_net: '10.0.0.0/99'" in capsys.readouterr().err


def test_muting_is_listed_and_taken_back(sensor: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["suricata", "render"])
    suppress = ("rules", "suppress", "9000001", "--src", "192.0.2.7", "--why", "a test", "--no-check")
    assert told(capsys, *suppress)["written"] == ["threshold.config"]
    assert told(capsys, *suppress)["written"] == []
    assert told(capsys, "rules", "disable", "9000012", "--no-check")["written"] == [
        "disabled.conf",
        "active/local.rules",
    ]
    listed = told(capsys, "rules", "list")
    (suppressed,), (disabled,) = listed["suppressed"], listed["disabled"]
    assert (suppressed["sid"], suppressed["network"], suppressed["why"]) == (9000001, "192.0.2.7", "a test")
    assert disabled["sid"] == 9000012
    assert suppressed["since"] == disabled["since"] or suppressed["since"] < disabled["since"]
    assert run(["suricata", "rules", "list", "--all"]) == 0
    shown = capsys.readouterr().out
    assert "a test" in shown
    assert "FLOWTAP cleartext session: telnet" in shown
    assert told(capsys, "rules", "unsuppress", "9000001", "--no-check")["written"] == ["threshold.config"]
    assert told(capsys, "rules", "enable", "9000012", "--no-check")["written"] == [
        "disabled.conf",
        "active/local.rules",
    ]
    assert told(capsys, "rules", "list") | {"files": []} == {"files": [], "suppressed": [], "disabled": []}
    assert "# disabled" not in (sensor / "active/local.rules").read_text()


def test_a_rule_that_is_not_there_can_be_muted_and_that_is_said(
    sensor: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del sensor
    run(["suricata", "render"])
    assert run(["suricata", "rules", "disable", "4711", "--no-check"]) == 0
    assert "No rule here has sid 4711" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "next_step"),
    [
        (("reload",), "docker/stack.sh up"),
        (("stats",), "docker/stack.sh up"),
        (("check",), "neither suricata nor a container engine"),
        (("rules", "disable", "1"), "neither suricata nor a container engine"),
        (("rules", "update"), "neither suricata nor a container engine"),
    ],
)
def test_without_suricata_it_says_what_to_do(
    sensor: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], next_step: str
) -> None:
    del sensor
    run(["suricata", "render"])
    assert run(["suricata", *arguments]) == 3
    assert next_step in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("disable", "1"), ("suppress", "1"), ("update",)])
def test_rules_need_a_rendered_folder(
    sensor: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    del sensor
    assert run(["suricata", "rules", *arguments]) == 3
    assert "shipper suricata render" in capsys.readouterr().err


@pytest.mark.parametrize("source", ["nonsense", "10.0.0.1/8"])
def test_a_source_that_is_no_network_is_refused(sensor: Path, capsys: pytest.CaptureFixture[str], source: str) -> None:
    run(["suricata", "render"])
    assert run(["suricata", "rules", "suppress", "9000001", "--src", source, "--no-check"]) == 3
    assert source in capsys.readouterr().err
    assert (sensor / "threshold.config").read_text() == ""
