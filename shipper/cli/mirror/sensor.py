"""`shipper mirror sensor …`: the host that receives mirrored packets."""

import sys
from dataclasses import asdict

import click

from shipper.cli.output import write_json, write_lines
from shipper.errors import ConfigError

_UNFIT = 3


@click.group("sensor", short_help="The host that receives them: check.")
def sensor() -> None:
    """The host that receives mirrored packets."""


@sensor.command("check")
@click.option("--interface", default="", help="Where they arrive.  [default: that of the default route]")
@click.option("--veth", default="", help="The listener's end of the veth pair, such as mirror0.")
@click.option("--address", default="0.0.0.0", show_default=True, help="Address to be listened on.")  # noqa: S104  (only tried)
@click.option("--port", default=4789, show_default=True, type=click.IntRange(1, 65535), help="UDP port of VXLAN.")
@click.option("--buffer-mib", default=64, show_default=True, type=click.IntRange(1, 1024), help="As `listen` has it.")
@click.option("--json", "json_wanted", is_flag=True, help="The findings as JSON.")
def check_command(interface: str, veth: str, address: str, port: int, buffer_mib: int, json_wanted: bool) -> int:
    """Whether this host gets mirrored packets whole and can hand them on: what is wrong, and the command that mends it.

    Changes nothing. Exit 0 if nothing fails (warnings do not count), else 3. To be run as the user that listens.
    """
    from shipper.cli.doctor import as_lines

    if sys.platform != "linux":
        raise ConfigError(
            "only Linux can be looked at; a listener elsewhere writes a pcap stream (mirror listen --out)"
        )
    from shipper.doctor.finding import Outcome
    from shipper.doctor.mirror_host import look
    from shipper.doctor.mirror_host_judgement import judged

    found = list(judged(look(interface, veth, address, port), buffer_mib << 20))
    fit = not any(finding.outcome is Outcome.FAIL for _, finding in found)
    if json_wanted:
        write_json({"ok": fit, "checks": [{"name": name, **asdict(finding)} for name, finding in found]})
    else:
        write_lines(*as_lines(found))
    return 0 if fit else _UNFIT
