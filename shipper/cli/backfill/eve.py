"""`shipper backfill eve`: Suricata's eve.json."""

import click

from shipper.cli.backfill.options import Loading, loading_options
from shipper.cli.context import Context


@click.command("eve")
@click.option("--sensor", metavar="NAME", help="Who saw events that do not say it (sensor-name in suricata.yaml).")
@click.option("--vlan-is-vni", is_flag=True, help="The first two VLAN tags are the VNI of a mirror session.")
@loading_options
@click.pass_obj
def eve(context: Context, /, loading: Loading, sensor: str | None, vlan_is_vni: bool) -> int:
    """Load Suricata's events.

    A SOURCE is a file of EVE's JSON lines (plain or gzip), a folder, a glob, or - for standard input. Equal lines of
    one sensor are one event, wherever they are read from; the others are counted as duplicates.

    \b
    Examples:
      shipper backfill eve /var/log/suricata/eve.json
      shipper backfill eve 'eve.json*' --json
      zcat eve.json.1.gz | shipper backfill eve - --sensor edge-1
    """
    from shipper.cli.backfill.load import load
    from shipper.model import RecordKind

    settings = ({"sensor": sensor} if sensor else {}) | ({"vlan_is_vni": "yes"} if vlan_is_vni else {})
    return load(context, RecordKind("eve", settings), loading)
