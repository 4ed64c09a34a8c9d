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
_MOST_KEPT = 1 << 17
_V4 = np.dtype([("skipped", "V12"), ("ethertype", ">u2"), ("words", "<u4", 7)])  # IP and 8 bytes of transport
_V6 = np.dtype([("skipped", "V14"), ("words", "<u4", 12)])
_SERVICE_V4 = int.from_bytes(bytes.fromhex("ff00ffff"), "little")
_SERVICE_V6 = int.from_bytes(bytes.fromhex("f0000000"), "little")
_HOPS_V4 = int.from_bytes(bytes.fromhex("00ff0000"), "little")
_HOPS_V6 = int.from_bytes(bytes.fromhex("ffffff00"), "little")


class Duplicates:
    """Remembers packets of the last 100 ms, bounded in number."""

    def __init__(self, key: bytes | None = None) -> None:
        # Secret, so that nobody can make two packets look like one on purpose.
        self._factors = np.frombuffer(key or token_bytes(96), np.uint64) | np.uint64(1)
        self._marks: NDArray[np.uint64] = np.empty(0, np.uint64)
        self._vnis: Places = np.empty(0, np.int64)
        self._times: Places = np.empty(0, np.int64)

    def found(self, data: Bytes, frames: Mirrored, times_ns: Places) -> NDArray[np.bool_]:
        """Marks frames that came before under another VNI; `times_ns` are those of these frames."""
        repeated = np.zeros(len(frames), np.bool_)
        marks, usable = self._marks_of(data, frames)
        new = np.flatnonzero(usable)
        known = len(self._marks)
        marks = np.concatenate([self._marks, marks[new]])
        vnis, times = np.concatenate([self._vnis, frames.vnis[new]]), np.concatenate([self._times, times_ns[new]])
        order = np.argsort(marks, kind="stable")
        before, after = order[:-1], order[1:]
        same = (marks[before] == marks[after]) & (vnis[before] != vnis[after])
        same &= np.abs(times[after] - times[before]) <= WINDOW_NS
        later = after[same]
        repeated[new[later[later >= known] - known]] = True
        if len(times):
            recent = np.flatnonzero(times >= times.max() - WINDOW_NS)[-_MOST_KEPT:]
            self._marks, self._vnis, self._times = marks[recent], vnis[recent], times[recent]
        return repeated

    def _marks_of(self, data: Bytes, frames: Mirrored) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
        """A hash of each packet, and whether it has one: IP, whole up to its ports, without tags."""
        size = frames.ends - frames.starts
        heads = gathered(data, frames.starts, _V4)
        four = (heads["ethertype"] == IPV4) & (size >= _V4.itemsize)
        six = (heads["ethertype"] == IPV6) & (size >= _V6.itemsize)
        words = heads["words"].astype(np.uint64)
        words[:, 0] &= np.uint64(_SERVICE_V4)
        words[:, 2] &= np.uint64(_HOPS_V4)
        marks = (words * self._factors[:7]).sum(axis=1, dtype=np.uint64)
        at = np.flatnonzero(six)
        if len(at):
            words = gathered(data, frames.starts[at], _V6)["words"].astype(np.uint64)
            words[:, 0] &= np.uint64(_SERVICE_V6)
            words[:, 1] &= np.uint64(_HOPS_V6)
            marks[at] = (words * self._factors).sum(axis=1, dtype=np.uint64)
        return marks, four | six
