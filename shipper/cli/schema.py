"""`shipper schema …`: index templates and mappings, planned and applied."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from shipper.cli.confirm import CHANGES_EXIT_CODE, confirm
from shipper.cli.context import Context, now
from shipper.cli.output import note, write_json, write_lines, write_table

if TYPE_CHECKING:
    from shipper.opensearch.schema import Change, Obstacle, Plan
    from shipper.opensearch.shards import ShardSum


@click.group(short_help="Index templates and mappings.")
def schema() -> None:
    """Index templates and mappings: what OpenSearch needs before the first record is written."""


@schema.command("plan")
@click.option("--force", is_flag=True, help="Plan to replace foreign or newer templates of our names, too.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 6 if there are changes.")
@click.option("--json", "json_wanted", is_flag=True, help="The plan as JSON.")
@click.pass_obj
def plan_command(context: Context, /, force: bool, detailed_exitcode: bool, json_wanted: bool) -> int:
    """Show what `schema apply` would change. Changes nothing."""
    seen = _look(context, force=force)
    plan, shards = seen.plan, seen.shards
    if json_wanted:
        write_json(_as_json(seen))
    else:
        _show(seen)
    if plan.blocked or shards.refusal():
        return 4
    return CHANGES_EXIT_CODE if detailed_exitcode and plan.changes else 0


@schema.command("apply")
@click.option("--force", is_flag=True, help="Replace foreign or newer templates of our names, too.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "json_wanted", is_flag=True, help="What was changed as JSON.")
@click.pass_obj
def apply_command(context: Context, /, force: bool, yes: bool, json_wanted: bool) -> int:
    """Show the plan, ask, and make it so. Doing it again changes nothing."""
    from shipper.errors import Refused
    from shipper.opensearch.schema import apply

    seen = _look(context, force=force)
    plan = seen.plan
    if not json_wanted:
        _show(seen)
    if refusal := seen.shards.refusal():
        raise Refused(refusal)
    done: list[Change] = []
    left: tuple[Obstacle, ...] = ()
    if plan.blocked or (plan.changes and confirm(f"Make these {len(plan.changes)} changes?", yes=yes)):
        left = apply(context.store, plan, done.append)
    if json_wanted:
        applied = [_name(change) for change in done]
        write_json(_as_json(seen) | {"applied": applied, "left": [_obstacle(found) for found in left]})
    else:
        for found in left:
            _note(found)
        write_lines(f"{len(done)} changes made." if done else "Nothing was changed.")
    return 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What is to be done, and the shards there are and will be."""

    plan: "Plan"
    shards: "ShardSum"
    in_a_year: "ShardSum"


def _look(context: Context, *, force: bool) -> Seen:
    from shipper.opensearch.desired import desired
    from shipper.opensearch.schema import plan, planned_rules
    from shipper.opensearch.shards import in_a_year
    from shipper.opensearch.store_state import read_actual, read_shards

    prefix, today = context.settings.opensearch.prefix, now().date()
    wanted = desired(prefix, units=context.settings.units())
    actual = read_actual(context.store, prefix)
    shards = read_shards(context.store)
    kept = {name: found.retention_days for name, found in context.settings.datasets.items()}
    later = in_a_year(shards, planned_rules(wanted, actual, today), actual.partitions, kept, today)
    return Seen(plan(wanted, actual, today=today, force=force), shards, later)


def _name(change: "Change") -> str:
    from shipper.opensearch.auto_create import SETTING
    from shipper.opensearch.schema import AddLeaves, PutTemplate

    if isinstance(change, PutTemplate):
        return change.path.lstrip("/")
    return f"{change.index}/_mapping" if isinstance(change, AddLeaves) else f"cluster setting {SETTING}"


def _obstacle(found: "Obstacle") -> dict[str, Any]:
    return {"name": found.name, "what": found.what, "remedy": found.remedy, "blocks": found.blocks}


def _note(found: "Obstacle") -> None:
    note(f"{found.name}: {found.what}. {found.remedy[:1].upper()}{found.remedy[1:]}.")


def _as_json(seen: Seen) -> dict[str, Any]:
    plan, shards = seen.plan, seen.shards
    return {
        "changes": [{"what": _name(change), "why": change.why} for change in plan.changes],
        "obstacles": [_obstacle(found) for found in plan.obstacles],
        "shards": {
            "existing": shards.existing,
            "in_a_year": seen.in_a_year.total,
            "usable": shards.usable,
            "limit": shards.limit,
        },
    }


def _show(seen: Seen) -> None:
    plan, shards = seen.plan, seen.shards
    if plan.changes:
        write_table(
            "Changes", {"what": "left", "why": "left"}, [(_name(change), change.why) for change in plan.changes]
        )
    else:
        write_lines("The schema is as it should be: no changes.")
    for found in plan.obstacles:
        _note(found)
    write_lines(
        f"Shards: {shards.existing:,} exist, at most {seen.in_a_year.total:,} in a year if every dataset gets records, "
        f"of {shards.usable:,} that may be planned for ({shards.limit:,} limit)."
    )
    if refusal := seen.in_a_year.refusal():
        note(f"Within a year {refusal}.")
