"""`shipper checkpoint …`: how far each input is loaded."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shipper.cli.confirm import confirm
from shipper.cli.context import Context
from shipper.cli.output import write_json, write_lines, write_table
from shipper.errors import ConfigError

if TYPE_CHECKING:
    from shipper.model import StreamKey


@click.group(short_help="How far each input is loaded.")
def checkpoint() -> None:
    """How far each input is loaded, by store. Forgetting a checkpoint never stores anything twice."""


@checkpoint.command("list")
@click.option("--json", "json_wanted", is_flag=True, help="As JSON.")
@click.pass_obj
def list_command(context: Context, /, json_wanted: bool) -> int:
    """Show every input that was begun or loaded."""
    entries = list(context.checkpoints.entries())
    if json_wanted:
        write_json([asdict(key) | asdict(found) for key, found in entries])
        return 0
    rows = [
        (_kind(key), key.origin, "whole" if found.done else "in part", found.records, found.offset, key.target)
        for key, found in sorted(entries, key=lambda entry: (entry[0].kind, entry[0].origin))
    ]
    headings = {
        "kind": "left",
        "input": "left",
        "loaded": "left",
        "lines": "number",
        "bytes": "number",
        "store": "left",
    }
    write_table(f"Checkpoints in {context.loaded.state_directory}", headings, rows)
    return 0


def _kind(key: "StreamKey") -> str:
    """With what its decoder was told, which makes it another stream."""
    return " ".join([key.kind, *(f"{name}={value}" for name, value in key.settings)])


@checkpoint.command("reset")
@click.argument("inputs", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Forget all of them.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def reset_command(context: Context, /, inputs: tuple[str, ...], everything: bool, yes: bool) -> int:
    """Forget how far these INPUTS are loaded: they are read from their start again (what is stored is a duplicate)."""
    if bool(inputs) == everything:
        raise ConfigError("name inputs as `shipper checkpoint list` shows them, or give --all")
    from shipper.sources.local_paths import origin_of

    with context.lock():
        wanted = {name: {name, origin_of(Path(name))} for name in inputs}
        named = set().union(*wanted.values())
        keys = [key for key, _ in context.checkpoints.entries() if everything or key.origin in named]
        missing = [name for name in inputs if wanted[name].isdisjoint(key.origin for key in keys)]
        if missing:
            raise ConfigError(f"no checkpoint for {', '.join(missing)}; `shipper checkpoint list` shows what there is")
        if keys and confirm(f"Forget {len(keys)} checkpoints?", yes=yes):
            removed = sum(context.checkpoints.remove(key) for key in keys)
            write_lines(f"{removed} checkpoints forgotten.")
    return 0
