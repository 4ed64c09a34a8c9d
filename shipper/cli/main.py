"""The command's root: global options, commands loaded when they are used, errors as exit codes."""

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from shipper.cli.context import Context
from shipper.cli.exit_codes import EXIT_HELP, exit_code
from shipper.errors import ShipperError, Unavailable

# noun → (module, attribute, one line for the overview); the module is imported when the command runs.
COMMANDS = {
    "init": ("shipper.cli.init", "init", "Write a commented settings file."),
    "doctor": ("shipper.cli.doctor", "doctor", "Check settings, store, permissions, templates, disk; change nothing."),
    "backfill": ("shipper.cli.backfill", "backfill", "Load records that already exist."),
    "schema": ("shipper.cli.schema", "schema", "Index templates and mappings: plan, apply."),
    "retention": ("shipper.cli.retention", "retention", "Old partitions: plan, apply."),
    "deadletter": (
        "shipper.cli.deadletter",
        "deadletter",
        "Records that could not be stored: list, show, replay, purge.",
    ),
    "checkpoint": ("shipper.cli.checkpoint", "checkpoint", "How far each input is loaded: list, reset."),
    "query": ("shipper.cli.query", "query", "Ready-made questions to the store."),
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
    try:
        code = cli.main(args=None if arguments is None else list(arguments), prog_name="shipper", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        sys.stderr.write("Aborted: nothing was changed.\n")
        return 130
    except ShipperError as error:
        sys.stderr.write(f"shipper: {error}\n{_next_step(error)}")
        return exit_code(error)
    return code if isinstance(code, int) else 0


def _next_step(error: ShipperError) -> str:
    if isinstance(error, Unavailable):
        return "Does it run? docker/stack.sh up starts the stack here; `shipper doctor` checks every step of the way.\n"
    return ""
