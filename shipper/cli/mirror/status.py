"""`shipper mirror status`: the mirror sessions there are at AWS."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shipper.cli.context import Context, now
from shipper.cli.mirror.account import (
    INVENTORY,
    JSON,
    balancers,
    client,
    show_identity,
    translating,
    wishes,
    write_inventory,
)
from shipper.cli.output import note, write_json, write_lines, write_table

if TYPE_CHECKING:
    from mirror.managed.model import Observed


_COLUMNS = (
    ("VNI", "vni", "right"), ("session", "session_id", "left"), ("interface", "eni", "left"),
    ("instance", "instance_id", "left"), ("number", "number", "right"), ("target", "target", "left"),
    ("plan", "plan", "left"), ("until", "expires_at", "left"),
)  # fmt: skip


@click.command("status")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@INVENTORY
@JSON
@click.pass_obj
def status_command(context: Context, /, file: Path | None, inventory: Path | None, json_wanted: bool) -> int:
    """Show the mirror sessions of the account, and what is amiss; with FILE whether they are as it says.

    The inventory of VNIs, if there is one, is brought up to date.
    """
    from mirror.managed.look import look
    from mirror.managed.observe import observe

    desired = wishes(file) if file else None
    ec2 = client(context)
    changes = None
    with translating():
        if desired is None:
            observed = observe(ec2)
        else:
            looked = look(ec2, desired, now(), behind=balancers(context))
            observed, changes = looked.observed, len(looked.plan.steps)
    write_inventory(context, ec2, inventory, observed)
    rows = _sessions(observed)
    if json_wanted:
        write_json({"account": observed.account, "region": observed.region, "sessions": rows, "changes": changes})
        return 0
    show_identity(observed)
    write_table(
        f"{len(rows)} sessions",
        {heading: kind for heading, _, kind in _COLUMNS},
        [tuple(row[name] for _, name, _ in _COLUMNS) for row in rows],
    )
    for row in rows:
        if row["amiss"]:
            note(f"{row['session_id']}: {row['amiss']}")
    if changes is not None:
        write_lines(f"{changes} changes away from {file}." if changes else f"Everything is as {file} says.")
    return 0


def _sessions(observed: "Observed") -> list[dict[str, Any]]:
    from mirror.managed.ownership import EXPIRES, PLAN
    from mirror.managed.plan import expiry

    rows = []
    for session in observed.sessions:
        interface = observed.interfaces.get(session.eni)
        end = expiry(session.tags)
        amiss = "" if interface else "its source is gone"
        if end is not None and end <= now():
            amiss = f"its time ended at {end:%Y-%m-%d %H:%M}Z: `shipper mirror sweep` removes it"
        rows.append({
            "vni": session.vni, "session_id": session.id, "eni": session.eni,
            "instance_id": interface.instance if interface else "", "number": session.number, "target": session.target,
            "plan": session.tags.get(PLAN, ""), "expires_at": session.tags.get(EXPIRES, ""), "amiss": amiss,
        })  # fmt: skip
    return rows
