"""What every backfill can be told: the options all its commands have, and their values as one."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from functools import wraps
from typing import Any

import click

from shipper.cli.aws_options import AWS_OPTIONS, AwsGiven, taken


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which objects of buckets are read at all; times are UTC."""

    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Loading:
    """What to read and how to go about it, whatever kind of records it is. The options' help says more."""

    sources: tuple[str, ...]
    replace: bool
    again: bool
    keep_expired: bool
    allow_partitions: int
    parallel: int | None
    http: str
    dry_run: bool
    json_wanted: bool
    aws: AwsGiven


_PARAMETERS = (
    click.argument("sources", nargs=-1, required=True, metavar="SOURCE…"),
    click.option("--replace", is_flag=True, help="Overwrite documents that are there: corrects them after a fix."),
    click.option("--again", is_flag=True, help="Read inputs that are loaded already, too (implied by --replace)."),
    click.option("--keep-expired", is_flag=True, help="Write records older than their dataset's retention, too."),
    click.option(
        "--allow-partitions",
        type=click.IntRange(min=1),
        default=100,
        show_default=True,
        help="Most new partitions within an hour.",
    ),
    click.option("--parallel", type=click.IntRange(1, 256), help="Files read at the same time (sources.parallel)."),
    click.option("--http", default="", metavar="HOST:PORT", help="Serve /metrics and /healthz there while it runs."),
    click.option(
        "--dry-run", is_flag=True, help="Write nothing, show what would be; decodes all, of buckets a sample."
    ),
    click.option("--json", "json_wanted", is_flag=True, help="The summary as JSON."),
)
_REQUESTER_PAYS = click.option(
    "--requester-pays", is_flag=True, default=None, help="Pay for what is read (aws.requester_pays)."
)


def loading_options(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command these options; it gets them as `loading`. Options above this one are its own."""

    @wraps(command)
    def collected(*arguments: Any, **given: Any) -> int:
        aws = taken(given)
        names = [x.name for x in fields(Loading) if x.name != "aws"]
        return command(*arguments, loading=Loading(**{name: given.pop(name) for name in names}, aws=aws), **given)

    for parameter in reversed((*_PARAMETERS, *AWS_OPTIONS, _REQUESTER_PAYS)):
        collected = parameter(collected)
    return collected
