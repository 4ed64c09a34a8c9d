"""`shipper mirror …`: packets that AWS mirrors."""

import click

from shipper.cli.mirror.decode import decode_command


@click.group(short_help="Mirrored packets: decode.")
def mirror() -> None:
    """Packets that AWS traffic mirroring sends: VXLAN, one VNI for each mirror session."""


mirror.add_command(decode_command)
