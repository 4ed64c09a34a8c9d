"""The VXLAN header (RFC 7348 §5) and the frame behind it. One at a time, exact: `columns.py` must say the same."""

from struct import Struct
from typing import Final, NamedTuple

from mirror.frames import Drop
from mirror.outer import IPV4, IPV6, Ports, payload, tags

HEADER: Final = 8
VNI_VALID: Final = 0x08
"""Flag I; the other seven bits of the first byte, the three bytes after it and the last are reserved."""
MAX_VNI: Final = 0xFFFFFF

_U16 = Struct("!H").unpack_from
_ETHERNET_HEADER = 14


class Inner(NamedTuple):
    """A mirrored frame: whose it is, where it lies, and what is odd about it (see mirror.frames.Mirrored)."""

    vni: int
    start: int
    end: int
    own_tags: int
    truncated: bool
    reserved: bool


def decode(frame: bytes, link: int, ports: Ports, *, strict_reserved: bool = False) -> Inner | Drop:
    """The mirrored frame in a frame. Reserved bits are ignored, as the RFC says, or refused."""
    found = payload(frame, link, ports)
    if isinstance(found, Drop):
        return found
    start, end = found
    if end - start < HEADER:
        return Drop.SHORT
    if not frame[start] & VNI_VALID:
        return Drop.NO_VNI
    reserved = bool(frame[start] & ~VNI_VALID or any(frame[start + 1 : start + 4]) or frame[start + 7])
    if reserved and strict_reserved:
        return Drop.RESERVED_BITS
    inner = start + HEADER
    if end - inner < _ETHERNET_HEADER:
        return Drop.SHORT_INNER
    vni = int.from_bytes(frame[start + 4 : start + 7], "big")
    own = tags(frame, inner + 12, end)
    return Inner(vni, inner, end, own, truncated(frame, inner + 12 + 4 * own, end), reserved)


def truncated(frame: bytes, at: int, end: int) -> bool:
    """Whether a frame ends before its IP packet does; `at` is where its EtherType stands.

    Mirroring cuts a frame to the session's packet length or the target's MTU, and tells nobody.
    """
    ethertype, packet = _U16(frame, at)[0], at + 2
    if ethertype == IPV4:
        return end - packet < 20 or packet + _U16(frame, packet + 2)[0] > end
    if ethertype == IPV6:
        return end - packet < 40 or packet + 40 + _U16(frame, packet + 4)[0] > end
    return False
