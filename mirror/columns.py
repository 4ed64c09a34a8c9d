"""The mirrored frames of a block, by columns: the common case for all frames at once, the others by `vxlan.py`.

Common are Ethernet, IPv4 without options, and an inner frame without tags of its own. Headers are copied before their
lengths are checked (the block's slack allows for it), and nothing of them is used before.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mirror.frames import ETHERNET, VXLAN_PAYLOAD, Block, Bytes, Drop, Mirrored, Places, gathered
from mirror.outer import IPV4, IPV6, TAGS, Ports, payload
from mirror.outer import tags as tags_of
from mirror.vxlan import HEADER, VNI_VALID, truncated

# Several fields are compared as one number, so it is read with its first byte as the lowest.
_OUTER = np.dtype({
    "names": ["kind", "total", "transport", "port", "length"],
    "formats": ["<u4", ">u2", "<u4", "<u2", ">u2"],
    "offsets": [12, 16, 20, 36, 38],  # EtherType, version, service; total length; fragment, hops, protocol; UDP
    "itemsize": 42,
})  # fmt: skip
_INNER = np.dtype({
    "names": ["flags", "vni", "ethertype", "total", "payload"],
    "formats": ["<u4", ">u4", "<u2", ">u2", ">u2"],
    "offsets": [0, 4, 20, 24, 26],  # VXLAN; the inner EtherType; the lengths of IPv4 and IPv6
    "itemsize": 28,
})  # fmt: skip


def _little(text: str) -> int:
    return int.from_bytes(bytes.fromhex(text), "little")


_KIND_MASK, _KIND = _little("ffffff00"), _little("08004500")
_TRANSPORT_MASK, _TRANSPORT = _little("3fff00ff"), _little("00000011")
_TAGS: Final = tuple(int.from_bytes(tag.to_bytes(2, "big"), "little") for tag in TAGS)
_IPV4: Final = int.from_bytes(IPV4.to_bytes(2, "big"), "little")
_IPV6: Final = int.from_bytes(IPV6.to_bytes(2, "big"), "little")
_ETHERNET_HEADER = 14
_CARRIED = 42


def decode(block: Block, ports: Ports, *, strict_reserved: bool = False) -> Mirrored:
    """All mirrored frames of a block. Says the same of each as mirror.vxlan.decode."""
    starts, ends, drops = _payloads(block, ports)
    found = gathered(block.data, starts, _INNER)
    length = ends - starts
    flags = found["flags"]
    reserved = ((flags & (0xFFFFFFFF ^ VNI_VALID)) != 0) | ((found["vni"] & 0xFF) != 0)
    good = (length >= HEADER + _ETHERNET_HEADER) & ((flags & VNI_VALID) != 0) & (drops == Drop.KEPT)
    if strict_reserved:
        good &= ~reserved
    if not good.all():
        bad = (drops == Drop.KEPT) & ~good
        reasons = np.select(
            [length < HEADER, (flags & VNI_VALID) == 0, reserved & strict_reserved],
            [Drop.SHORT, Drop.NO_VNI, Drop.RESERVED_BITS],
            Drop.SHORT_INNER,
        )
        drops[bad] = reasons[bad]
        starts, ends, reserved, found = starts[good], ends[good], reserved[good], found[good]
        rows = np.flatnonzero(good)
    else:
        rows = np.arange(len(starts))
    inner = starts + HEADER
    own, short = _shape(block.data, inner, ends, found)
    return Mirrored(rows, (found["vni"] >> 8).astype(np.int64), inner, ends, own, short, reserved, drops)


def _payloads(block: Block, ports: Ports) -> tuple[Places, Places, Bytes]:
    """Of each frame where VXLAN begins, where it ends, and a Drop. Places of dropped frames mean nothing."""
    drops = np.zeros(len(block.starts), np.uint8)
    if block.link == VXLAN_PAYLOAD:
        return block.starts, block.ends, drops
    starts, ends = block.starts + _CARRIED, block.ends.copy()
    others = np.arange(len(starts))
    if block.link == ETHERNET:
        found = gathered(block.data, block.starts, _OUTER)
        length = found["length"].astype(np.int64)
        common = (found["kind"] & _KIND_MASK) == _KIND
        common &= (found["transport"] & _TRANSPORT_MASK) == _TRANSPORT
        common &= _is_one_of(found["port"], [int.from_bytes(port.to_bytes(2, "big"), "little") for port in ports.vxlan])
        common &= (length >= 8) & (length + 20 <= found["total"]) & (starts <= ends)
        np.minimum(ends, starts - 8 + length, out=ends)
        others = np.flatnonzero(~common)
    view = block.data.data
    for row in others.tolist():
        start, end = int(block.starts[row]), int(block.ends[row])
        where = payload(bytes(view[start:end]), block.link, ports)
        if isinstance(where, Drop):
            drops[row] = where
            starts[row] = ends[row] = start
        else:
            starts[row], ends[row] = start + where.start, start + where.end
    return starts, ends, drops


def _shape(data: Bytes, inner: Places, ends: Places, found: NDArray[np.void]) -> tuple[Places, NDArray[np.bool_]]:
    """Own tags of each inner frame, and whether it is truncated."""
    left = ends - inner - _ETHERNET_HEADER
    ethertype = found["ethertype"]
    short = (ethertype == _IPV4) & ((left < 20) | (found["total"] > left))
    short |= (ethertype == _IPV6) & ((left < 40) | (found["payload"] + np.int64(40) > left))
    own = np.zeros(len(inner), np.int64)
    view = data.data
    for row in np.flatnonzero(_is_one_of(ethertype, _TAGS)).tolist():
        frame = bytes(view[inner[row] : ends[row]])
        count = tags_of(frame, 12, len(frame))
        own[row], short[row] = count, truncated(frame, 12 + 4 * count, len(frame))
    return own, short


def _is_one_of(column: NDArray[np.uint16], values: "list[int] | tuple[int, ...]") -> NDArray[np.bool_]:
    found = np.zeros(len(column), np.bool_)
    for value in values:
        found |= column == value
    return found
