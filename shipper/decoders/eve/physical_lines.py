"""A chunk's physical lines, and which of them need a closer look before a pattern may be tried on them."""

from collections.abc import Collection, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shipper.identity import MAX_RECORD_BYTES

_LF = 0x0A
_BACKSLASH = b"\\"
_FIRST, _LAST = 0x20, 0x7E
_DELETE = b"\x7f"  # the one ASCII character behind _LAST
_PRINTABLE = bytes(range(_FIRST, _LAST + 1))


class PhysicalLines:
    """The lines of a chunk's bytes, without their ends.

    `cut` are the numbers, from 0, of over-long lines and of the first where it begins before the chunk (`mid_line`).
    `unusual` are these and all that hold a backslash or anything but printable ASCII: no other line holds what JSON
    could write in another way.
    """

    def __init__(self, records: bytes, *, mid_line: bool = False) -> None:
        self._records = records
        self.raws: Sequence[bytes] = records.split(b"\n")
        if not self.raws[-1]:
            self.raws = self.raws[:-1]
        self.cut: Collection[int] = frozenset([0] if mid_line else [])
        if len(records) - len(self.raws) >= MAX_RECORD_BYTES:  # the others are a line end each at least
            long = (number for number, raw in enumerate(self.raws) if len(raw) > MAX_RECORD_BYTES)
            self.cut = frozenset((*self.cut, *long))
        self.unusual = frozenset((*self.cut, *self._unusual()))

    def _unusual(self) -> Sequence[int]:
        each = np.frombuffer(self._records, np.uint8)
        if self._is_printable(each):
            if _BACKSLASH not in self._records:
                return ()
            return [number for number, raw in enumerate(self.raws) if _BACKSLASH in raw]
        found = (each == _BACKSLASH[0]) | (each - np.uint8(_FIRST) > _LAST - _FIRST)
        places = np.flatnonzero(found)
        numbers: Sequence[int] = np.searchsorted(self._ends, places[each[places] != _LF]).tolist()
        return numbers

    def _is_printable(self, each: NDArray[np.uint8]) -> bool:
        """Whether all is printable ASCII but line ends."""
        line_ends = len(self.raws) - (not self._records.endswith(b"\n"))
        printable = self._records.isascii() and _DELETE not in self._records
        return printable and int(np.count_nonzero(each < _FIRST)) == line_ends

    @cached_property
    def _ends(self) -> NDArray[np.intp]:
        return np.flatnonzero(np.frombuffer(self._records, np.uint8) == _LF)

    def offset(self, number: int) -> int:
        """Where a line begins in the chunk."""
        return int(self._ends[number - 1]) + 1 if number else 0


def printable(raw: bytes) -> bool:
    """Whether a line is printable ASCII; it may hold backslashes."""
    return not raw.translate(None, _PRINTABLE)
