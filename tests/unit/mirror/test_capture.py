"""Captures of every kind as the same frames; damaged and strange ones told for what they are."""

import gzip
import io
import struct
from collections.abc import Sequence

import numpy as np
import pytest

from mirror.capture import MOST_PACKET_BYTES, blocks
from mirror.capture_writer import FILE_HEADER, records
from mirror.errors import CaptureDamaged, NotACapture
from mirrored_frames import block_of, inner, mirrored

FRAMES = [mirrored(number, inner(b"p" * (number % 700))) for number in range(9000)]  # more than a buffer holds
TIMES = [1_700_000_000_000_000_000 + number * 1_000_001_000 for number in range(len(FRAMES))]


def pcap(frames: Sequence[bytes], *, order: str = "<", unit_ns: int = 1000, link: int = 1) -> bytes:
    magic = 0xA1B2C3D4 if unit_ns == 1000 else 0xA1B23C4D
    made = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link)]
    for frame, time_ns in zip(frames, TIMES, strict=False):
        seconds, rest = divmod(time_ns, 1_000_000_000)
        made += [struct.pack(order + "IIII", seconds, rest // unit_ns, len(frame), len(frame)), frame]
    return b"".join(made)


def ng_block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + size + body + size


def pcapng(frames: Sequence[bytes], *, order: str = "<", kind: int = 6, resolution: bytes = b"\x09") -> bytes:
    section = ng_block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    option = struct.pack(order + "HH", 9, 1) + resolution + bytes(3) if resolution else b""
    made = [section, ng_block(order, 1, struct.pack(order + "HHI", 1, 0, 0) + option), ng_block(order, 5, bytes(12))]
    for frame, time_ns in zip(frames, TIMES, strict=False):
        units = time_ns if resolution == b"\x09" else time_ns // 1000
        number = struct.pack(order + ("I" if kind == 6 else "HH"), *((0,) if kind == 6 else (0, 0)))
        head = number + struct.pack(order + "IIII", units >> 32, units & 0xFFFFFFFF, len(frame), len(frame))
        made.append(ng_block(order, kind, head + frame))
    return b"".join(made)


def read(data: bytes) -> list[tuple[int, bytes]]:
    found = []
    for block in blocks(io.BufferedReader(io.BytesIO(data)), "some.pcap"):
        rows = zip(block.times_ns.tolist(), block.starts.tolist(), block.ends.tolist(), strict=True)
        found += [(time_ns, bytes(block.data[start:end])) for time_ns, start, end in rows]
    return found


@pytest.mark.parametrize(
    "data",
    [
        pcap(FRAMES),
        pcap(FRAMES, order=">"),
        pcap(FRAMES, unit_ns=1),
        pcapng(FRAMES),
        pcapng(FRAMES, order=">", resolution=b""),
        pcapng(FRAMES, kind=2),
        pcapng(FRAMES[:4000]) + pcapng(FRAMES[:0], order=">") + pcapng(FRAMES, order=">")[80 + 28 :][:0],
    ],
    ids=["pcap", "big endian", "nanoseconds", "pcapng", "pcapng big endian, default units", "old blocks", "sections"],
)
def test_the_same_frames_whatever_the_file(data: bytes) -> None:
    found = read(data)
    assert [frame for _, frame in found] == FRAMES[: len(found)]
    assert [time_ns for time_ns, _ in found] == TIMES[: len(found)]
    assert len(found) in {len(FRAMES), 4000}
    assert read(gzip.compress(data, 1)) == found


def test_simple_packets_have_no_time_of_their_own() -> None:
    data = pcapng(FRAMES[5:6]) + ng_block("<", 3, struct.pack("<I", 300) + b"q" * 300)
    assert read(data)[-1] == (TIMES[0], b"q" * 300)


def test_units_of_two_and_an_offset() -> None:
    section = pcapng([])[:28]
    options = struct.pack("<HHBxxxHHq", 9, 1, 0x80 | 10, 14, 8, 1000)
    packet = struct.pack("<IIIII", 0, 0, 5 << 10 | 512, 4, 4) + b"abcd"
    data = section + ng_block("<", 1, struct.pack("<HHI", 1, 0, 0) + options) + ng_block("<", 6, packet)
    assert read(data) == [(1005_500_000_000, b"abcd")]


@pytest.mark.parametrize("whole", [pcap(FRAMES[:50]), pcapng(FRAMES[:50]), gzip.compress(pcap(FRAMES[:50]))])
def test_what_is_whole_is_given_before_the_end_is_told(whole: bytes) -> None:
    found: list[int] = []
    with pytest.raises(CaptureDamaged, match=r"some\.pcap: .*(ends in the middle of|cut off)"):
        found.extend(len(block.starts) for block in blocks(io.BufferedReader(io.BytesIO(whole[:-9])), "some.pcap"))
    assert sum(found) in {49, 50}  # of the gzip only the checksum is gone


def test_a_length_that_cannot_be_ends_the_capture() -> None:
    data = pcap(FRAMES[:3])
    place = len(data)
    data += struct.pack("<IIII", 1, 1, MOST_PACKET_BYTES + 1, 1) + bytes(MOST_PACKET_BYTES + 1)
    data += pcap(FRAMES[:2])[24:]
    found: list[int] = []
    with pytest.raises(CaptureDamaged, match=f"at byte {place:,} says that it has 262,145 bytes"):
        found.extend(len(block.starts) for block in blocks(io.BufferedReader(io.BytesIO(data)), "some.pcap"))
    assert found == [3]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"PK\x03\x04rest", "no capture, it begins with 50 4b 03 04"),
        (b"\x34\xcd\xb2\xa1" + bytes(20), "modified"),
        (pcap([], link=105), "link type 105"),
        (pcap([], link=0xFFFF), "link type 65535"),
        (gzip.compress(b"text"), "no capture"),
        (b"\x1f\x8bnot gzip at all", "compression"),
    ],
)
def test_what_is_no_capture_is_told(data: bytes, said: str) -> None:
    with pytest.raises(NotACapture, match=said):
        read(data)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data: data[:8] + b"\0\0\0\0" + data[12:], "byte order"),
        (lambda data: data + struct.pack("<III", 6, 1 << 30, 0), "1,073,741,824 bytes"),
        (lambda data: data + struct.pack("<III", 7, 12, 13), "two lengths"),
        (lambda data: data + ng_block("<", 6, struct.pack("<IIIII", 9, 0, 0, 0, 0)), "not described"),
        (lambda data: data + ng_block("<", 6, struct.pack("<IIIII", 0, 0, 0, 99, 0)), "longer than its block"),
        (lambda data: data + ng_block("<", 6, struct.pack("<IIIII", 0, 1 << 31, 0, 0, 0)), "time cannot be"),
    ],
)
def test_a_damaged_pcapng_is_told(spoil: "type[bytes]", said: str) -> None:
    with pytest.raises(CaptureDamaged, match=said):
        read(spoil(pcapng(FRAMES[:2])))


def test_what_is_written_is_read_again() -> None:
    block = block_of(FRAMES[:100])
    data = FILE_HEADER + records(block.data, block.starts, block.ends, np.array(TIMES[:100]))
    assert read(data) == list(zip(TIMES[:100], FRAMES[:100], strict=True))
