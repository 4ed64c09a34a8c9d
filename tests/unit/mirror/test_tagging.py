"""A VNI as two tags on the frame, and nothing else of it changed."""

import struct

import pytest

from mirror.columns import decode
from mirror.frames import VXLAN_PAYLOAD
from mirror.outer import Ports
from mirror.tagging import tag
from mirrored_frames import MACS, block_of, inner, mirrored, vxlan

VNIS = [0, 1, 0xFFF, 0x1000, 0x123456, 0xFFF000, 0xFFFFFF]


def tagged(frames: list[bytes], **kind: int) -> list[bytes]:
    block = block_of(frames, **kind)
    starts, ends = tag(block.data, decode(block, Ports()))
    return [bytes(block.data[start:end]) for start, end in zip(starts, ends, strict=True)]


def expected(vni: int, frame: bytes) -> bytes:
    return MACS + struct.pack("!HHHH", 0x8100, vni >> 12, 0x8100, vni & 0xFFF) + frame[12:]


def test_twelve_bits_in_each_tag() -> None:
    frame = inner()
    assert tagged([mirrored(vni, frame) for vni in VNIS]) == [expected(vni, frame) for vni in VNIS]
    assert tagged([vxlan(vni, frame) for vni in VNIS], link=VXLAN_PAYLOAD) == [expected(vni, frame) for vni in VNIS]


@pytest.mark.parametrize("own", [[], [100], [100, 200], [100, 200, 300], [100, *range(300)]])
def test_of_the_own_tags_the_outermost_stays(own: list[int]) -> None:
    frames = [inner(b"a" * 60, tags=own), inner(b"b" * 60)]
    kept = inner(b"a" * 60, tags=own[:1])
    assert tagged([mirrored(0xABCDEF, frame) for frame in frames]) == [
        expected(0xABCDEF, kept),
        expected(0xABCDEF, frames[1]),
    ]


def test_a_frame_of_nothing_but_its_header() -> None:
    assert tagged([mirrored(5, MACS + b"\x08\x06")]) == [expected(5, MACS + b"\x08\x06")]
