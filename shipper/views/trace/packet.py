"""The packets that events carry, as frames with times. Pure."""

from base64 import b64decode
from binascii import Error
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shipper.views.trace.fact import at
from shipper.views.trace.witness import Event

_ETHERNET: Final = 1  # tcpdump.org, "Link-layer header types"
_RAW: Final = frozenset({12, 14, 101, 228, 229})  # IP without a link layer, as libpcap and its files number it
_NO_ADDRESSES: Final = bytes(12)
_V4, _V6 = bytes.fromhex("0800"), bytes.fromhex("86dd")


@dataclass(frozen=True, slots=True)
class Packets:
    """Frames of Ethernet and their times in nanoseconds since 1970, in order, each once; how many could not be used."""

    frames: Sequence[tuple[int, bytes]]
    unusable: int


def packets(events: Sequence[Event]) -> Packets:
    """Suricata gives packets to alerts, and to `packet` events of tagged flows."""
    found: dict[tuple[int, bytes], None] = {}
    unusable = 0
    for event in events:
        text = at(event.found, "suricata.eve.packet")
        if text is None:
            continue
        frame = _frame(str(text), at(event.found, "suricata.eve.packet_info.linktype"))
        if frame is None:
            unusable += 1
        else:
            found[(int(event.at.timestamp()) * 1_000_000_000 + event.at.microsecond * 1000, frame)] = None
    return Packets(sorted(found), unusable)


def _frame(text: str, link_type: object) -> bytes | None:
    """IP without a link layer is given one; anything else is no Ethernet. What privacy has hashed is no base64."""
    try:
        octets = b64decode(text, validate=True)
    except (Error, ValueError):
        return None
    if link_type in (_ETHERNET, None):
        return octets
    if link_type in _RAW and octets:
        return _NO_ADDRESSES + (_V6 if octets[0] >> 4 == 6 else _V4) + octets
    return None
