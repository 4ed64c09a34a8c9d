"""Mirrored packets for tests, as bytes: built by hand, so that nothing that is tested makes them."""

import struct
from collections.abc import Sequence

import numpy as np

from mirror.frames import ETHERNET, HEADROOM, SLACK, Block

MACS = bytes.fromhex("0a00000000010a0000000002")


def inner(payload: bytes = b"x" * 20, *, tags: Sequence[int] = (), claims: int | None = None) -> bytes:
    """An Ethernet frame with IPv4 and UDP; `claims` instead of its true IP length."""
    total = 28 + len(payload) if claims is None else claims
    packet = struct.pack("!BBHHHBBH4s4s", 0x45, 0, total, 7, 0, 64, 17, 0, b"\x0a\0\0\1", b"\x0a\0\0\2")
    own = b"".join(struct.pack("!HH", 0x8100, tag) for tag in tags)
    datagram = struct.pack("!HHHH", 1000, 2000, 8 + len(payload), 0) + payload
    return MACS + own + b"\x08\x00" + packet + datagram


def inner6(payload: bytes = b"x" * 20, *, claims: int | None = None) -> bytes:
    """The same over IPv6."""
    size = 8 + len(payload) if claims is None else claims
    packet = struct.pack("!IHBB16s16s", 6 << 28, size, 17, 64, b"\xfd" * 16, b"\xfe" * 16)
    return MACS + b"\x86\xdd" + packet + struct.pack("!HHHH", 1000, 2000, 8 + len(payload), 0) + payload


def vxlan(vni: int, frame: bytes, *, flags: int = 0x08000000, last: int = 0) -> bytes:
    """RFC 7348 §5."""
    return struct.pack("!II", flags, vni << 8 | last) + frame


def udp(payload: bytes, port: int = 4789, *, length: int | None = None) -> bytes:
    return struct.pack("!HHHH", 49152, port, 8 + len(payload) if length is None else length, 0) + payload


def ipv4(
    packet: bytes, *, protocol: int = 17, options: bytes = b"", fragment: int = 0, total: int | None = None
) -> bytes:
    """An IPv4 packet without Ethernet."""
    first, size = 0x45 + len(options) // 4, 20 + len(options) + len(packet)
    ends = (b"\xc0\0\2\1", b"\xc0\0\2\2")
    header = struct.pack("!BBHHHBBH4s4s", first, 0, total or size, 1, fragment, 64, protocol, 0, *ends)
    return header + options + packet


def ipv6(packet: bytes, *, following: int = 17, length: int | None = None) -> bytes:
    size = len(packet) if length is None else length
    return struct.pack("!IHBB16s16s", 6 << 28, size, following, 64, b"\xfc" * 16, b"\xfd" * 16) + packet


def geneve(packet: bytes, kind: int = 0x0800, *, options: bytes = b"", first: int = 0, second: int = 0) -> bytes:
    """RFC 8926 §3.4."""
    return struct.pack("!BBHI", first | len(options) // 4, second, kind, 0) + options + packet


def ethernet(packet: bytes, kind: int = 0x0800, *, tags: Sequence[int] = ()) -> bytes:
    own = b"".join(struct.pack("!HH", 0x8100, tag) for tag in tags)
    return MACS + own + kind.to_bytes(2, "big") + packet


def mirrored(vni: int, frame: bytes) -> bytes:
    """What a mirror target receives: Ethernet, IPv4, UDP, VXLAN."""
    return ethernet(ipv4(udp(vxlan(vni, frame))))


def block_of(frames: Sequence[bytes], link: int = ETHERNET, *, gap: bytes = bytes(16)) -> Block:
    """Frames as a reader lays them out, `gap` before each."""
    laid, starts = bytearray(HEADROOM), []
    for frame in frames:
        laid += gap
        starts.append(len(laid))
        laid += frame
    laid += bytes(SLACK)
    places = np.array(starts, np.int64)
    sizes = np.array([len(frame) for frame in frames], np.int64)
    return Block(np.frombuffer(laid, np.uint8), places, places + sizes, np.arange(len(frames)) * 1000, link)
