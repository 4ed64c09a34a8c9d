"""Which connections a target means, where its time may be left open, and which of them is chosen."""

import sys
from typing import TYPE_CHECKING, Final

import click

from shipper.cli.asked_period import asked_period
from shipper.cli.context import Context
from shipper.cli.output import note
from shipper.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shipper.views.trace.connection import Connection
    from shipper.views.trace.find import Candidates
    from shipper.views.trace.target import Target

CHOOSE: Final = "choose one with --pick NUMBER"
_MOST_CHOICES = 50


def fitting(context: Context, asked: "Target", since: str | None, until: str | None) -> "Candidates":
    """The connections that a target means. Raises ConfigError where there is none."""
    from shipper.views.question import run
    from shipper.views.trace.find import candidates, newest

    store, prefix = context.store, context.settings.opensearch.prefix
    begin, end = asked_period(since, until, lambda: run(store, prefix, newest(asked)))
    found = run(store, prefix, candidates(asked, begin, end))
    if not found.connections:
        when = f" from {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC; other --since and --until may find it"
        raise ConfigError(f"nothing of {asked.text} is stored{when if since or until else ''}")
    return found


def picked(asked: "Target", found: "Candidates", pick: int | None) -> "Connection":
    """The only one, or the one chosen: by number, or on a terminal by who is asked. Raises ConfigError."""
    several = found.connections
    if pick is None and len(several) == 1:
        return several[0]
    if pick is None:
        listed = _listed(found)
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise ConfigError("\n".join([f"{len(several)} connections fit {asked.text}: {CHOOSE}", *listed]))
        note("\n".join(listed))
        pick = int(click.prompt("Which one", type=click.IntRange(1, len(several)), err=True))
    if pick > len(several):
        raise ConfigError(f"--pick {pick}: only {len(several)} connections fit {asked.text}")
    return several[pick - 1]


def _listed(found: "Candidates") -> "Sequence[str]":
    """The newest, with their numbers."""
    from shipper.views.trace.text import summary

    numbered = list(enumerate(found.connections, 1))
    listed = [f"{number:4}  {summary(one)}" for number, one in numbered[-_MOST_CHOICES:]]
    if found.cut or len(numbered) > _MOST_CHOICES:
        listed.append("There are more before these: narrow it with ports, a second address, --since and --until.")
    return listed
