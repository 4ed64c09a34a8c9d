"""Which mirrored frames are wanted: by VNI, address or network, and port of the inner packet."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from struct import Struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirror.errors import BadSelection
from mirror.frames import Bytes, Mirrored
from mirror.outer import IPV4, IPV6
from mirror.outer import tags as tags_of
from mirror.vxlan import MAX_VNI

_U16 = Struct("!H").unpack_from
_WITH_PORTS = {6, 17, 132}  # TCP, UDP, SCTP: their headers begin with both ports


class Ends(NamedTuple):
    """Addresses of an inner packet, packed, and its ports if it has some."""

    addresses: tuple[bytes, bytes]
    ports: tuple[int, ...]


@dataclass(frozen=True)
class Selection:
    """A frame is wanted if each list that is not empty names it: its VNI, one of its addresses, one of its ports."""

    vnis: frozenset[int] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    ports: frozenset[int] = frozenset()
    _sorted: NDArray[np.int64] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_sorted", np.array(sorted(self.vnis), np.int64))

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return not (self.vnis or self.networks or self.ports)

    def wanted(self, data: Bytes, found: Mirrored) -> NDArray[np.bool_]:
        """Marks the frames that are wanted."""
        marks = np.isin(found.vnis, self._sorted) if self.vnis else np.ones(len(found), np.bool_)
        if self.networks or self.ports:
            view = data.data
            for row in np.flatnonzero(marks).tolist():
                marks[row] = self._names(ends_of(bytes(view[found.starts[row] : found.ends[row]])))
        return marks

    def _names(self, ends: Ends | None) -> bool:
        if ends is None or (self.ports and self.ports.isdisjoint(ends.ports)):
            return False
        addresses = [ip_address(packed) for packed in ends.addresses]
        return not self.networks or any(address in network for network in self.networks for address in addresses)


def selection(words: Sequence[str]) -> Selection:
    """From words such as `vni=1,0xfff`, `addr=10.0.0.0/8,fd00::1`, `port=80`. Raises BadSelection."""
    values: dict[str, list[str]] = {"vni": [], "addr": [], "port": []}
    for word in words:
        name, equals, listed = word.partition("=")
        if not equals or name not in values:
            raise BadSelection(f"{word!r} is no filter; known are vni=…, addr=… and port=…, with commas for several")
        values[name] += listed.split(",")
    return Selection(
        frozenset(_number(text, MAX_VNI, "VNI") for text in values["vni"]),
        tuple(_network(text) for text in values["addr"]),
        frozenset(_number(text, 0xFFFF, "port") for text in values["port"]),
    )


def ends_of(frame: bytes) -> Ends | None:
    """Addresses and ports of a frame's packet; None where it has no whole IP header."""
    if len(frame) < 14:
        return None
    at = 12 + 4 * tags_of(frame, 12, len(frame))
    ethertype, packet = _U16(frame, at)[0], at + 2
    if ethertype == IPV4 and len(frame) >= packet + 20:
        later = _U16(frame, packet + 6)[0] & 0x1FFF
        start, first, size, protocol = packet + 4 * (frame[packet] & 0x0F), packet + 12, 4, frame[packet + 9]
    elif ethertype == IPV6 and len(frame) >= packet + 40:
        later, start, first, size, protocol = 0, packet + 40, packet + 8, 16, frame[packet + 6]
    else:
        return None
    whole = protocol in _WITH_PORTS and not later and len(frame) >= start + 4
    ports = (_U16(frame, start)[0], _U16(frame, start + 2)[0]) if whole else ()
    return Ends((frame[first : first + size], frame[first + size : first + 2 * size]), ports)


def _number(text: str, most: int, what: str) -> int:
    try:
        number = int(text, 0)
    except ValueError:
        number = -1
    if not 0 <= number <= most:
        raise BadSelection(f"{text!r} is no {what}: 0 to {most:,}, or 0x… in hexadecimal")
    return number


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError as trouble:
        raise BadSelection(f"{text!r} is no address or network: {trouble}") from None
