"""`shipper mirror watch`: findings of GuardDuty decided on, with sessions that have an end."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shipper.cli.context import Context
from shipper.cli.mirror.account import JSON, client, translating
from shipper.cli.output import write_json, write_table

if TYPE_CHECKING:
    from mirror.managed.model import Observed
    from mirror.response.decision import Decision
    from mirror.response.policy import Policy


@click.command("watch")
@click.argument("policy", type=click.Path(path_type=Path), default="guardduty.toml")
@click.option(
    "--replay", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=True,
    help="Decide on the findings of this file, one event in JSON a line, as of their own times. Changes nothing.",
)  # fmt: skip
@JSON
@click.pass_obj
def watch_command(context: Context, /, policy: Path, replay: Path, json_wanted: bool) -> int:
    """Decide by the file POLICY which findings of GuardDuty start a mirror session, and which do not and why.

    \b
    Example:
      shipper mirror watch guardduty.toml --replay findings.jsonl
    """
    from mirror.managed.observe import observe
    from mirror.response.telling import shown

    wanted, ec2 = read(policy), client(context)
    with translating():
        there = observe(ec2)
    decisions = replayed(wanted, there, replay.read_text("utf-8", "replace").split("\n"))
    if json_wanted:
        write_json({"decisions": [shown(each) for each in decisions]})
        return 0
    columns = {"finding": "left", "interface": "left", "would be": "left", "reason": "left", "why": "left"}
    rows = [(each.finding_type or each.finding, each.eni, each.action, each.reason, each.why) for each in decisions]
    write_table("Decisions", columns, rows)
    return 0


def read(file: Path) -> "Policy":
    """The policy file. Raises ConfigError, which names file and key."""
    from mirror.errors import BadPolicy
    from mirror.response.policy import read_policy
    from shipper.errors import ConfigError

    try:
        return read_policy(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}. docs/guardduty.md says what is in it") from error
    except (BadPolicy, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: {error}") from error


def replayed(policy: "Policy", there: "Observed", lines: list[str]) -> "list[Decision]":
    """What would be decided, each as of its own time and after what those before it would have done."""
    from mirror.response.replay import Replay

    replay = Replay(policy, there, switch(policy))
    return [decision for line in lines if line.strip() for decision in replay.answer(line)]


def switch(policy: "Policy") -> Callable[[], bool]:
    """Whether the kill switch is on."""
    return lambda: bool(policy.kill_switch) and Path(policy.kill_switch).exists()
