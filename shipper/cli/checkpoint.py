"""`shipper checkpoint …`: how far each input is loaded."""

from collections.abc import Sequence
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
    entries, folders = list(context.checkpoints.entries()), list(context.objects.folders())
    if json_wanted:
        told = [asdict(each.key) | {"objects": each.whole, "in_part": each.in_part} for each in folders]
        write_json([asdict(key) | asdict(found) for key, found in entries] + told)
        return 0
    rows = [
        (_kind(key), key.origin, "whole" if found.done else "in part", found.records, found.offset, key.target)
        for key, found in sorted(entries, key=lambda entry: (entry[0].kind, entry[0].origin))
    ]
    for each in folders:
        loaded = f"{each.whole:,} objects whole" + (f", {each.in_part:,} in part" if each.in_part else "")
        rows.append((_kind(each.key), each.key.origin, loaded, each.records, 0, each.key.target))
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
    """Forget how far these INPUTS are loaded: they are read from their start again (what is stored is a duplicate).

    s3://bucket/folder/ forgets every object in that folder and below, cloudwatch://log-group/ that
    log group.
    """
    if bool(inputs) == everything:
        raise ConfigError("name inputs as `shipper checkpoint list` shows them, or give --all")
    from shipper.sources.inputs import LOG_GROUP_SCHEME, SCHEME
    from shipper.sources.local_paths import origin_of

    with context.lock():
        buckets = [name for name in inputs if name.startswith((SCHEME, LOG_GROUP_SCHEME))]
        wanted = {name: {name, origin_of(Path(name))} for name in inputs if name not in buckets}
        named = set().union(*wanted.values())
        keys = [key for key, _ in context.checkpoints.entries() if everything or _is_named(key.origin, named, buckets)]
        missing = [name for name in wanted if wanted[name].isdisjoint(key.origin for key in keys)]
        if missing:
            raise ConfigError(f"no checkpoint for {', '.join(missing)}; `shipper checkpoint list` shows what there is")
        prefixes = [SCHEME, LOG_GROUP_SCHEME] if everything else buckets
        objects = _object_count(context, prefixes)
        if buckets and not objects and not keys:
            raise ConfigError(f"no object is known in {', '.join(buckets)}; `shipper checkpoint list` shows folders")
        if (keys or objects) and confirm(f"Forget {len(keys) + objects:,} checkpoints?", yes=yes):
            removed = sum(context.checkpoints.remove(key) for key in keys)
            removed += sum(map(context.objects.forget, prefixes))
            write_lines(f"{removed} checkpoints forgotten.")
    return 0


def _is_named(origin: str, named: set[str], beginnings: Sequence[str]) -> bool:
    """A log group that is followed has its checkpoints in files, too."""
    return origin in named or origin.startswith(tuple(beginnings))


def _object_count(context: Context, prefixes: Sequence[str]) -> int:
    known = [each for each in context.objects.folders() if each.key.origin.startswith(tuple(prefixes))]
    return sum(each.whole + each.in_part for each in known)
