"""`shipper backfill …`: load records that already exist, show progress, tell what it came to.

One module for each kind of records; `options` and `load` are what they share.
"""

import click

from shipper.cli.backfill.eve import eve
from shipper.cli.backfill.flowlogs import flowlogs
from shipper.cli.backfill.pcap import pcap


@click.group(short_help="Load records that already exist.")
def backfill() -> None:
    """Load records that already exist. Running it again adds nothing; what was stopped goes on where it was."""


backfill.add_command(flowlogs)
backfill.add_command(eve)
backfill.add_command(pcap)
