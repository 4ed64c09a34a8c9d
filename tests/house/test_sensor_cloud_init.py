"""The cloud-init of a sensor instance: YAML, commands and settings that there are, no more rights than needed."""

import json
import shlex
import tomllib
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from mirror.inventory import read_inventory
from shipper.cli.main import cli
from shipper.config import load

FILE = Path(__file__).parents[2] / "docker" / "sensor" / "cloud-init.yaml"
TEXT = FILE.read_text()
FOUND: dict[str, Any] = yaml.safe_load(TEXT)
FILES = {each["path"]: each["content"] for each in FOUND["write_files"]}
UNITS = {name.rsplit("/", 1)[1]: text for name, text in FILES.items() if name.startswith("/etc/systemd/")}


def unit(name: str) -> RawConfigParser:
    found = RawConfigParser(strict=False)
    found.optionxform = str  # type: ignore[assignment, method-assign]
    found.read_string(UNITS[name])
    return found


def commands() -> list[list[str]]:
    """Those that run shipper, as words."""
    lines = [line.split("=", 1)[1] for text in UNITS.values() for line in text.splitlines() if "bin/shipper" in line]
    lines += [command for command in FOUND["runcmd"] if command.startswith("/opt/flowtap/bin/shipper")]
    return [shlex.split(line)[1:] for line in lines]


def test_it_is_what_cloud_init_takes() -> None:
    assert TEXT.startswith("#cloud-config\n")
    assert set(FOUND) == {"package_update", "packages", "users", "write_files", "runcmd"}
    assert len(FILES) == len(FOUND["write_files"])
    assert all(each["permissions"].startswith("0") for each in FOUND["write_files"])
    assert all(isinstance(command, str) for command in FOUND["runcmd"])
    assert len(TEXT) < 16_384  # AWS: user data of an instance


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_commands_take_their_options(words: list[str]) -> None:
    ran = CliRunner().invoke(cli, [*words, "--help"])
    assert ran.exit_code == 0, ran.output
    names = [word for word in words if word.startswith("--") and word not in {"--config"}]
    assert all(name in ran.output for name in names), names


def test_settings_and_inventory_are_understood(tmp_path: Path) -> None:
    (tmp_path / "shipper.toml").write_text(FILES["/etc/flowtap/shipper.toml"])
    settings = load(tmp_path / "shipper.toml", ()).settings
    assert settings.inputs["mirrored"].vlan_is_vni  # type: ignore[union-attr]
    assert read_inventory(FILES["/etc/flowtap/inventory.json"]) == ()
    written = tomllib.loads(FILES["/etc/flowtap/shipper.toml"])
    assert written["mirror"]["inventory"] in FILES
    figures = next(words[words.index("--figures") + 1] for words in commands() if "--figures" in words)
    assert figures in json.dumps(written["inputs"]["mirrored"]["paths"])


def test_only_who_needs_a_capability_has_one() -> None:
    assert unit("flowtap-mirror.service")["Service"]["CapabilityBoundingSet"] == "CAP_NET_RAW"
    assert unit("flowtap-run.service")["Service"]["CapabilityBoundingSet"] == ""
    for name in ("flowtap-mirror.service", "flowtap-run.service"):
        assert unit(name)["Service"]["User"] == "flowtap"
        assert unit(name)["Service"]["Restart"] == "always"
