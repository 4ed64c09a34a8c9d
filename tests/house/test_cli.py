"""Every command is there and says what it does; help is quick; wrong usage is told apart from results."""

import importlib
import json
import subprocess
import sys

import click
import pytest

from shipper.cli.exit_codes import EXIT_HELP
from shipper.cli.main import COMMANDS, cli, run

HEAVY = {
    "boto3",
    "numpy",
    "opensearchpy",
    "orjson",
    "polars",
    "prometheus_client",
    "pydantic",
    "pycurl",
    "pydantic_settings",
    "requests",
    "rich",
    "scapy",
    "shipper.config",
    "urllib3",
}
_MODULES = "import json, sys; from shipper.cli.main import run; code = run({}); print(json.dumps([code, *sys.modules]))"


def command(name: str) -> click.Command:
    module, attribute, _ = COMMANDS[name]
    found = getattr(importlib.import_module(module), attribute)
    assert isinstance(found, click.Command)
    return found


def subcommands() -> list[tuple[str, click.Command]]:
    found = [(name, command(name)) for name in COMMANDS]
    return found + [
        (f"{name} {inner}", below)
        for name, group in found
        if isinstance(group, click.Group)
        for inner, below in group.commands.items()
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_called_what_the_table_says(name: str) -> None:
    assert command(name).name == name
    assert COMMANDS[name][2].endswith(".")


@pytest.mark.parametrize(("name", "found"), subcommands())
def test_a_command_says_what_it_does(name: str, found: click.Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert found.help
    assert found.help.partition("\n")[0].rstrip().endswith((".", ":")), name
    assert run([*name.split(), "--help"]) == 0
    assert f"Usage: shipper {name}" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "found"), [("", cli), *subcommands()])
def test_every_option_is_described(name: str, found: click.Command) -> None:
    for parameter in found.params:
        if isinstance(parameter, click.Option):
            assert (parameter.help or "").strip(), f"shipper {name} {parameter.opts}"


ASKING = {"apply", "import", "purge", "reset", "destroy", "start", "sweep"}


@pytest.mark.parametrize(("name", "found"), subcommands())
def test_what_makes_changes_asks_first(name: str, found: click.Command) -> None:
    """`apply`, `import`, `purge`, `reset`, and mirroring's `destroy`, `start` and `sweep` ask; `--yes` skips that."""
    asks = any("--yes" in parameter.opts for parameter in found.params)
    assert asks == (name.rpartition(" ")[2] in ASKING)


@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in COMMANDS), ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _MODULES.format(arguments)], capture_output=True, text=True, check=True, timeout=60
    )
    code, *modules = json.loads(ran.stdout.splitlines()[-1])
    assert code == 0
    assert not HEAVY.intersection(modules)


@pytest.mark.parametrize("arguments", [["nonsense"], ["--nonsense"], ["backfill", "flowlogs"], ["init", "a", "--user"]])
def test_wrong_usage_is_told_on_standard_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "Usage: shipper" in told.err


def test_exit_codes_are_in_the_overview(capsys: pytest.CaptureFixture[str]) -> None:
    run(["--help"])
    shown = capsys.readouterr().out
    assert all(line.strip() in shown for line in EXIT_HELP.splitlines()[1:])
