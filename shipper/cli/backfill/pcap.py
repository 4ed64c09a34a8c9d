"""`shipper backfill pcap`: captures, through Suricata."""

from pathlib import Path

import click

from shipper.cli.backfill.options import Loading, loading_options
from shipper.cli.context import Context


@click.command("pcap")
@click.option(
    "--rules",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Rules to use instead of the sensor's (suricata.directory).",
)
@click.option("--vlan-is-vni", is_flag=True, help="The first two VLAN tags are the VNI of a mirror session.")
@loading_options
@click.pass_obj
def pcap(context: Context, /, loading: Loading, rules: Path | None, vlan_is_vni: bool) -> int:
    """Have Suricata analyse captures, and load its events.

    A SOURCE is a capture (pcap or pcapng, plain or packed), a folder, a glob, or - for standard input. Suricata is that
    of this machine, else a container's (suricata.image). The same capture is the same events, whatever it is called and
    however often it is loaded; other rules add their alerts.

    \b
    Examples:
      shipper backfill pcap incident.pcap
      shipper backfill pcap ./captures --rules hunt.rules
      shipper backfill pcap 'captures/*.pcapng.gz' --json
    """
    from shipper.cli.backfill.load import load
    from shipper.cli.signals import stop_on_signals
    from shipper.model import RecordKind
    from shipper.pcaps import Rules, captures

    settings, given = context.settings.suricata, Rules.of(context.settings.suricata, rules)
    with stop_on_signals() as stop, captures(settings, given, context.captures, stop.event.wait) as (found, analysis):
        decoded = {"analysis": analysis} | ({"vlan_is_vni": "yes"} if vlan_is_vni else {})
        return load(context, RecordKind("pcap", decoded), loading, through=found.input, stop_of=stop)
