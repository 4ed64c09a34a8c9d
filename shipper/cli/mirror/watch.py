"""`shipper mirror watch`: findings of GuardDuty decided on, with sessions that have an end."""

import sys
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shipper.cli.context import Context, now
from shipper.cli.mirror.account import (
    INVENTORY,
    JSON,
    access,
    balancers,
    client,
    parsed,
    translating,
    types,
    write_inventory,
)
from shipper.cli.output import write_json, write_table
from shipper.cli.signals import stop_on_signals

if TYPE_CHECKING:
    from aws.ec2 import Ec2
    from mirror.managed.model import Observed
    from mirror.response.decision import Decision
    from mirror.response.policy import Policy


@click.command("watch")
@click.argument("policy", type=click.Path(path_type=Path), default="guardduty.toml")
@click.option("--queue", default="", metavar="URL", help="SQS queue that EventBridge hands findings to.")
@click.option(
    "--journal", type=click.Path(path_type=Path, dir_okay=False),
    help="File that findings and decisions are appended to; `shipper run` follows it.",
)  # fmt: skip
@click.option("--apply", "acting", is_flag=True, help="Make, extend and end sessions; without it nothing is changed.")
@click.option("--once", is_flag=True, help="End when the queue gives nothing for the moment.")
@INVENTORY
@click.option(
    "--replay", type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Decide on the findings of this file instead, one event in JSON a line, as of their own times.",
)  # fmt: skip
@JSON
@click.pass_obj
def watch_command(context: Context, /, policy: Path, replay: Path | None, json_wanted: bool, **options: Any) -> int:
    """Decide by the file POLICY which findings of GuardDuty start a mirror session, and which do not and why.

    A dry run unless --apply is given: messages are taken and decisions told, but no session is made, extended or ended.
    A message is deleted when what was decided about it is safe in the journal. `--json`, where a file is replayed.

    \b
    Examples:
      shipper mirror watch guardduty.toml --replay findings.jsonl
      shipper mirror watch guardduty.toml --queue https://sqs.… --journal /var/log/flowtap/findings.json --apply
    """
    if replay is None and not (options["queue"] and options["journal"]):
        raise click.UsageError("--queue and --journal are needed, or --replay")
    wanted, ec2 = read(policy), client(context)
    if replay is None:
        return _follow(context, wanted, ec2, **options)
    with translating():
        there = looking(context, ec2)()
    show_decisions(replayed(wanted, there, replay.read_text("utf-8", "replace").split("\n")), json_wanted=json_wanted)
    return 0


def _follow(  # noqa: PLR0913  (one argument for each option)
    context: Context, policy: "Policy", ec2: "Ec2", *, queue: str, journal: Path, acting: bool, once: bool,
    inventory: Path | None,
) -> int:  # fmt: skip
    from contextlib import closing

    from aws.sqs import Queue
    from mirror.response.following import Following
    from mirror.response.journal import JournalFile
    from mirror.response.telling import shown
    from mirror.response.watching import REMEMBERED, Watching
    from shipper.log import Level, StreamLog

    log = StreamLog(sys.stderr, now, as_json=True)

    def clock() -> datetime:
        return now() + ec2.ahead

    def tell(decisions: "tuple[Decision, ...]") -> None:
        for each in decisions:
            log("decided", Level.ERROR if each.action == "failed" else Level.INFO, **shown(each))
        if acting and any(each.action in {"mirrored", "extended", "expired"} for each in decisions):
            write_inventory(context, ec2, inventory)

    with translating(), stop_on_signals() as stop, closing(JournalFile(journal)) as kept:
        messages = Queue(access(context), queue)
        who = ec2.identity()
        log("watching", account=who.account, region=who.region, identity=who.arn, queue=queue, dry_run=not acting)
        past = kept.past(clock(), REMEMBERED)
        watching = Watching(policy, looking(context, ec2), clock, kept, switch(policy), past, ec2 if acting else None)
        trouble = partial(log, "AWS cannot be reached", Level.WARNING)
        Following(
            messages, watching, stop.event.is_set, stop.event.wait, time.monotonic, tell, lambda why: trouble(why=why)
        ).run(once=once)
    return 0


def show_decisions(decisions: "list[Decision]", *, json_wanted: bool) -> None:
    """A table, or JSON."""
    from mirror.response.telling import shown

    if json_wanted:
        write_json({"decisions": [shown(each) for each in decisions]})
        return
    columns = {"finding": "left", "interface": "left", "would be": "left", "reason": "left", "why": "left"}
    rows = [(each.finding_type or each.finding, each.eni, each.action, each.reason, each.why) for each in decisions]
    write_table("Decisions", columns, rows)


def looking(context: Context, ec2: "Ec2") -> "Callable[[], Observed]":
    """What there is, and who stands behind load balancers that are targets. Raises AwsError."""
    from dataclasses import replace

    from mirror.managed.members import with_members
    from mirror.managed.observe import observe

    behind = balancers(context)
    known = types(context)
    return lambda: with_members(replace(observe(ec2), types=known), ec2, behind.members)


def read(file: Path) -> "Policy":
    """The policy file. Raises ConfigError, which names file and key."""
    from mirror.response.policy import read_policy

    return parsed(file, read_policy, "docs/guardduty.md")


def replayed(policy: "Policy", there: "Observed", lines: list[str]) -> "list[Decision]":
    """What would be decided, each as of its own time and after what those before it would have done."""
    from mirror.response.replay import Replay

    replay = Replay(policy, there, switch(policy))
    return [decision for line in lines if line.strip() for decision in replay.answer(line)]


def switch(policy: "Policy") -> Callable[[], bool]:
    """Whether the kill switch is on."""
    return lambda: bool(policy.kill_switch) and Path(policy.kill_switch).exists()
