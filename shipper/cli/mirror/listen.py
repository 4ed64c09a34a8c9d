"""`shipper mirror listen`: mirrored packets as they arrive, tagged, for a Suricata that reads them live."""

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shipper.cli.context import Context, now
from shipper.cli.mirror.decode import translating
from shipper.cli.output import note, write_json
from shipper.cli.signals import stop_on_signals

if TYPE_CHECKING:
    from mirror.listening import Listening
    from mirror.outlets import Forwarder, Interface, Stream


@click.command("listen")
@click.option(
    "--address", "addresses", multiple=True, required=True, help="Address of this host, IPv4 or IPv6; repeatable."
)
@click.option("--port", default=4789, show_default=True, type=click.IntRange(0, 65535), help="UDP port of VXLAN.")
@click.option("--geneve-port", type=click.IntRange(1, 65535), help="Takes GENEVE around VXLAN, too: 6081.")
@click.option("--interface", help="Send tagged frames to this interface, one end of a veth pair. Linux.")
@click.option("--out", help="Or write them as a pcap stream: a named pipe, or - for standard output.")
@click.option(
    "--forward", "forwards", multiple=True, metavar="HOST:PORT", help="Send packets on as they came; repeatable."
)
@click.option("--untagged", is_flag=True, help="Frames as they were mirrored, without the two tags of the VNI.")
@click.option("--filter", "filters", multiple=True, metavar="NAME=VALUE,…", help="vni, addr or port; repeatable.")
@click.option("--strict", is_flag=True, help="Refuse frames with reserved bits set; RFC 7348 says to ignore those.")
@click.option(
    "--count-duplicates/--no-count-duplicates",
    default=True,
    show_default=True,
    help="Count packets seen again under another VNI within 100 ms: mirrored at both ends.",
)
@click.option("--drop-duplicates", is_flag=True, help="And leave them out.")
@click.option("--buffer-mib", default=64, show_default=True, type=click.IntRange(1, 1024), help="The socket's buffer.")
@click.option("--status-seconds", default=60.0, show_default=True, help="Figures are told so often, on standard error.")
@click.option("--figures", default="", metavar="FILE", help="And appended to this file, which `shipper run` follows.")
@click.option("--name", default="", help="Name of this sensor in that file.  [default: the host's]")
@click.option("--http", default="", metavar="HOST:PORT", help="Serve /metrics and /healthz there.")
@click.pass_obj
def listen_command(context: Context, /, **options: Any) -> int:
    """Take mirrored packets from the network until stopped, and hand their frames to Suricata.

    At most once: nothing can be asked for again. What is dropped is counted by whoever dropped it and told every
    minute, and at the end as JSON (on standard error where the frames go to standard output).
    """
    if bool(options["interface"]) == bool(options["out"]):
        raise click.UsageError("one of --interface and --out is needed")
    from shipper.cli.mirror.watched import Watched, served
    from shipper.log import StreamLog

    with translating(), stop_on_signals() as stop, ExitStack() as opened:
        log = StreamLog(sys.stderr, now, as_json=True)
        outlet = opened.enter_context(closing(_outlet(options, log)))
        listening = _listening(options, outlet, opened)
        watched = Watched(listening, log, options["status_seconds"], options["figures"], options["name"])
        log("listening", sockets=[_where(inlet) for inlet in listening.inlets])
        beyond = bool(options["http"]) and context.settings.watch.http_beyond_loopback
        if url := opened.enter_context(served(options["http"], lambda: watched.account, beyond_loopback=beyond)):
            log("serving", metrics=f"{url}/metrics", health=f"{url}/healthz")
        listening.run(stop.event.is_set, watched.tick)
        watched.tell()
    if options["out"] == "-":
        log("stopped", **watched.now())
    else:
        write_json(watched.now())
    return 0


def _listening(options: dict[str, Any], outlet: "Interface | Stream", opened: ExitStack) -> "Listening":
    from mirror.decoding import Decoding, Wanted
    from mirror.frames import GENEVE_PAYLOAD, VXLAN_PAYLOAD
    from mirror.listening import Listening
    from mirror.receive import Inlet
    from mirror.selection import selection

    wanted = Wanted(
        strict_reserved=options["strict"],
        selection=selection(options["filters"]),
        look_for_duplicates=options["count_duplicates"],
        remove_duplicates=options["drop_duplicates"],
        untagged=options["untagged"],
    )
    kinds = [(options["port"], VXLAN_PAYLOAD)]
    kinds += [(options["geneve_port"], GENEVE_PAYLOAD)] if options["geneve_port"] else []
    size = options["buffer_mib"] << 20
    inlets = [
        opened.enter_context(closing(Inlet(address, port, link=link, buffer_bytes=size)))
        for address in options["addresses"]
        for port, link in kinds
    ]
    small = next((inlet for inlet in inlets if inlet.buffer_bytes < size), None)
    if small:
        note(f"The kernel gives a buffer of {small.buffer_bytes:,} bytes only: sysctl -w net.core.rmem_max={size}")
    forwarders = [opened.enter_context(closing(_forwarder(text))) for text in options["forwards"]]
    return Listening(inlets, Decoding(wanted, outlet), outlet, forwarders)


def _outlet(options: dict[str, Any], tell: Callable[[str], None]) -> "Interface | Stream":
    from mirror.outlets import Interface, Stream, pipe

    if options["interface"]:
        return Interface(options["interface"], tell)
    if options["out"] == "-":
        once = iter([FileIO(os.dup(1), "wb")])
        return Stream(lambda: next(once, None), tell, once=True)
    return Stream(pipe(Path(options["out"])), tell)


def _forwarder(text: str) -> "Forwarder":
    from mirror.outlets import Forwarder

    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or not 0 < int(port) < 65536:
        raise click.UsageError(f"--forward {text}: HOST:PORT is needed")
    return Forwarder(host.strip("[]"), int(port))


def _where(inlet: Any) -> str:
    host, port = inlet.socket.getsockname()[:2]
    return f"{host} port {port}"
