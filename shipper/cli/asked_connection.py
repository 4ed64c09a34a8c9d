"""Which connections a target means, where its time may be left open, and which of them is chosen."""

import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import click

from shipper.cli.context import Context, now
from shipper.cli.output import note
from shipper.errors import ConfigError
from shipper.period import moment, period

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shipper.views.trace.connection import Connection
    from shipper.views.trace.find import Candidates
    from shipper.views.trace.target import Target

CHOOSE: Final = "choose one with --pick NUMBER"
_DAY = timedelta(hours=24)
_MOST_CHOICES = 50


def fitting(context: Context, asked: "Target", since: str | None, until: str | None) -> "Candidates":
    """The connections that a target means. Raises ConfigError where there is none."""
    from shipper.views.question import run
    from shipper.views.trace.find import candidates

    begin, end = _period(context, asked, since, until)
    found = run(context.store, context.settings.opensearch.prefix, candidates(asked, begin, end))
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


def _period(context: Context, asked: "Target", since: str | None, until: str | None) -> tuple[datetime, datetime]:
    """Old data is found too: without a time, it is the newest day that holds any of it."""
    from shipper.views.question import run
    from shipper.views.trace.find import newest

    current = now()
    if since is None and until is None:
        last = run(context.store, context.settings.opensearch.prefix, newest(asked))
        last_moment = last + timedelta(seconds=1) if last else current
        return last_moment - _DAY, last_moment
    if since is None:
        end = moment(until or "0m", current)
        return end - _DAY, end
    return period(since, until or "0m", current)


def _listed(found: "Candidates") -> "Sequence[str]":
    """The newest, with their numbers."""
    from shipper.views.trace.text import summary

    numbered = list(enumerate(found.connections, 1))
    listed = [f"{number:4}  {summary(one)}" for number, one in numbered[-_MOST_CHOICES:]]
    if found.cut or len(numbered) > _MOST_CHOICES:
        listed.append("There are more before these: narrow it with ports, a second address, --since and --until.")
    return listed
