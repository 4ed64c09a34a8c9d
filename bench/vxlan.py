"""How many mirrored frames a second one core decodes and tags, beside scapy, dpkt and Suricata over the same frames.

    python bench/vxlan.py [--frames 400000] [--no-suricata] [--live-rate 200000] [--live-seconds 30]

Frames of 300 to 1,514 bytes, TCP, UDP and IPv6, of 50 VNIs, in a pcap. Time is that of the processor, best of several
rounds, so neighbours on the machine count little; Suricata's is the clock's, less that of its start.
"""

import argparse
import os
import random
import struct
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic, process_time

import _path  # noqa: F401  (must come before integration)
import dpkt
from _bench import say, tell
from scapy.layers import inet6  # noqa: F401  (layers make themselves known when imported)
from scapy.layers.l2 import Ether
from scapy.layers.vxlan import VXLAN
from vxlan_live import live

from integration.containers import NotAvailable
from integration.suricata_runs import eve_of
from mirror.capture import blocks
from mirror.capture_writer import FILE_HEADER, CaptureWriter
from mirror.decoding import Decoding, Wanted
from mirrored_frames import ethernet, ipv4, ipv6, udp, vxlan

SIZES = (300, 366, 562, 1100, 1514)
"""Bytes of a mirrored frame with what it is wrapped in."""
VNIS = 50
ROUNDS = 5
SCAPY_FRAMES, DPKT_FRAMES = 1000, 20_000
_WRAPPING = 50


def frames(count: int) -> list[bytes]:
    """The same frames each time."""
    chance = random.Random(4789)  # noqa: S311  (test input)
    made: list[bytes] = []
    for number in range(count):
        payload = bytes(chance.choice(SIZES) - _WRAPPING - 54)
        ports = struct.pack("!HH", 1024 + number % 60_000, 443)
        if number % 10 == 0:
            inner = ethernet(ipv6(ports + struct.pack("!HH", 8 + len(payload), 0) + payload), 0x86DD)
        elif number % 10 < 4:
            inner = ethernet(ipv4(ports + struct.pack("!HH", 8 + len(payload), 0) + payload))
        else:
            segment = ports + struct.pack("!IIBBHHH", number, 0, 5 << 4, 0x10, 1024, 0, 0) + payload
            inner = ethernet(ipv4(segment, protocol=6))
        made.append(ethernet(ipv4(udp(vxlan(chance.randrange(VNIS) << 12 | 7, inner)))))
    return made


def write(path: Path, given: Sequence[bytes]) -> None:
    """A pcap of them, a microsecond apart."""
    with path.open("wb") as out:
        out.write(FILE_HEADER)
        for number, frame in enumerate(given):
            out.write(struct.pack("<IIII", 1_700_000_000 + number // 1_000_000, number % 1_000_000, *[len(frame)] * 2))
            out.write(frame)


def decode(path: Path) -> int:
    """Headers of all frames; how many were mirrored."""
    decoding = Decoding(Wanted(look_for_duplicates=False))
    return _through(decoding, path)


def decode_with_duplicates(path: Path) -> int:
    """The same, looking for packets of both ends, too."""
    return _through(Decoding(Wanted()), path)


def retag(path: Path) -> int:
    """All frames, tagged, as a pcap into a file."""
    with path.with_name("tagged.pcap").open("wb", buffering=0) as out:
        return _through(Decoding(Wanted(look_for_duplicates=False), CaptureWriter(out)), path)


def _through(decoding: Decoding, path: Path) -> int:
    with path.open("rb") as stream:
        for block in blocks(stream, path.name):
            decoding.take(block)
    return decoding.tally.mirrored


def with_dpkt(given: Sequence[bytes]) -> int:
    """Outer and inner headers by dpkt, which has no VXLAN of its own."""
    found = 0
    for frame in given:
        outer = dpkt.ethernet.Ethernet(frame).data.data
        if outer.dport == 4789 and outer.data[0] & 8:
            dpkt.ethernet.Ethernet(outer.data[8:])
            found += 1
    return found


def with_scapy(given: Sequence[bytes]) -> int:
    """Everything that scapy sees in a frame."""
    return sum(Ether(frame).haslayer(VXLAN) for frame in given)


def rate(work: Callable[[], int], expected: int, rounds: int = ROUNDS) -> int:
    """Frames in a second of processor time, of the best round."""
    best = 0.0
    for _ in range(rounds):
        started = process_time()
        found = work()
        best = max(best, found / (process_time() - started))
        if found != expected:
            sys.exit(f"{found:,} of {expected:,} frames were found")
    return round(best)


def suricata_alone(tagged: Path, count: int, folder: Path) -> int | None:
    """Frames in a second of the clock; None where there is no Suricata."""
    few = folder / "few.pcap"
    with tagged.open("rb") as stream:
        few.write_bytes(stream.read(24 + 16 + max(SIZES)))
    took = []
    for number, pcap in enumerate((few, tagged)):
        started = monotonic()
        try:
            eve_of([pcap], folder / f"suricata-{number}", rules="", timeout_seconds=600)
        except NotAvailable as missing:
            say(f"No Suricata: {missing}")
            return None
        took.append(monotonic() - started)
    return round(count / max(took[1] - took[0], 0.001))


def main() -> None:
    """All of it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--frames", type=int, default=400_000)
    options.add_argument("--no-suricata", action="store_true")
    options.add_argument("--live-rate", type=int, default=200_000, help="frames a second over the loopback")
    options.add_argument("--live-seconds", type=float, default=30.0, help="0: nothing live")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="flowtap-bench-") as made:
        folder = Path(made)
        path = folder / "mirrored.pcap"
        some = frames(min(given.frames, 50_000))
        many = some * max(1, given.frames // len(some))
        write(path, many)
        megabytes = path.stat().st_size / 1e6
        say(f"{len(many):,} frames, {megabytes:,.0f} MB, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
        told: dict[str, object] = {"frames": len(many), "average_bytes": round(path.stat().st_size / len(many)) - 16}
        for name, work in (("decode", decode), ("decode_and_duplicates", decode_with_duplicates), ("retag", retag)):
            told[f"{name}_frames_per_second"] = rate(lambda work=work: work(path), len(many))  # type: ignore[misc]
            say(f"{name}: {told[f'{name}_frames_per_second']:,} frames/s")
        told["dpkt_frames_per_second"] = rate(lambda: with_dpkt(some[:DPKT_FRAMES]), min(len(some), DPKT_FRAMES), 2)
        told["scapy_frames_per_second"] = rate(lambda: with_scapy(some[:SCAPY_FRAMES]), min(len(some), SCAPY_FRAMES), 1)
        if not given.no_suricata:
            told["suricata_frames_per_second"] = suricata_alone(folder / "tagged.pcap", len(many), folder)
        if given.live_seconds:
            told |= live(folder, given.live_rate, given.live_seconds)
        tell(told)


if __name__ == "__main__":
    main()
