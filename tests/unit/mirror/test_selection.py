"""Frames chosen by VNI, address and port of the inner packet."""

import pytest

from mirror.columns import decode
from mirror.errors import BadSelection
from mirror.outer import Ports
from mirror.selection import selection
from mirrored_frames import block_of, ethernet, inner, inner6, mirrored

FRAMES = [
    mirrored(1, inner()),
    mirrored(0xFFF, inner6()),
    mirrored(2, inner(tags=[7])),
    mirrored(1, ethernet(b"", 0x0806)),
]


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        ([], [0, 1, 2, 3]),
        (["vni=1"], [0, 3]),
        (["vni=0xfff,2"], [1, 2]),
        (["vni=1", "vni=2"], [0, 2, 3]),
        (["addr=10.0.0.2"], [0, 2]),
        (["addr=10.0.0.0/8,fd00::/8"], [0, 1, 2]),
        (["addr=192.0.2.1"], []),
        (["port=2000"], [0, 1, 2]),
        (["port=1000", "vni=1"], [0]),
        (["port=1001"], []),
        (["addr=10.0.0.1", "port=1"], []),
    ],
)
def test_every_name_that_is_given_must_fit(words: list[str], rows: list[int]) -> None:
    block = block_of(FRAMES)
    found = decode(block, Ports())
    assert found.only(selection(words).wanted(block.data, found)).rows.tolist() == rows


@pytest.mark.parametrize(
    "word", ["vni", "mac=1", "vni=", "vni=16777216", "vni=-1", "port=65536", "addr=10.0.0", "addr=x"]
)
def test_what_cannot_be_understood_is_named(word: str) -> None:
    with pytest.raises(BadSelection, match=r"'"):
        selection([word])


def test_any_cut_of_a_frame_is_looked_at_safely() -> None:
    for frame in (inner(tags=[1]), inner6()):
        for size in range(14, len(frame)):
            block = block_of([mirrored(1, frame[:size])])
            found = decode(block, Ports())
            assert selection(["port=1000"]).wanted(block.data, found).tolist() == [size >= len(frame) - 24]
