"""The command's root: global options, commands loaded when they are used, errors as exit codes."""

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from shipper.cli.confirm import NOTHING_CHANGED
from shipper.cli.context import Context
from shipper.cli.exit_codes import BROKEN_PIPE, EXIT_HELP, exit_code
from shipper.cli.output import note, write_json
from shipper.errors import ShipperError, Unavailable
from shipper.loopback import is_loopback

# noun → (module, attribute, one line for the overview); the module is imported when the command runs.
COMMANDS = {
    "init": ("shipper.cli.init", "init", "Write a commented settings file."),
    "doctor": ("shipper.cli.doctor", "doctor", "Check settings, store, permissions, templates, disk; change nothing."),
    "run": ("shipper.cli.run", "run", "Follow live inputs until told to stop."),
    "backfill": ("shipper.cli.backfill", "backfill", "Load records that already exist."),
    "schema": ("shipper.cli.schema", "schema", "Index templates and mappings: plan, apply."),
    "retention": ("shipper.cli.retention", "retention", "Old partitions: plan, apply."),
    "deadletter": (
        "shipper.cli.deadletter",
        "deadletter",
        "Records that could not be stored: list, show, replay, purge.",
    ),
    "checkpoint": ("shipper.cli.checkpoint", "checkpoint", "How far each input is loaded: list, reset."),
    "suricata": ("shipper.cli.suricata", "suricata", "The sensor: configuration, rules, reload, figures."),
    "mirror": (
        "shipper.cli.mirror",
        "mirror",
        "Mirrored packets: listen, decode; sessions at AWS: plan, apply, start.",
    ),
    "dashboards": (
        "shipper.cli.dashboards",
        "dashboards",
        "What people look at: build, check, plan, import, export, proxy.",
    ),
    "query": ("shipper.cli.query", "query", "Ready-made questions to the store."),
    "trace": ("shipper.cli.trace", "trace", "Everything both witnesses say of one connection."),
    "explain": ("shipper.cli.explain", "explain", "Why a flow was let in or refused; which rules are used."),
}


class _LazyGroup(click.Group):
    """Knows its commands by name; imports one when it is asked for, so that --help is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)  # noqa: S101  (for the type checker; the table is tested)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """As ever; where the far end does not answer, the error gets a remark on what to do."""
        try:
            return super().invoke(ctx)
        except Unavailable as error:
            if not getattr(error, "__notes__", ()):  # whoever has one knows better what did not answer
                error.add_note(_next_step(ctx.obj.address))
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])


@click.group(cls=_LazyGroup, epilog=EXIT_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="flowtap", prog_name="shipper")
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    help="Settings file [default: SHIPPER_CONFIG, ./shipper.toml, ~/.config/flowtap/shipper.toml]",
)
@click.option(
    "--set", "overrides", multiple=True, metavar="SECTION.KEY=VALUE", help="Override one setting; repeatable."
)
@click.pass_context
def cli(ctx: click.Context, config_file: Path | None, overrides: tuple[str, ...]) -> None:
    """VPC flow logs and Suricata events into OpenSearch: nothing lost, nothing twice, nothing blocked."""
    ctx.obj = Context(config_file, overrides)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code. Our own errors become one message and a code."""
    _fill_closed_streams()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _outcome(given)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # click and rich leave by SystemExit when nobody reads the results any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else Python complains when it flushes at its end
        return BROKEN_PIPE
    return code if isinstance(code, int) else 0


def _outcome(given: list[str]) -> object:
    try:
        return cli.main(args=given, prog_name="shipper", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort as abort:
        if NOTHING_CHANGED in getattr(abort, "__notes__", ()):
            note(f"Aborted: {NOTHING_CHANGED}.")
        else:
            note("Aborted. What was done before stays; plan again shows what is left.")
        return 130
    except ShipperError as error:
        note("\n".join([f"shipper: {error}", *getattr(error, "__notes__", ())]))
        if "--json" in given:
            write_json({"failure": str(error)})
        return exit_code(error)


def _fill_closed_streams() -> None:
    """Standard streams that were closed lead nowhere: a file opened later must not get their numbers."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < 3:
        pass
    os.close(descriptor)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  (for as long as we run)


def _next_step(url: str) -> str:
    host = urlsplit(url).hostname or ""
    start = "docker/stack.sh up starts the stack here; " if is_loopback(host) else ""
    return f"Does it run? {start}`shipper doctor` checks every step of the way."
