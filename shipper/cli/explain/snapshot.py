"""`shipper explain snapshot`: the rules of a network as they are now, as a file."""

import click

from shipper.cli.aws_options import AwsGiven
from shipper.cli.context import Context
from shipper.cli.explain.options import aws_options, described
from shipper.cli.output import note, write_json


@click.command("snapshot")
@click.option("--vpc", "vpcs", multiple=True, metavar="ID", help="Only this VPC; repeatable.  [default: the region]")
@aws_options
@click.pass_obj
def snapshot(context: Context, /, vpcs: tuple[str, ...], aws: AwsGiven) -> int:
    """Print the rules of a network as EC2 describes them now, as JSON.

    Interfaces, security groups with their rules, network ACLs, subnets, route tables and the prefix lists that they
    name. `--network FILE` of the other commands takes it in place of EC2, later or elsewhere.
    """
    found = described(context, aws, "", lambda ec2: ec2.everything(vpcs))
    write_json(found)
    for permission in found["Unread"]:
        note(f"{permission} was not permitted: what it describes is left out.")
    return 0
