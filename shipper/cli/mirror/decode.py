"""`shipper mirror decode FILE…`: captures of mirrored packets, decoded, counted, tagged, dissected."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shipper.cli.output import note, write_json, write_lines
from shipper.errors import ConfigError, SourceDamaged

if TYPE_CHECKING:
    from mirror.capture_writer import FrameWriter
    from mirror.decoding import Decoding, Wanted
    from mirror.frames import Block

_MEGABYTE = 1_000_000


@click.command("decode")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--out", help="Write the frames as a pcap: a file, a named pipe, or - for standard output.")
@click.option("--rotate-mb", type=click.IntRange(min=1), help="Files of this size: OUT-00001.pcap and so on.")
@click.option("--untagged", is_flag=True, help="Frames as they were mirrored, without the two tags of the VNI.")
@click.option("--filter", "filters", multiple=True, metavar="NAME=VALUE,…", help="vni, addr or port; repeatable.")
@click.option("--port", "ports", multiple=True, type=click.IntRange(1, 65535), help="UDP port of VXLAN [default: 4789]")
@click.option("--strict", is_flag=True, help="Refuse frames with reserved bits set; RFC 7348 says to ignore those.")
@click.option("--drop-duplicates", is_flag=True, help="Leave out packets seen again under another VNI within 100 ms.")
@click.option("--dissect", type=click.IntRange(min=1), metavar="N", help="Show the first N frames layer by layer.")
@click.option("--json", "json_wanted", is_flag=True, help="The counts as JSON.")
def decode_command(files: tuple[str, ...], json_wanted: bool, **options: Any) -> int:
    """Take the mirrored frames out of captures: VXLAN, or GENEVE around it.

    FILE is a pcap or pcapng, plain or gzipped; - reads standard input. Packets are counted by VNI, drops by reason.
    With --out frames are written with the VNI in two VLAN tags, upper 12 bits first, for Suricata (`shipper backfill
    eve --vlan-is-vni` reads it back), or --untagged for others.
    """
    from mirror.decoding import Decoding
    from mirror.errors import CaptureDamaged

    with translating():
        wanted = _wanted(options)
        _check(options)
        damaged: list[str] = []
        with closing(writer) if (writer := _writer(options)) else nullcontext():
            decoding = Decoding(wanted, writer)
            if options["dissect"]:
                _dissect(decoding, files, options["dissect"])
            for name in () if options["dissect"] else files:
                try:
                    for block in _blocks(name):
                        decoding.take(block)
                except CaptureDamaged as damage:
                    damaged.append(str(damage))
    if not options["dissect"]:
        _show(decoding, json_wanted, damaged, to_errors=options["out"] == "-")
    if damaged:
        raise SourceDamaged("\n".join(damaged))
    return 0


def _wanted(options: dict[str, Any]) -> "Wanted":
    from mirror.decoding import Wanted
    from mirror.outer import Ports
    from mirror.selection import selection

    return Wanted(
        Ports(frozenset(options["ports"])) if options["ports"] else Ports(),
        options["strict"],
        selection(options["filters"]),
        look_for_duplicates=True,
        remove_duplicates=options["drop_duplicates"],
        untagged=options["untagged"],
    )


def _check(options: dict[str, Any]) -> None:
    if options["rotate_mb"] and options["out"] in {None, "-"}:
        raise click.UsageError("--rotate-mb takes --out FILE")
    if options["dissect"] and options["out"]:
        raise click.UsageError("--dissect shows frames and --out writes them: one of the two")


def _writer(options: dict[str, Any]) -> "FrameWriter | None":
    from mirror.capture_writer import CaptureWriter, RotatedCapture

    out = options["out"]
    if out is None:
        return None
    if out == "-":
        return CaptureWriter(os.fdopen(os.dup(1), "wb", buffering=0))
    try:
        if options["rotate_mb"]:
            return RotatedCapture(Path(out), options["rotate_mb"] * _MEGABYTE)
        return CaptureWriter(Path(out).open("wb", buffering=0))
    except OSError as trouble:
        raise ConfigError(f"{out} cannot be written: {trouble.strerror}") from trouble


def _blocks(name: str) -> "Iterator[Block]":
    from mirror.capture import blocks

    try:
        with os.fdopen(os.dup(0), "rb") if name == "-" else Path(name).open("rb") as stream:
            yield from blocks(stream, name)
    except OSError as trouble:
        raise ConfigError(f"{name} cannot be read: {trouble.strerror or trouble}") from trouble


def _dissect(decoding: "Decoding", files: tuple[str, ...], most: int) -> None:
    from mirror.packet import dissect

    def chosen() -> Iterator[tuple[int, int, bytes]]:
        for name in files:
            for block in _blocks(name):
                found = decoding.chosen(block)
                view = block.data.data
                places = (found.starts.tolist(), found.ends.tolist())
                for row, vni, start, end in zip(found.rows.tolist(), found.vnis.tolist(), *places, strict=True):
                    yield int(block.times_ns[row]), vni, bytes(view[start:end])

    for time_ns, vni, frame in islice(chosen(), most):
        seconds, fraction = divmod(time_ns, 1_000_000_000)
        write_lines(f"VNI {vni:,} ({vni:#x}), {len(frame):,} bytes, at {seconds}.{fraction:09}", dissect(frame))


def _show(decoding: "Decoding", json_wanted: bool, damaged: list[str], *, to_errors: bool) -> None:
    from mirror.account import counted
    from shipper.cli.mirror.figures import as_json, lines

    told = as_json(counted(decoding.tally, 0)) | {"damaged": damaged}
    if json_wanted and not to_errors:
        write_json(told)
        return
    for line in lines(decoding.tally):
        note(line) if to_errors else write_lines(line)


@contextmanager
def translating() -> Iterator[None]:
    """Raises our own errors for those of the mirror package and of the system."""

    from mirror.errors import MirrorError
    from shipper.errors import ours

    try:
        yield
    except MirrorError as error:
        raise ours(error) from error
    except BrokenPipeError:
        raise
    except OSError as trouble:
        raise ConfigError(f"the frames cannot be written: {trouble.strerror}") from trouble
