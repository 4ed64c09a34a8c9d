"""`shipper mirror status`: the mirror sessions there are at AWS."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shipper.cli.context import Context, now
from shipper.cli.mirror.account import (
    INVENTORY,
    JSON,
    access,
    client,
    looked_at,
    show_identity,
    translating,
    wishes,
    write_inventory,
)
from shipper.cli.output import note, write_json, write_lines, write_table

if TYPE_CHECKING:
    from mirror.managed.model import Observed

_LATELY = timedelta(hours=1)
_COLUMNS = (
    ("VNI", "vni", "right"), ("session", "session_id", "left"), ("interface", "eni", "left"),
    ("instance", "instance_id", "left"), ("number", "number", "right"), ("target", "target", "left"),
    ("plan", "plan", "left"), ("until", "expires_at", "left"), ("skipped", "skipped_packets", "right"),
)  # fmt: skip


@click.command("status")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@INVENTORY
@JSON
@click.pass_obj
def status_command(context: Context, /, file: Path | None, inventory: Path | None, json_wanted: bool) -> int:
    """Show the mirror sessions of the account, and what is amiss; with FILE whether they are as it says.

    The inventory of VNIs, if there is one, is brought up to date. Skipped are the packets of the instance that were not
    mirrored within the last hour, by CloudWatch, where it may be asked.
    """
    from mirror.managed.observe import observe

    desired = wishes(file) if file else None
    ec2 = client(context)
    changes = None
    if desired is None:
        with translating():
            observed = observe(ec2)
    else:
        looked = looked_at(context, ec2, desired)
        observed, changes = looked.observed, len(looked.plan.steps)
    write_inventory(context, ec2, inventory, observed)
    rows = _sessions(observed, _skipped(context, observed))
    if json_wanted:
        write_json({"account": observed.account, "region": observed.region, "sessions": rows, "changes": changes})
        return 0
    show_identity(observed)
    write_table(
        f"{len(rows)} sessions",
        {heading: kind for heading, _, kind in _COLUMNS},
        [tuple("" if row[name] is None else row[name] for _, name, _ in _COLUMNS) for row in rows],
    )
    for row in rows:
        if row["amiss"]:
            note(f"{row['session_id']}: {row['amiss']}")
    if changes is not None:
        write_lines(f"{changes} changes away from {file}." if changes else f"Everything is as {file} says.")
    return 0


def _skipped(context: Context, observed: "Observed") -> Mapping[str, int]:
    """Packets by instance; nothing, and a word, where CloudWatch does not say."""
    from aws.errors import AwsError
    from aws.mirror_metrics import open_mirror_metrics

    sources = {session.eni for session in observed.sessions}
    instances = {each.instance for each in observed.interfaces.values() if each.eni in sources} - {""}
    if not instances:
        return {}
    try:
        metrics = open_mirror_metrics(access(context))
        return metrics.skipped(instances, now() - _LATELY, now())
    except AwsError as error:
        note(f"skipped packets are not known: {error}")
        return {}


def _sessions(observed: "Observed", skipped: Mapping[str, int]) -> list[dict[str, Any]]:
    from aws.mirror_rules import RULES
    from mirror.managed.ownership import EXPIRES, PLAN
    from mirror.managed.plan import expiry

    rows = []
    for session in observed.sessions:
        interface = observed.interfaces.get(session.eni)
        end = expiry(session.tags)
        lost = skipped.get(interface.instance) if interface else None
        amiss = [] if interface else ["its source is gone"]
        if lost:
            amiss.append(f"{lost:,} packets of its instance were not mirrored within an hour: {RULES['skipped']}")
        if end is not None and end <= now():
            amiss.append(f"its time ended at {end:%Y-%m-%d %H:%M}Z: `shipper mirror sweep` removes it")
        rows.append({
            "vni": session.vni, "session_id": session.id, "eni": session.eni,
            "instance_id": interface.instance if interface else "", "number": session.number, "target": session.target,
            "plan": session.tags.get(PLAN, ""), "expires_at": session.tags.get(EXPIRES, ""), "skipped_packets": lost,
            "amiss": "; ".join(amiss),
        })  # fmt: skip
    return rows
