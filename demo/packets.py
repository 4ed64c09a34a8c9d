"""A capture told at another time by other addresses: pcap bytes in, pcap bytes out. Pure.

Reads what libpcap calls a savefile (pcap-savefile(5)): classic, microseconds, Ethernet, IPv4 and TCP, whole packets;
anything else is a ValueError. Of a packet only addresses and the two checksums over them change.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address
from typing import NamedTuple

from demo.flow import TCP, Volume

_FILE_HEADER = 24
_PACKET_HEADER = struct.Struct("<IIII")  # seconds, microseconds, captured bytes, bytes on the wire
_SAVEFILE = b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00"
_ETHERNET = 1
_IP = 14  # where the IPv4 header begins, RFC 791 §3.1: total length at 2, protocol 9, checksum 10, addresses 12 and 16
_IPV4 = b"\x08\x00"
_TCP_CHECKSUM = 16  # RFC 9293 §3.1


class Packet(NamedTuple):
    """One packet: when, in microseconds since the epoch, and its Ethernet frame."""

    moment: int
    frame: bytes

    @property
    def ends(self) -> tuple[str, int, str, int]:
        """Source and its port, destination and its port."""
        ports = struct.unpack_from("!HH", self.frame, _tcp(self.frame))
        source, destination = (str(IPv4Address(self.frame[at : at + 4])) for at in (_IP + 12, _IP + 16))
        return source, ports[0], destination, ports[1]

    @property
    def size(self) -> int:
        """Bytes as flow logs count them: from the IP header on."""
        size: int = struct.unpack_from("!H", self.frame, _IP + 2)[0]
        return size


def packets(capture: bytes) -> Iterator[Packet]:
    """All packets. Raises ValueError for what is no capture of this kind."""
    if capture[:8] != _SAVEFILE or struct.unpack_from("<I", capture, 20)[0] != _ETHERNET:
        raise ValueError("not a little-endian pcap of Ethernet frames with microseconds")
    at = _FILE_HEADER
    while at < len(capture):
        seconds, microseconds, size, whole = _PACKET_HEADER.unpack_from(capture, at)
        at += _PACKET_HEADER.size + size
        frame = capture[at - size : at]
        if len(frame) < whole or frame[12:14] != _IPV4 or frame[_IP + 9] != TCP:
            raise ValueError(f"the packet that ends at byte {at} is cut, or no TCP over IPv4")
        yield Packet(seconds * 1_000_000 + microseconds, frame)


def volume(capture: bytes, source: str) -> Volume:
    """What this address sent."""
    sizes = [packet.size for packet in packets(capture) if packet.ends[0] == source]
    return Volume(len(sizes), sum(sizes))


def moved(capture: bytes, start: int, names: Mapping[str, str]) -> bytes:
    """The same packets, the first in second `start` and all with their distances, by the addresses of `names`."""
    shift = start * 1_000_000 - next(packets(capture)).moment // 1_000_000 * 1_000_000
    return written(capture, (Packet(each.moment + shift, _renamed(each, names)) for each in packets(capture)))


def written(capture: bytes, told: Iterable[Packet]) -> bytes:
    """These packets in a capture that begins as this one does."""
    made = [capture[:_FILE_HEADER]]
    for moment, frame in told:
        made += [_PACKET_HEADER.pack(*divmod(moment, 1_000_000), len(frame), len(frame)), frame]
    return b"".join(made)


def _renamed(packet: Packet, names: Mapping[str, str]) -> bytes:
    source, _, destination, _ = packet.ends
    before = packet.frame[_IP + 12 : _IP + 20]
    after = b"".join(IPv4Address(names[address]).packed for address in (source, destination))
    frame = bytearray(packet.frame)
    frame[_IP + 12 : _IP + 20] = after
    # Both checksums cover the addresses: the IP header's own, and TCP's by its pseudo header.
    for at in (_IP + 10, _tcp(packet.frame) + _TCP_CHECKSUM):
        (checksum,) = struct.unpack_from("!H", frame, at)
        struct.pack_into("!H", frame, at, _updated(checksum, before, after))
    return bytes(frame)


def _updated(checksum: int, before: bytes, after: bytes) -> int:
    """RFC 1624, equation 3: HC' = ~(~HC + ~m + m')."""
    total = ~checksum & 0xFFFF
    for old, new in zip(struct.unpack("!4H", before), struct.unpack("!4H", after), strict=True):
        total += (~old & 0xFFFF) + new
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _tcp(frame: bytes) -> int:
    return _IP + (frame[_IP] & 0x0F) * 4
