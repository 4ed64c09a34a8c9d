"""Packets that were mirrored at both of their ends: the same packet soon again under another VNI.

Told by what a packet does not change on its way (facts of RFC 791 and RFC 8200: all but hops, checksum and service) and
the first bytes of its transport header. A retransmission has another IP id or comes under the same VNI. In overlapping
networks two packets may look alike and be two, so nothing is removed unless asked.
"""

from secrets import token_bytes
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mirror.frames import Bytes, Mirrored, Places, gathered
from mirror.outer import IPV4, IPV6

WINDOW_NS: Final = 100_000_000
_PLACES_BITS = 18
_V4 = np.dtype([("skipped", "V12"), ("ethertype", ">u2"), ("words", "<u4", 7)])  # IP and 8 bytes of transport
_V6 = np.dtype([("skipped", "V14"), ("words", "<u4", 12)])
_SERVICE_V4 = int.from_bytes(bytes.fromhex("ff00ffff"), "little")
_SERVICE_V6 = int.from_bytes(bytes.fromhex("f0000000"), "little")
_HOPS_V4 = int.from_bytes(bytes.fromhex("00ff0000"), "little")
_HOPS_V6 = int.from_bytes(bytes.fromhex("ffffff00"), "little")


class Duplicates:
    """Remembers packets of the last 100 ms in a table of fixed size: where very many come, a few are forgotten."""

    def __init__(self, key: bytes | None = None) -> None:
        # Secret, so that nobody can make two packets look like one on purpose.
        self._factors = np.frombuffer(key or token_bytes(96), np.uint64) | np.uint64(1)
        self._marks = np.zeros(1 << _PLACES_BITS, np.uint64)
        self._vnis = np.zeros(1 << _PLACES_BITS, np.int64)
        self._times = np.full(1 << _PLACES_BITS, np.iinfo(np.int64).min // 2, np.int64)

    def found(self, data: Bytes, frames: Mirrored, times_ns: Places) -> NDArray[np.bool_]:
        """Marks frames that came before under another VNI; `times_ns` are those of these frames."""
        repeated = np.zeros(len(frames), np.bool_)
        marks, usable = self._marks_of(data, frames)
        rows = np.flatnonzero(usable)
        marks, vnis, times = marks[rows], frames.vnis[rows], times_ns[rows]
        places = (marks >> np.uint64(64 - _PLACES_BITS)).astype(np.int64)
        seen = (self._marks[places] == marks) & (self._vnis[places] != vnis)
        repeated[rows[seen & (np.abs(times - self._times[places]) <= WINDOW_NS)]] = True
        order = np.argsort(marks, kind="stable")
        before, after = order[:-1], order[1:]
        same = (marks[before] == marks[after]) & (vnis[before] != vnis[after])
        repeated[rows[after[same & (np.abs(times[after] - times[before]) <= WINDOW_NS)]]] = True
        self._marks[places], self._vnis[places], self._times[places] = marks, vnis, times
        return repeated

    def _marks_of(self, data: Bytes, frames: Mirrored) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
        """A hash of each packet, and whether it has one: IP, whole up to its ports, without tags."""
        size = frames.ends - frames.starts
        heads = gathered(data, frames.starts, _V4)
        four = (heads["ethertype"] == IPV4) & (size >= _V4.itemsize)
        six = (heads["ethertype"] == IPV6) & (size >= _V6.itemsize)
        marks = self._hash(heads["words"], {0: _SERVICE_V4, 2: _HOPS_V4})
        at = np.flatnonzero(six)
        if len(at):
            words = gathered(data, frames.starts[at], _V6)["words"]
            marks[at] = self._hash(words, {0: _SERVICE_V6, 1: _HOPS_V6})
        return marks, four | six

    def _hash(self, words: NDArray[np.uint32], masks: dict[int, int]) -> NDArray[np.uint64]:
        """Of each row: the sum of its words, each with a secret factor."""
        total = np.zeros(len(words), np.uint64)
        for column in range(words.shape[1]):
            word = words[:, column].astype(np.uint64)
            total += (word & np.uint64(masks[column]) if column in masks else word) * self._factors[column]
        return total
