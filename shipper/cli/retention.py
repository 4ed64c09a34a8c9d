"""`shipper retention …`: delete partitions that are wholly older than their dataset's retention."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from shipper.cli.confirm import CHANGES_EXIT_CODE, confirm
from shipper.cli.context import Context, now
from shipper.cli.output import size, write_json, write_lines, write_table

if TYPE_CHECKING:
    from shipper.opensearch.retention import Deletion


@click.group(short_help="Old partitions.")
def retention() -> None:
    """Delete old data, whole partitions at a time, by the dates in their names.

    Only datasets with retention_days are touched (`[datasets."aws.vpcflow"] retention_days = 90`); all others are kept
    for ever. Undated records are kept.
    """


@retention.command("plan")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 6 if there is something to delete.")
@click.option("--json", "json_wanted", is_flag=True, help="The plan as JSON.")
@click.pass_obj
def plan_command(context: Context, /, detailed_exitcode: bool, json_wanted: bool) -> int:
    """Show what `retention apply` would delete. Changes nothing."""
    deletions = _plan(context)
    if json_wanted:
        write_json([asdict(deletion) for deletion in deletions])
    else:
        _show(context, deletions)
    return CHANGES_EXIT_CODE if detailed_exitcode and deletions else 0


@retention.command("apply")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "json_wanted", is_flag=True, help="What was deleted as JSON.")
@click.pass_obj
def apply_command(context: Context, /, yes: bool, json_wanted: bool) -> int:
    """Show what would be deleted, ask, and delete exactly that."""
    from shipper.opensearch.retention import apply

    deletions = _plan(context)
    if not json_wanted:
        _show(context, deletions)
    done: list[Deletion] = []
    if deletions and confirm(f"Delete these {len(deletions)} partitions for good?", yes=yes):
        apply(context.store, deletions, done.append)
    if json_wanted:
        write_json([asdict(deletion) for deletion in done])
    elif done:
        write_lines(f"{len(done)} partitions deleted, {size(sum(deletion.bytes for deletion in done))} freed.")
    return 0


def _plan(context: Context) -> "tuple[Deletion, ...]":
    from shipper.opensearch.partitions import Partitions
    from shipper.opensearch.retention import plan, read_sizes

    prefix = context.settings.opensearch.prefix
    rules = Partitions(context.store, prefix, clock=now).rules()
    days = {name: dataset.retention_days for name, dataset in context.settings.datasets.items()}
    return plan(read_sizes(context.store, prefix), rules, days, now())


def _show(context: Context, deletions: "tuple[Deletion, ...]") -> None:
    kept = {name: found.retention_days for name, found in context.settings.datasets.items() if found.retention_days}
    if not kept:
        write_lines("No dataset has retention_days: everything is kept.")
    elif not deletions:
        write_lines(
            f"Nothing is older than its retention ({', '.join(f'{name}: {days} days' for name, days in kept.items())})."
        )
    else:
        rows = [(found.index, f"{found.end:%Y-%m-%d %H:%M}", found.documents, size(found.bytes)) for found in deletions]
        headings = {"partition": "left", "ends (UTC)": "left", "documents": "number", "size": "right"}
        write_table("To delete", headings, rows)
