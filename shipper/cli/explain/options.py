"""Where the rules of a network come from: options of all `shipper explain` commands, and the way to a network."""

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shipper.cli.aws_options import AWS_OPTIONS, REGION, AwsGiven, taken
from shipper.cli.context import Context
from shipper.cli.output import write_json
from shipper.errors import ConfigError, ShipperError

if TYPE_CHECKING:
    from aws.ec2_network import Ec2Network
    from shipper.access.network import Network

NETWORK = click.option(
    "--network",
    "network_file",
    type=click.Path(path_type=Path),
    help="Take the rules from this file, which `shipper explain snapshot` made, and ask AWS nothing.",
)
_POLICY = click.option(
    "--print-policy", is_flag=True, help="Show the IAM policy that reading the rules takes; no more."
)
_WITHOUT = (
    "`shipper explain --print-policy` shows the permissions that reading a network's rules takes; without them, let "
    "somebody who has them run `shipper explain snapshot >network.json`, and use --network network.json."
)


def aws_options(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command the options for AWS, as `aws`, and --print-policy, which ends it."""

    @wraps(command)
    def collected(*arguments: Any, **given: Any) -> int:
        aws = taken(given)
        if given.pop("print_policy"):
            from aws.calls import network_policy

            write_json(network_policy())
            return 0
        return command(*arguments, aws=aws, **given)

    for option in reversed((*AWS_OPTIONS, REGION, _POLICY)):
        collected = option(collected)
    return collected


def network_from(
    context: Context,
    file: Path | None,
    aws: AwsGiven,
    region: str,
    read: Callable[["Ec2Network"], Mapping[str, Any]],
) -> "Network":
    """The network of the file, else what `read` gets of EC2. `region`: where none is chosen. Raises ShipperError."""
    from shipper.access.network import read_network

    if file is not None:
        try:
            text = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"--network {file} cannot be read: {error}") from error
        return read_network(text, str(file))
    return read_network(_encoded(described(context, aws, region, read)), "EC2's answer")


def described(
    context: Context, aws: AwsGiven, region: str, read: Callable[["Ec2Network"], Mapping[str, Any]]
) -> Mapping[str, Any]:
    """What `read` gets of EC2. Raises ShipperError with what would be needed."""
    from aws.ec2_network import Ec2Network
    from aws.errors import AwsError
    from aws.session import AwsOptions
    from shipper.errors import ours

    settings = aws.over(context.settings.aws)
    if region and not aws.region:
        settings = settings.model_copy(update={"region": region})
    try:
        return read(Ec2Network(AwsOptions(**settings.model_dump())))
    except AwsError as error:
        failed: ShipperError = ours(error)
        failed.add_note(_WITHOUT)
        raise failed from error


def _encoded(found: Mapping[str, Any]) -> bytes:
    import orjson

    return orjson.dumps(found, default=str)


def place(file: Path | None, regions: Iterable[str]) -> str:
    """Where the rules were read, in words."""
    return str(file) if file else f"EC2 in {', '.join(regions) or 'this region'}"
