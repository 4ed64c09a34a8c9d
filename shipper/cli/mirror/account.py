"""What commands about mirroring at AWS share: the client, the file, how a plan looks, the inventory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from shipper.cli.confirm import confirm
from shipper.cli.context import Context, now
from shipper.cli.exit_codes import EXIT_CODES
from shipper.cli.output import note, write_json, write_lines, write_table

if TYPE_CHECKING:
    from aws.ec2 import Ec2
    from aws.elb import Balancers
    from aws.session import AwsOptions
    from mirror.managed.apply import Outcome
    from mirror.managed.desired import Desired
    from mirror.managed.instance_types import InstanceTypes
    from mirror.managed.look import Look
    from mirror.managed.model import Observed
    from mirror.managed.step import Step

_Parsed = TypeVar("_Parsed")

FILE = click.argument("file", type=click.Path(path_type=Path), default="mirror.toml")
INVENTORY = click.option(
    "--inventory", type=click.Path(path_type=Path, dir_okay=False),
    help="Inventory of VNIs to bring up to date [default: setting mirror.inventory].",
)  # fmt: skip
JSON = click.option("--json", "json_wanted", is_flag=True, help="As JSON.")
YES = click.option("--yes", is_flag=True, help="Do not ask.")


@contextmanager
def translating() -> Iterator[None]:
    """Raises our own errors for those of the packages below."""
    from aws.errors import AwsError
    from mirror.errors import MirrorError
    from shipper.errors import ours

    try:
        yield
    except (AwsError, MirrorError) as error:
        raise ours(error) from error


def access(context: Context) -> "AwsOptions":
    """Who asks AWS, by the settings in section aws."""
    from aws.session import AwsOptions

    return AwsOptions(**context.settings.aws.model_dump())


def client(context: Context) -> "Ec2":
    """A client by the settings in section aws."""
    from aws.ec2 import open_ec2

    with translating():
        return open_ec2(access(context))


def balancers(context: Context) -> "Balancers":
    """Load balancers, by the settings in section aws."""
    from aws.elb import open_balancers

    with translating():
        return open_balancers(access(context))


def types(context: Context) -> "InstanceTypes":
    """What is known of instance types, by the settings in section mirror."""
    from mirror.managed.instance_types import instance_types

    given = context.settings.mirror
    return instance_types(given.unsupported_types, given.large_targets)


def looked_at(context: Context, ec2: "Ec2", desired: "Desired", ends: datetime | None = None) -> "Look":
    """What there is beside what is wanted, with load balancers and instance types by the settings.

    What is made has its end at `ends`, if there is one.
    """
    from mirror.managed.look import look

    with translating():
        return look(ec2, desired, now(), ends, balancers(context), types(context))


def wishes(file: Path) -> "Desired":
    """The desired-state file. Raises ConfigError, which names file and key."""
    from mirror.managed.desired import read_desired

    return parsed(file, read_desired, "docs/mirroring.md")


def parsed(file: Path, parse: Callable[[str], _Parsed], page: str) -> _Parsed:
    """A file by its parser; `page` says what belongs in it. Raises ConfigError, which names file and key."""
    from mirror.errors import MirrorError
    from shipper.errors import ConfigError

    try:
        return parse(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}. {page} says what is in it") from error
    except (MirrorError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: {error}") from error


def show(looked: "Look") -> None:
    """The plan for people: who asks, what changes, what to know, what it costs."""
    show_identity(looked.observed)
    plan = looked.plan
    if plan.steps:
        rows = [(step.sign, step.kind, step.name, step.why) for step in plan.steps]
        write_table("Changes", {"": "left", "what": "left", "name": "left", "why": "left"}, rows)
    else:
        write_lines("Mirroring is as it should be: no changes.")
    for remark in looked.remarks:
        note(f"{remark.about}: {remark.text}" if remark.about else remark.text)
    if plan.passed_over:
        note(f"{plan.passed_over} interfaces of other types (load balancers, gateways, …) were passed over.")
    write_lines(
        f"{plan.sessions:,} sessions, about ${looked.monthly_dollars:,.2f} a month at the price of us-east-1, "
        "transfer between zones not included."
    )


def show_identity(observed: "Observed") -> None:
    """Where changes would be made, and by whom."""
    write_lines(f"Account {observed.account}, {observed.region}, as {observed.arn}")


def as_json(looked: "Look") -> dict[str, Any]:
    """The plan for machines."""
    plan, seen = looked.plan, looked.observed
    return {
        "identity": {"account": seen.account, "arn": seen.arn, "region": seen.region},
        "plan": plan.name,
        "changes": [step_json(step) for step in plan.steps],
        "remarks": [{"about": each.about, "text": each.text, "refused": each.refused} for each in looked.remarks],
        "sessions": plan.sessions,
        "monthly_dollars": looked.monthly_dollars,
    }


def step_json(step: "Step") -> dict[str, Any]:
    """One step."""
    names = {"sign": step.sign, "what": step.kind, "name": step.name, "why": step.why, "operation": step.operation}
    return names | {"parameters": dict(step.asked)}


def make_it_so(
    context: Context, ec2: "Ec2", looked: "Look", inventory: Path | None, *, yes: bool, json_wanted: bool
) -> int:
    """Show, ask, apply, say what was done, bring the inventory up to date; the exit code."""
    from mirror.managed.apply import Outcome, apply
    from shipper.errors import Refused

    if not json_wanted:
        show(looked)
    steps = looked.plan.steps
    outcome = Outcome()
    if steps and confirm(f"Make these {len(steps)} changes in account {looked.observed.account}?", yes=yes):
        with translating():
            outcome = apply(ec2, looked.plan, lambda step: note(f"{step.sign} {step.kind} {step.name}"))
    _tell(looked, outcome, json_wanted=json_wanted)
    write_inventory(context, ec2, inventory)
    if outcome.failed:
        note(f"{len(outcome.failed)} of {len(steps)} changes were not made; applying again goes on from there.")
    return EXIT_CODES[Refused] if outcome.failed else 0


def _tell(looked: "Look", outcome: "Outcome", *, json_wanted: bool) -> None:
    if json_wanted:
        failed = [step_json(each.step) | {"failure": each.why} for each in outcome.failed]
        write_json(as_json(looked) | {"applied": len(outcome.done), "failed": failed})
        return
    for each in outcome.failed:
        note(f"not done: {each.step.sign} {each.step.kind} {each.step.name}: {each.why}")
    write_lines(f"{len(outcome.done)} changes made." if outcome.done else "Nothing was changed.")


def write_inventory(context: Context, ec2: "Ec2", inventory: Path | None, observed: "Observed | None" = None) -> None:
    """Bring the inventory file up to date where one is wanted."""
    from mirror.inventory import read_inventory
    from mirror.managed.observe import observe
    from mirror.managed.recorded import inventory_text, record
    from shipper.durable import write_file
    from shipper.errors import ConfigError

    path = inventory or context.settings.mirror.inventory
    if path is None:
        return
    with translating():
        try:
            before = read_inventory(path.read_text("utf-8")) if path.exists() else ()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: {error}") from error
        there = observed or observe(ec2)
    text = inventory_text(record(before, there, now()))
    write_file(path, text.encode())
