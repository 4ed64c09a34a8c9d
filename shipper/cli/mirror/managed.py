"""`shipper mirror plan|apply|destroy`: mirror sessions at AWS, from a desired-state file."""

from datetime import UTC, datetime
from pathlib import Path

import click

from shipper.cli.confirm import CHANGES_EXIT_CODE
from shipper.cli.context import Context
from shipper.cli.mirror.account import (
    FILE,
    INVENTORY,
    JSON,
    YES,
    as_json,
    client,
    looked_at,
    make_it_so,
    show,
    translating,
    wishes,
)
from shipper.cli.output import write_json

_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


@click.command("plan")
@FILE
@click.option("--detailed-exitcode", is_flag=True, help="Exit 6 if there are changes.")
@click.option("--export", type=click.Choice(["terraform"]), help="The desired state as Terraform's JSON (.tf.json).")
@JSON
@click.pass_obj
def plan_command(
    context: Context, /, file: Path, detailed_exitcode: bool, export: str | None, json_wanted: bool
) -> int:
    """Show what `mirror apply` would change at AWS for the desired state in FILE. Changes nothing."""
    from mirror.managed.terraform import terraform

    desired = wishes(file)
    looked = looked_at(context, client(context), desired)
    if export:
        write_json(terraform(desired, looked.observed))
        return 0
    write_json(as_json(looked)) if json_wanted else show(looked)
    return CHANGES_EXIT_CODE if detailed_exitcode and looked.plan.steps else 0


@click.command("apply")
@FILE
@INVENTORY
@YES
@JSON
@click.pass_obj
def apply_command(context: Context, /, file: Path, inventory: Path | None, yes: bool, json_wanted: bool) -> int:
    """Show the plan, ask, and make it so at AWS. Doing it again changes nothing; after a failure it goes on."""
    desired, ec2 = wishes(file), client(context)
    looked = looked_at(context, ec2, desired)
    return make_it_so(context, ec2, looked, inventory, yes=yes, json_wanted=json_wanted)


@click.command("destroy")
@FILE
@click.option("--plan", "name", default="", help="Name of the plan, where its FILE is gone.")
@INVENTORY
@YES
@JSON
@click.pass_obj
def destroy_command(
    context: Context, /, file: Path, name: str, inventory: Path | None, yes: bool, json_wanted: bool
) -> int:
    """Remove everything at AWS that the plan of FILE owns, and nothing else."""
    from mirror.managed.desired import Desired
    from mirror.managed.look import look

    nothing = Desired(plan=name or wishes(file).plan)
    ec2 = client(context)
    with translating():
        looked = look(ec2, nothing, _END_OF_TIME)  # what `mirror start` made goes before its end, too
    return make_it_so(context, ec2, looked, inventory, yes=yes, json_wanted=json_wanted)
