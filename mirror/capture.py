"""Captures as blocks of frames: pcap (micro- and nanoseconds, both byte orders) and pcapng, plain or gzipped.

Memory is one buffer, whatever the file's size. What is whole before a damage is given before the damage is told.
Sources: pcap-savefile(5); the pcapng draft (draft-ietf-opsawg-pcapng).
"""

import gzip
import zlib
from collections.abc import Iterator
from io import BufferedReader
from struct import Struct, error
from typing import Final, NamedTuple

import numpy as np

from mirror.capture_ng import Section, section_start
from mirror.errors import CaptureDamaged, NotACapture
from mirror.frames import HEADROOM, SLACK, Block, Places, gathered
from mirror.outer import LINKS

MOST_PACKET_BYTES: Final = 262_144
"""What libpcap takes at most (MAXIMUM_SNAPLEN)."""
_BUFFER_BYTES = 2 << 20  # small enough for a processor's cache, large enough for thousands of frames
_FILE_HEADER = 24
_RECORD_HEADER = 16
_GZIP = b"\x1f\x8b"
_MODIFIED = {b"\xa1\xb2\xcd\x34", b"\x34\xcd\xb2\xa1"}
_MAGICS: Final = {  # first bytes → byte order, nanoseconds in the unit of the fraction
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}


class _Kind(NamedTuple):
    """What a pcap's header says."""

    order: str
    unit_ns: int
    link: int


class _Filled:
    """The buffer: what is read and not yet taken. Reads on until it is full or the input ends."""

    def __init__(self, stream: BufferedReader, name: str) -> None:
        self.name = name
        self.damage = ""
        self._stream = gzip.GzipFile(fileobj=stream) if stream.peek(2)[:2] == _GZIP else stream
        self.bytes = np.zeros(HEADROOM + _BUFFER_BYTES + SLACK, np.uint8)
        self.view = self.bytes.data
        self.start = self.end = HEADROOM
        self._passed = 0  # bytes of the file before the buffer

    @property
    def left(self) -> int:
        """Bytes that are read and not taken."""
        return self.end - self.start

    def place(self, at: int) -> int:
        """A place in the buffer as a byte of the (unpacked) file."""
        return self._passed + at - HEADROOM

    def fill(self) -> bool:
        """Moves what is left to the front and reads on; whether anything came."""
        self._passed += self.start - HEADROOM
        left = self.left
        self.bytes[HEADROOM : HEADROOM + left] = self.bytes[self.start : self.end].copy()
        self.start, self.end = HEADROOM, HEADROOM + left
        before = self.end
        while not self.damage and self.end < HEADROOM + _BUFFER_BYTES:
            count = self._read(self.view[self.end : HEADROOM + _BUFFER_BYTES])
            if not count:
                break
            self.end += count
        return self.end > before

    def _read(self, into: memoryview) -> int:
        try:
            got = self._stream.read1(len(into))  # one read at a time: what came before a damage is not lost
        except (EOFError, zlib.error, gzip.BadGzipFile) as trouble:
            self.damage = f"{self.name}: its compression is damaged or cut off: {trouble}"
            return 0
        into[: len(got)] = got
        return len(got)


def blocks(stream: BufferedReader, name: str) -> Iterator[Block]:
    """A capture's frames. Raises NotACapture, or CaptureDamaged after what is whole; `name` is for messages."""
    filled = _Filled(stream, name)
    filled.fill()
    magic = bytes(filled.view[filled.start : min(filled.end, filled.start + 4)])
    if magic in _MAGICS:
        found = _pcap(filled, magic)
    elif section_start(magic):
        found = _pcapng(filled)
    else:
        raise NotACapture(filled.damage or f"{name}: {_what(magic)}; pcap and pcapng are read, plain or gzipped")
    yield from found
    if filled.damage:
        raise CaptureDamaged(filled.damage)
    if filled.left:
        place = filled.place(filled.start)
        raise CaptureDamaged(f"{name}: ends in the middle of the packet or block that begins at byte {place:,}")


def _what(magic: bytes) -> str:
    if magic in _MODIFIED:
        return "a pcap of a modified format"
    return f"no capture, it begins with {magic.hex(' ')}" if magic else "empty"


def _pcap(filled: _Filled, magic: bytes) -> Iterator[Block]:
    if filled.left < _FILE_HEADER:
        raise CaptureDamaged(f"{filled.name}: ends within its header")
    order, unit_ns = _MAGICS[magic]
    link: int = (
        Struct(order + "I").unpack_from(filled.view, filled.start + 20)[0] & 0xFFFF
    )  # above: length of a checksum
    _check(link, filled.name)
    filled.start += _FILE_HEADER
    while True:
        block = _records(filled, _Kind(order, unit_ns, link))
        if len(block.starts):
            yield block
        if not filled.fill():
            return


def _records(filled: _Filled, kind: _Kind) -> Block:
    """The whole records of the buffer."""
    length = Struct(kind.order + "I").unpack_from
    view, at = filled.view[: filled.end], filled.start + 8
    places: list[int] = []
    append = places.append
    try:  # the end is where no length can be read any more: one check less for each packet
        while True:
            size = length(view, at)[0]
            append(at)
            at += size + _RECORD_HEADER
    except error:
        pass
    starts = np.array(places, np.int64) + 8
    ends = np.append(starts[1:] - _RECORD_HEADER, at - 8) if places else starts
    count = _believed(filled, starts, ends)
    starts, ends = starts[:count], ends[:count]
    if len(ends):
        filled.start = int(ends[-1])
    when = np.dtype([("seconds", kind.order + "u4"), ("fraction", kind.order + "u4")])
    stamps = gathered(filled.bytes, starts - _RECORD_HEADER, when)
    times_ns = stamps["seconds"].astype(np.int64) * 1_000_000_000 + stamps["fraction"].astype(np.int64) * kind.unit_ns
    return Block(filled.bytes, starts, ends, times_ns, kind.link)


def _believed(filled: _Filled, starts: Places, ends: Places) -> int:
    """How many records are whole, before the first whose length cannot be."""
    too_long = np.flatnonzero(ends - starts > MOST_PACKET_BYTES)
    if len(too_long):
        at = int(too_long[0])
        filled.damage = filled.damage or (
            f"{filled.name}: the packet at byte {filled.place(int(starts[at]) - _RECORD_HEADER):,} "
            f"says that it has {int(ends[at] - starts[at]):,} bytes; at most {MOST_PACKET_BYTES:,} can be"
        )
        return at
    return len(starts) - int(len(starts) > 0 and ends[-1] > filled.end)


def _pcapng(filled: _Filled) -> Iterator[Block]:
    section = Section(filled.name, _BUFFER_BYTES)
    while True:
        taken, found = section.packets(filled.view[: filled.end], filled.start)
        for link, packets in found:
            _check(link, filled.name)
            starts, ends, times_ns = (np.array(column, np.int64) for column in zip(*packets, strict=True))
            yield Block(filled.bytes, starts, ends, times_ns, link)
        filled.start = taken
        if section.damage:
            filled.damage = f"{filled.name}: at byte {filled.place(taken):,}: {section.damage}"
            return
        if not filled.fill():
            return


def _check(link: int, name: str) -> None:
    if link not in LINKS or link < 0:
        raise NotACapture(f"{name}: packets of link type {link} (tcpdump.org/linktypes) are not read; Ethernet is 1")
