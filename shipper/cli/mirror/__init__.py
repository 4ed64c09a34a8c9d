"""`shipper mirror …`: packets that AWS mirrors."""

import click

from shipper.cli.mirror.decode import decode_command
from shipper.cli.mirror.listen import listen_command
from shipper.cli.mirror.managed import apply_command, destroy_command, plan_command
from shipper.cli.mirror.sensor import sensor
from shipper.cli.mirror.start import start_command, sweep_command
from shipper.cli.mirror.status import status_command
from shipper.cli.mirror.watch import watch_command


@click.group(short_help="Mirrored packets: decode, listen, sensor; sessions at AWS: plan, apply, start, watch.")
def mirror() -> None:
    """Packets that AWS traffic mirroring sends (VXLAN, one VNI for each mirror session), and the sessions at AWS."""


mirror.add_command(decode_command)
mirror.add_command(listen_command)
mirror.add_command(sensor)
mirror.add_command(plan_command)
mirror.add_command(apply_command)
mirror.add_command(status_command)
mirror.add_command(destroy_command)
mirror.add_command(start_command)
mirror.add_command(sweep_command)
mirror.add_command(watch_command)
