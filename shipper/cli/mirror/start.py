"""`shipper mirror start|sweep`: one machine mirrored for a while, and what has ended removed."""

import re
from datetime import timedelta
from pathlib import Path

import click

from shipper.cli.context import Context, now
from shipper.cli.mirror.account import INVENTORY, JSON, YES, client, looked_at, make_it_so, translating
from shipper.errors import ConfigError

_SPAN = re.compile(r"(\d{1,4})(m|h|d)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@click.command("start")
@click.option("--instance", default="", help="Instance whose interfaces are mirrored.")
@click.option("--ip", "address", default="", help="Address (private, public or IPv6) of the interface.")
@click.option("--interface", "eni", default="", help="Network interface.")
@click.option("--for", "span", default="1h", show_default=True, help="How long: 30m, 1h, 2d; again extends it.")
@click.option("--target", default="", help="Mirror target (tmt-…) [default: the only one there is].")
@click.option(
    "--preset", type=click.Choice(["everything", "tls-and-dns"]), default="everything", show_default=True,
    help="What is mirrored.",
)  # fmt: skip
@INVENTORY
@YES
@JSON
@click.pass_obj
def start_command(  # noqa: PLR0913  (one argument for each option)
    context: Context, /, *, instance: str, address: str, eni: str, span: str, target: str, preset: str,
    inventory: Path | None, yes: bool, json_wanted: bool,
) -> int:  # fmt: skip
    """Mirror one machine for a while, without a file. `mirror sweep` ends what is over.

    It has its own session numbers, from 20000 on: packets that a permanent session takes go there, not here.
    """
    from mirror.managed.incident import incident, interfaces_of, target_of
    from mirror.managed.observe import observe

    if sum(map(bool, (instance, address, eni))) != 1:
        raise click.UsageError("name one of --instance, --ip and --interface")
    ends = now() + _length(span)
    ec2 = client(context)
    with translating():
        there = observe(ec2)
        chosen = interfaces_of(there, instance=instance, address=_address(address), eni=eni)
        desired = incident(chosen, target_of(there.targets, target), preset)
    looked = looked_at(context, ec2, desired, ends)
    refused = [f"{each.about}: {each.text}" for each in looked.remarks if each.refused]
    if len(refused) == len(chosen):
        raise ConfigError("; ".join(refused))
    return make_it_so(context, ec2, looked, inventory, yes=yes, json_wanted=json_wanted)


@click.command("sweep")
@INVENTORY
@YES
@JSON
@click.pass_obj
def sweep_command(context: Context, /, inventory: Path | None, yes: bool, json_wanted: bool) -> int:
    """Remove sessions of `mirror start` whose time is over. Run it from a timer."""
    from mirror.managed.incident import nothing
    from mirror.managed.look import look

    ec2 = client(context)
    with translating():
        looked = look(ec2, nothing(), now())
    return make_it_so(context, ec2, looked, inventory, yes=yes, json_wanted=json_wanted)


def _length(span: str) -> timedelta:
    match = _SPAN.fullmatch(span)
    if match is None or not int(match[1]):
        raise click.UsageError(f"--for {span}: expected how long, such as 30m, 1h, 2d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _address(text: str) -> str:
    from ipaddress import ip_address

    try:
        return str(ip_address(text)) if text else ""
    except ValueError as error:
        raise click.UsageError(f"--ip: {error}") from None
