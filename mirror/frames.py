"""Frames in blocks: one buffer, and for each frame where it lies in it. What decoding, tagging and writing share.

A block's buffer is written to: what a mirrored frame is wrapped in is room enough for what we put before it.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]
"""Byte positions in a block's buffer, or nanoseconds since the epoch."""

HEADROOM: Final = 32
"""Bytes of a buffer before its first frame."""
SLACK: Final = 64
"""Bytes of a buffer behind its last frame, so that a header may be looked at before its length is."""

# https://www.tcpdump.org/linktypes.html
ETHERNET: Final = 1
VXLAN_PAYLOAD: Final = -1
"""A block's frames are what a socket gives: they begin with the VXLAN header. No capture says this."""
GENEVE_PAYLOAD: Final = -2
"""They begin with the GENEVE header."""


class Drop(IntEnum):
    """What becomes of a frame: kept, or why not."""

    KEPT = 0
    OTHER = 1
    CUT = 2
    BAD_HEADER = 3
    OUTER_FRAGMENT = 4
    SHORT = 5
    NO_VNI = 6
    RESERVED_BITS = 7
    SHORT_INNER = 8

    @property
    def said(self) -> str:
        """In words."""
        return _SAID[self]


_SAID: Final = {
    Drop.KEPT: "kept",
    Drop.OTHER: "not sent to a port of mirrored packets",
    Drop.CUT: "outer headers cut off",
    Drop.BAD_HEADER: "outer headers contradict themselves",
    Drop.OUTER_FRAGMENT: "a fragment of an outer packet",
    Drop.SHORT: "no room for a VXLAN header",
    Drop.NO_VNI: "VXLAN header without a valid VNI (flag I)",
    Drop.RESERVED_BITS: "reserved bits of the VXLAN header are set",
    Drop.SHORT_INNER: "no room for an inner Ethernet header",
}


@dataclass(frozen=True, slots=True)
class Block:
    """Frames of one kind, in the order in which they came.

    `data` is writable, with HEADROOM bytes before the first frame and SLACK behind the last. Frame i is
    data[starts[i]:ends[i]], seen at times_ns[i]; `link` says what it begins with. Good until the next is asked for.
    """

    data: Bytes
    starts: Places
    ends: Places
    times_ns: Places
    link: int = ETHERNET


@dataclass(frozen=True, slots=True)
class Mirrored:
    """The mirrored frames of a block, in its buffer: of each its VNI and where it lies.

    `rows` are the frames of the block that they came in. `own_tags` counts 802.1Q tags that a frame has of its own;
    `truncated` frames are shorter than their own IP header says; `reserved` came with reserved bits set. `drops` has a
    Drop for every frame of the block.
    """

    rows: Places
    vnis: Places
    starts: Places
    ends: Places
    own_tags: Places
    truncated: NDArray[np.bool_]
    reserved: NDArray[np.bool_]
    drops: Bytes

    def __len__(self) -> int:
        return len(self.rows)

    def only(self, wanted: NDArray[np.bool_]) -> "Mirrored":
        """The frames that `wanted` marks."""
        places = (self.rows, self.vnis, self.starts, self.ends, self.own_tags)
        rows, vnis, starts, ends, own_tags = (column[wanted] for column in places)
        return Mirrored(rows, vnis, starts, ends, own_tags, self.truncated[wanted], self.reserved[wanted], self.drops)


def windows(data: Bytes, kind: np.dtype[Any]) -> NDArray[Any]:
    """At each position of a buffer the bytes from there on as one value of `kind`; no copy, to be indexed and assigned.

    The value at a position reaches `kind.itemsize` bytes on.
    """
    # As plain bytes ("V"): copying those by index is many times faster than copying structures.
    return np.ndarray((len(data) - kind.itemsize + 1,), dtype=f"V{kind.itemsize}", buffer=data, strides=(1,))


def gathered(data: Bytes, places: Places, kind: np.dtype[Any]) -> NDArray[Any]:
    """A copy of the structure at each of these places."""
    found: NDArray[Any] = windows(data, kind)[places].view(kind)
    return found


def scattered(data: Bytes, places: Places, values: NDArray[Any]) -> None:
    """Writes a structure to each of these places, which must not overlap."""
    windows(data, values.dtype)[places] = values.view(f"V{values.dtype.itemsize}")
