"""From the outermost byte of a frame to what UDP carries to a port of mirrored packets. One frame at a time, exact.

This defines what is right; `columns.py` does the common case for many frames at once and asks here for the others.
Every length is checked before it is believed. Checksums are not: capturing hosts leave them to their hardware.
"""

from collections.abc import Set
from struct import Struct
from typing import Final, NamedTuple

from mirror.frames import ETHERNET, GENEVE_PAYLOAD, VXLAN_PAYLOAD, Drop

TAGS: Final = frozenset({0x8100, 0x88A8, 0x9100})
"""EtherTypes of 802.1Q, 802.1ad and the older double tag: what Suricata takes for a tag, too."""
IPV4: Final = 0x0800
IPV6: Final = 0x86DD

_U16 = Struct("!H").unpack_from
_ETHERNET_IN_GENEVE = 0x6558
_UDP = 17
_FRAGMENT = 44
_AUTHENTICATION = 51
_LENGTH_IN_EIGHTS = frozenset({0, 43, 60})  # hop-by-hop, routing, destination options: RFC 8200 §4
_MOST_EXTENSIONS = 8
_MOST_TAGS = 8

# https://www.tcpdump.org/linktypes.html: kind of link → where its EtherType and its packet begin, None: see the packet
_LINKS: Final = {
    0: (None, 4),  # BSD loopback: an address family in the byte order of the host
    108: (None, 4),
    12: (None, 0),  # raw IP, as some systems number it
    14: (None, 0),
    101: (None, 0),
    228: (None, 0),
    229: (None, 0),
    113: (14, 16),  # Linux "any"
    276: (0, 20),
}
LINKS: Final = frozenset({ETHERNET, VXLAN_PAYLOAD, GENEVE_PAYLOAD, *_LINKS})
"""What a frame may begin with."""


class Ports(NamedTuple):
    """UDP ports on which mirrored packets arrive, by what they are wrapped in."""

    vxlan: Set[int] = frozenset({4789})  # RFC 7348 §8
    geneve: Set[int] = frozenset({6081})  # RFC 8926 §3.3; a Gateway Load Balancer sends GENEVE{VXLAN}


class Span(NamedTuple):
    """A part of a frame: its first byte, and the one behind its last."""

    start: int
    end: int


def payload(frame: bytes, link: int, ports: Ports) -> Span | Drop:
    """Where the VXLAN header begins and what UDP carries ends, or why there is none.

    The end is cut to what the frame has: a capture may hold less than was sent.
    """
    if link == VXLAN_PAYLOAD:
        return Span(0, len(frame))
    if link == GENEVE_PAYLOAD:
        return _in_geneve(frame, Span(0, len(frame)), ports)
    found = _datagram(frame, _network(frame, link, Span(0, len(frame))), ports.vxlan | ports.geneve)
    if isinstance(found, Drop):
        return found
    port, carried = found
    return carried if port in ports.vxlan else _in_geneve(frame, carried, ports)


def tags(frame: bytes, at: int, end: int) -> int:
    """How many whole 802.1Q tags there are where an EtherType is looked for."""
    count = 0
    while at + 6 <= end and _U16(frame, at)[0] in TAGS:
        count, at = count + 1, at + 4
    return count


def _network(frame: bytes, link: int, within: Span) -> tuple[int, Span] | Drop:
    """EtherType and packet of a frame."""
    start, end = within
    if link == ETHERNET:
        if end - start < 14:
            return Drop.CUT
        own = tags(frame, start + 12, end)
        if own > _MOST_TAGS:
            return Drop.OTHER
        at = start + 12 + 4 * own
        return _U16(frame, at)[0], Span(at + 2, end)
    where, skipped = _LINKS[link]
    if end - start <= skipped:
        return Drop.CUT
    packet = Span(start + skipped, end)
    if where is not None:
        return _U16(frame, start + where)[0], packet
    return {4: IPV4, 6: IPV6}.get(frame[packet.start] >> 4, 0), packet


def _datagram(frame: bytes, found: tuple[int, Span] | Drop, ports: Set[int]) -> tuple[int, Span] | Drop:
    """Destination port of a UDP datagram to one of `ports`, and what it carries."""
    if isinstance(found, Drop):
        return found
    ethertype, packet = found
    if ethertype not in {IPV4, IPV6}:
        return Drop.OTHER
    inside = _ipv4(frame, packet) if ethertype == IPV4 else _ipv6(frame, packet)
    if isinstance(inside, Drop):
        return inside
    start, end = inside  # the end by IP's own length: the frame may be shorter
    if min(end, packet.end) - start < 8:
        return Drop.CUT if end > packet.end else Drop.BAD_HEADER
    port, length = _U16(frame, start + 2)[0], _U16(frame, start + 4)[0]  # RFC 768
    good = port in ports and length >= 8 and start + length <= end
    refused = Drop.BAD_HEADER if port in ports else Drop.OTHER
    return (port, Span(start + 8, min(start + length, packet.end))) if good else refused


def _ipv4(frame: bytes, packet: Span) -> Span | Drop:
    """What an IPv4 packet with UDP carries, RFC 791 §3.1."""
    start, end = packet
    if end - start < 20:
        return Drop.CUT
    header, total = 4 * (frame[start] & 0x0F), _U16(frame, start + 2)[0]
    if frame[start] >> 4 != 4 or header < 20 or total < header:
        return Drop.BAD_HEADER
    if frame[start + 9] != _UDP:
        return Drop.OTHER
    if _U16(frame, start + 6)[0] & 0x3FFF:  # more fragments, or not the first
        return Drop.OUTER_FRAGMENT
    return Span(start + header, start + total)


def _ipv6(frame: bytes, packet: Span) -> Span | Drop:
    """What an IPv6 packet with UDP carries, RFC 8200 §3 and §4. A jumbogram is none of ours."""
    start, end = packet
    if end - start < 40:
        return Drop.CUT
    if frame[start] >> 4 != 6:
        return Drop.BAD_HEADER
    kind, at, stop = frame[start + 6], start + 40, start + 40 + _U16(frame, start + 4)[0]
    for _ in range(_MOST_EXTENSIONS):
        size = _extension(frame, kind, at, min(stop, end))
        if isinstance(size, Drop):
            return size
        if not size:
            return Span(at, stop)
        kind, at = frame[at], at + size
    return Drop.BAD_HEADER


def _extension(frame: bytes, kind: int, at: int, end: int) -> int | Drop:
    """Size of the extension header of this kind; 0 where the datagram begins."""
    if kind == _UDP:
        return 0
    if kind not in _LENGTH_IN_EIGHTS | {_FRAGMENT, _AUTHENTICATION}:
        return Drop.OTHER
    if end - at < 8:
        return Drop.CUT
    if kind == _FRAGMENT:
        return Drop.OUTER_FRAGMENT if _U16(frame, at + 2)[0] & 0xFFF9 else 8
    return 4 * (frame[at + 1] + 2) if kind == _AUTHENTICATION else 8 * (frame[at + 1] + 1)


def _in_geneve(frame: bytes, carried: Span, ports: Ports) -> Span | Drop:
    """What a VXLAN datagram inside GENEVE carries, RFC 8926 §3.4. The balancer's options are passed over."""
    start, end = carried
    if end - start < 8:
        return Drop.CUT
    inside = Span(start + 8 + 4 * (frame[start] & 0x3F), end)
    if frame[start] >> 6 or inside.start > end:
        return Drop.BAD_HEADER
    if frame[start + 1] & 0x80:  # control, no payload of anybody
        return Drop.OTHER
    kind = _U16(frame, start + 2)[0]
    packet = _network(frame, ETHERNET, inside) if kind == _ETHERNET_IN_GENEVE else (kind, inside)
    found = _datagram(frame, packet, ports.vxlan)
    return found if isinstance(found, Drop) else found[1]
