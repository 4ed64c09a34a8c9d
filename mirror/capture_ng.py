"""The blocks of a pcapng file (draft-ietf-opsawg-pcapng): bytes in, places of packets out. Pure."""

from collections.abc import Iterator
from itertools import groupby
from struct import Struct
from typing import Final, NamedTuple

_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _PACKET = 0x0A0D0D0A, 1, 2, 3, 6
_ORDERS: Final = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_SMALLEST = {_SECTION: 28, _INTERFACE: 20, _OLD_PACKET: 32, _SIMPLE_PACKET: 16, _PACKET: 32}
_RESOLUTION, _OFFSET = 9, 14  # options if_tsresol and if_tsoffset, §4.2
_MOST_INTERFACES = 4096


class Packet(NamedTuple):
    """Where a packet lies, and when it was seen."""

    start: int
    end: int
    time_ns: int


class _Interface(NamedTuple):
    link: int
    longest: int
    units: int  # in a second
    offset_seconds: int


class _Block(NamedTuple):
    kind: int
    start: int
    end: int


def section_start(magic: bytes) -> bool:
    """Whether a file that begins so is a pcapng."""
    return magic == _SECTION.to_bytes(4, "big")


class Section:
    """Reads on, block by block; what a section has said of its interfaces holds until the next begins."""

    def __init__(self, name: str, most_bytes: int) -> None:
        self.damage = ""
        """What is wrong with the block where it stopped."""
        self._name = name
        self._most_bytes = most_bytes
        self._order = "<"
        self._interfaces: list[_Interface] = []
        self._last_ns = 0

    def packets(self, data: memoryview, at: int) -> tuple[int, list[tuple[int, list[Packet]]]]:
        """Where the first block begins that is not whole, and the packets before it, in runs of one link type."""
        found: list[tuple[int, Packet]] = []
        while not self.damage and (block := self._block(data, at)):
            found += self._taken(data, block)
            at = block.end if not self.damage else at
        runs = groupby(found, key=lambda each: each[0])
        return at, [(link, [packet for _, packet in run]) for link, run in runs]

    def _block(self, data: memoryview, at: int) -> _Block | None:
        """The block that begins here, if it is whole."""
        if len(data) - at < 12:
            return None
        if bytes(data[at : at + 4]) == _SECTION.to_bytes(4, "big"):
            order = _ORDERS.get(bytes(data[at + 8 : at + 12]))
            if order is None:
                self.damage = "a section of no known byte order"
                return None
            self._order = order
        kind, size = Struct(self._order + "II").unpack_from(data, at)
        if size % 4 or size < max(12, _SMALLEST.get(kind, 12)) or size > self._most_bytes:
            self.damage = f"a block says that it has {size:,} bytes"
            return None
        if at + size > len(data):
            return None
        if Struct(self._order + "I").unpack_from(data, at + size - 4)[0] != size:
            self.damage = "the two lengths of a block differ"
            return None
        return _Block(kind, at, at + size)

    def _taken(self, data: memoryview, block: _Block) -> Iterator[tuple[int, Packet]]:
        if block.kind == _SECTION:
            self._interfaces = []
        elif block.kind == _INTERFACE:
            if len(self._interfaces) >= _MOST_INTERFACES:
                self.damage = f"more than {_MOST_INTERFACES:,} interfaces"
                return
            self._interfaces.append(self._interface(data, block))
        elif block.kind in {_PACKET, _OLD_PACKET, _SIMPLE_PACKET}:
            yield from self._packet(data, block)

    def _packet(self, data: memoryview, block: _Block) -> Iterator[tuple[int, Packet]]:
        body = block.start + 8
        if block.kind == _SIMPLE_PACKET:
            number, high, low, start = 0, 0, 0, body + 4
            (size,) = Struct(self._order + "I").unpack_from(data, body)
        else:
            layout = "IIII" if block.kind == _PACKET else "HxxIII"
            number, high, low, size = Struct(self._order + layout).unpack_from(data, body)
            start = body + 20
        if number >= len(self._interfaces):
            self.damage = "a packet of an interface that is not described"
            return
        interface = self._interfaces[number]
        if block.kind == _SIMPLE_PACKET:  # it has no time of its own, and its length is that on the wire
            size = min(size, interface.longest or size, block.end - 4 - start)
        else:
            units = high << 32 | low
            self._last_ns = units * 1_000_000_000 // interface.units + interface.offset_seconds * 1_000_000_000
        if start + size > block.end - 4:
            self.damage = "a packet is longer than its block"
            return
        if not 0 <= self._last_ns < 1 << 63:
            self.damage = "a packet's time cannot be"
            return
        yield interface.link, Packet(start, start + size, self._last_ns)

    def _interface(self, data: memoryview, block: _Block) -> _Interface:
        link, longest = Struct(self._order + "HxxI").unpack_from(data, block.start + 8)
        units, offset = 1_000_000, 0
        for code, value in self._options(data, block.start + 16, block.end - 4):
            if code == _RESOLUTION and len(value) == 1:
                exponent = value[0] & 0x7F
                units = (2 if value[0] & 0x80 else 10) ** min(exponent, 63)
            elif code == _OFFSET and len(value) == 8:
                (offset,) = Struct(self._order + "q").unpack(value)
        return _Interface(link, longest, units, offset)

    def _options(self, data: memoryview, at: int, end: int) -> Iterator[tuple[int, bytes]]:
        while at + 4 <= end:
            code, size = Struct(self._order + "HH").unpack_from(data, at)
            if not code or at + 4 + size > end:
                return
            yield code, bytes(data[at + 4 : at + 4 + size])
            at += 4 + size + -size % 4
