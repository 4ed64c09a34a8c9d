"""Mirrored frames by scapy, an implementation that is not ours; frames of every kind, good and hostile."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

from scapy.config import conf
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import (
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
)
from scapy.layers.ipsec import AH
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import NoPayload, Packet, Raw, bind_layers, split_layers

from mirror.columns import decode as decode_block
from mirror.frames import ETHERNET, Drop
from mirror.outer import Ports
from mirror.vxlan import decode
from mirrored_frames import block_of, ethernet, inner, inner6, ipv4, ipv6, mirrored, udp, vxlan

PORTS = Ports()
_EXTENSIONS = (IPv6ExtHdrHopByHop, IPv6ExtHdrDestOpt, IPv6ExtHdrRouting, AH)
_LAYERS = [Ether, Dot1Q, Dot1AD, IP, IPv6, UDP, IPv6ExtHdrFragment, *_EXTENSIONS]


@contextmanager
def few_layers() -> Iterator[None]:
    """Scapy with the layers that are compared; what VXLAN carries stays bytes."""
    conf.layers.filter(_LAYERS)
    for layer in (Ether, Dot1Q, Dot1AD):
        bind_layers(layer, Dot1Q, type=0x9100)
    yield
    for layer in (Ether, Dot1Q, Dot1AD):
        split_layers(layer, Dot1Q, type=0x9100)
    conf.layers.unfilter()


def by_scapy(frame: bytes) -> tuple[int, bytes, bool] | None:
    """VNI, inner frame and whether that is truncated, by what scapy makes of a frame; None where it is refused."""
    carried = _carried(frame)
    if carried is None or len(carried) < 8:
        return None
    # Scapy reads two other drafts into bits that RFC 7348 reserves, and then takes other bytes for the VNI.
    header = VXLAN(bytes([carried[0] & 0x08]) + carried[1:8])
    mirrored_frame = carried[8:]
    if not header.flags & 0x08 or len(mirrored_frame) < 14:
        return None
    return header.vni, mirrored_frame, _truncated(Ether(mirrored_frame))


def _carried(frame: bytes) -> bytes | None:
    """What a UDP datagram to port 4789 carries."""
    if len(frame) < 14:
        return None
    datagram = _transport(_untagged(Ether(frame)))
    if not isinstance(datagram, UDP) or datagram.dport != 4789 or datagram.len < 8:
        return None
    assert isinstance(datagram.payload, Packet)
    payload: bytes = b"" if isinstance(datagram.payload, NoPayload) else datagram.payload.original
    return payload[: datagram.len - 8]


def _untagged(packet: Packet) -> Packet:
    packet = packet.payload
    while isinstance(packet, Dot1Q):  # Dot1AD is one
        packet = packet.payload
    return packet


def _transport(packet: Packet) -> Packet | None:
    """The datagram, where the headers before it are whole and do not contradict themselves."""
    whole = len(packet.original)
    if isinstance(packet, IP):
        size = packet.len - 4 * packet.ihl
        good = packet.version == 4 and packet.ihl >= 5 and 4 * packet.ihl <= whole
        found = packet.payload if good and packet.proto == 17 and not packet.frag and not packet.flags.MF else None
    elif isinstance(packet, IPv6):
        size, found = packet.plen, packet.payload
        while isinstance(found, (*_EXTENSIONS, IPv6ExtHdrFragment)):
            if isinstance(found, IPv6ExtHdrFragment) and (found.offset or found.m):
                return None
            size -= len(found.original) - len(found.payload.original)
            found = found.payload
        if packet.version != 6:
            return None
    else:
        return None
    return found if isinstance(found, UDP) and size >= 8 and found.len <= size else None


def _truncated(frame: Packet) -> bool:
    while isinstance(frame.payload, Dot1Q):
        frame = frame.payload
    there = b"" if isinstance(frame.payload, NoPayload) else frame.payload.original
    kind = getattr(frame, "type", None)
    if kind == 0x0800:
        return len(there) < 20 or IP(there).len > len(there)
    if kind == 0x86DD:
        return len(there) < 40 or IPv6(there).plen + 40 > len(there)
    return False


def _ether() -> Ether:
    return Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")


def templates() -> list[bytes]:
    """Good frames of every kind that AWS and others send, by scapy and by hand."""
    inside = [
        bytes(_ether() / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(dport=53) / Raw(b"q" * 20)),
        bytes(_ether() / IPv6(src="fd00::1", dst="fd00::2") / UDP(dport=53) / Raw(b"q" * 20)),
        bytes(_ether() / Dot1Q(vlan=9) / IP() / UDP() / Raw(b"z")),
        inner(), inner6(), inner(tags=[1, 2, 3]), inner(claims=900), inner()[:20], ethernet(b"arp" * 9, 0x0806),
    ]  # fmt: skip
    made: list[bytes] = []
    for number, frame in enumerate(inside):
        carried = vxlan(number * 1_234_567 & 0xFFFFFF, frame)
        made += [
            bytes(_ether() / IP() / UDP(sport=1, dport=4789) / VXLAN(vni=number << 12, flags=8) / Raw(frame)),
            bytes(_ether() / IPv6() / UDP(sport=1, dport=4789) / VXLAN(vni=0xFFFFFF, flags=8) / Raw(frame)),
            bytes(_ether() / Dot1Q(vlan=4) / IP(flags="DF") / UDP(sport=1, dport=4789) / VXLAN(vni=5) / Raw(frame)),
            bytes(_ether() / IPv6() / IPv6ExtHdrDestOpt() / UDP(sport=1, dport=4789) / VXLAN(flags=8) / Raw(frame)),
            mirrored(number, frame),
            ethernet(ipv4(udp(carried), options=bytes(8))),
            ethernet(ipv4(udp(carried))) + b"\0" * 6,
            ethernet(ipv4(udp(carried), fragment=0x2000)),
            ethernet(ipv6(udp(carried)), 0x86DD),
        ]
    return made


def hostile(seed: int, count: int) -> Iterator[bytes]:
    """Templates as they are, cut, with bytes changed where headers are, and noise."""
    chance = random.Random(seed)  # noqa: S311  (test input)
    known = templates()
    for _ in range(count):
        frame = bytearray(chance.choice(known))
        kind = chance.random()
        if kind < 0.15:
            del frame[chance.randrange(len(frame)) :]
        elif kind < 0.75:
            for _ in range(chance.choice((1, 1, 1, 2, 5))):
                frame[chance.randrange(min(len(frame), 90))] = chance.choice(
                    (0, 1, 8, 17, 0x45, 0x81, 0xFF, chance.getrandbits(8))
                )
        elif kind < 0.8:
            frame = bytearray(chance.randbytes(chance.randrange(120)))
        yield bytes(frame)


def taken_by_both(seed: int, count: int) -> int:
    """Fails unless scapy, one by one and columns say the same of each of so many hostile frames; how many are taken."""
    taken = 0
    frames = list(hostile(seed, count))
    with few_layers():
        verdicts = [by_scapy(frame) for frame in frames]
    block = block_of(frames)
    columns = decode_block(block, PORTS)
    kept = dict(zip(columns.rows.tolist(), range(len(columns)), strict=True))
    for row, frame in enumerate(frames):
        theirs = verdicts[row]
        told = decode(frame, ETHERNET, PORTS)
        if isinstance(told, Drop):
            assert theirs is None, (told, frame.hex())
            assert row not in kept
            continue
        taken += 1
        assert theirs == (told.vni, frame[told.start : told.end], told.truncated), frame.hex()
        at = kept[row]
        assert (columns.vnis[at], columns.truncated[at]) == (theirs[0], theirs[2])
        assert bytes(block.data[columns.starts[at] : columns.ends[at]]) == theirs[1]
    return taken
