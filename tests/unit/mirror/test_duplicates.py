"""Packets mirrored at both ends: found under another VNI, soon, and nothing else is."""

import struct
import tracemalloc

import numpy as np

from mirror.columns import decode
from mirror.duplicates import Duplicates
from mirror.outer import Ports
from mirrored_frames import block_of, inner, inner6, mirrored

MS = 1_000_000


def marks(duplicates: Duplicates, frames: list[tuple[int, int, bytes]]) -> list[bool]:
    block = block_of([mirrored(vni, frame) for _, vni, frame in frames])
    times = np.array([time_ms * MS for time_ms, _, _ in frames])
    marked: list[bool] = duplicates.found(block.data, decode(block, Ports()), times).tolist()
    return marked


def hops(frame: bytes, at: int) -> bytes:
    """The same packet, one router later."""
    return frame[:at] + b"\x3f" + frame[at + 1 :]


def numbered(number: int) -> bytes:
    """An IPv4 packet with this id."""
    frame = inner()
    return frame[:18] + struct.pack("!H", number) + frame[20:]


def test_the_same_packet_under_another_vni() -> None:
    assert marks(Duplicates(), [(0, 1, inner()), (1, 2, hops(inner(), 22))]) == [False, True]
    assert marks(Duplicates(), [(0, 1, inner6()), (1, 2, hops(inner6(), 21))]) == [False, True]


def test_across_blocks() -> None:
    duplicates = Duplicates()
    assert marks(duplicates, [(0, 1, inner()), (0, 1, numbered(900))]) == [False, False]
    assert marks(duplicates, [(50, 2, numbered(900)), (99, 2, inner())]) == [True, True]
    assert marks(duplicates, [(300, 3, inner())]) == [False]


def test_no_duplicates_are_the_same_vni_another_packet_and_a_late_one() -> None:
    frames = [(0, 1, inner()), (1, 1, inner()), (2, 2, numbered(8)), (200, 2, inner()), (200, 3, inner6(b"other"))]
    assert marks(Duplicates(), frames) == [False] * 5


def test_frames_too_short_to_tell_are_never_duplicates() -> None:
    assert marks(Duplicates(), [(0, 1, inner()[:41]), (0, 2, inner()[:41])]) == [False, False]


def test_what_is_remembered_is_bounded() -> None:
    """Many blocks take the memory of one."""
    duplicates = Duplicates()
    for number in range(3):
        marks(duplicates, [(0, 1, numbered(at)) for at in range(100)])
        if number == 0:
            tracemalloc.start()
    try:
        for number in range(20):
            marks(duplicates, [(number * 1000, 1, numbered(at)) for at in range(100)])
        assert tracemalloc.get_traced_memory()[0] < 500_000
    finally:
        tracemalloc.stop()
