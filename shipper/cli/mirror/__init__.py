"""`shipper mirror …`: packets that AWS mirrors."""

import click

from shipper.cli.mirror.decode import decode_command
from shipper.cli.mirror.listen import listen_command
from shipper.cli.mirror.sensor import sensor


@click.group(short_help="Mirrored packets: decode, listen, sensor.")
def mirror() -> None:
    """Packets that AWS traffic mirroring sends: VXLAN, one VNI for each mirror session."""


mirror.add_command(decode_command)
mirror.add_command(listen_command)
mirror.add_command(sensor)
