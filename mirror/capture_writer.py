"""Frames of a block as a pcap: a stream (file, FIFO, standard output), or files that are rotated.

Record headers are written into the block's buffer, in the 16 bytes before each frame, so that a frame is copied once.
"""

from collections.abc import Sequence
from io import FileIO
from pathlib import Path
from struct import Struct
from typing import Final, Protocol

import numpy as np

from mirror.frames import ETHERNET, Bytes, Places, scattered

FILE_HEADER: Final = Struct("<IHHiIII").pack(0xA1B2C3D4, 2, 4, 0, 0, 262_144, ETHERNET)  # pcap-savefile(5)
_RECORD = np.dtype([("seconds", "<u4"), ("microseconds", "<u4"), ("captured", "<u4"), ("length", "<u4")])


class FrameWriter(Protocol):
    """Takes the frames of a block."""

    def write(self, data: Bytes, starts: Places, ends: Places, times_ns: Places) -> None:
        """Frames data[starts[i]:ends[i]]; what is before each in the buffer is lost."""

    def close(self) -> None:
        """Everything is with the operating system when this returns."""


class CaptureWriter:
    """One pcap with microseconds. `out` has no buffer of its own: who reads it sees frames at once."""

    def __init__(self, out: FileIO) -> None:
        self._out = out
        try:
            self._put(FILE_HEADER)
        except OSError:
            out.close()
            raise

    def write(self, data: Bytes, starts: Places, ends: Places, times_ns: Places) -> None:
        """Writes them now. Raises OSError."""
        self._put(records(data, starts, ends, times_ns))

    @property
    def number(self) -> int:
        """The file's descriptor."""
        return self._out.fileno()

    def close(self) -> None:
        """Closes what it writes to."""
        self._out.close()

    def _put(self, octets: bytes) -> None:
        left = memoryview(octets)
        while left:  # a pipe may take a part
            left = left[self._out.write(left) :]


class RotatedCapture:
    """Files NAME-00001.pcap and so on, each at most `max_bytes` where a frame fits at all."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._number = 0
        self._written = 0
        self._writer = self._next()

    def write(self, data: Bytes, starts: Places, ends: Places, times_ns: Places) -> None:
        """Fills the file at hand, and as many more as it takes."""
        at = 0
        while at < len(starts):
            reached = self._written + np.cumsum(ends[at:] - starts[at:] + _RECORD.itemsize)
            fit = int(np.searchsorted(reached, self._max_bytes, side="right"))
            if not fit and self._written == len(FILE_HEADER):
                fit = 1
            if fit:
                part = slice(at, at + fit)
                self._writer.write(data, starts[part], ends[part], times_ns[part])
                self._written, at = int(reached[fit - 1]), at + fit
            else:
                self._writer.close()
                self._writer = self._next()

    def close(self) -> None:
        """Closes the file at hand."""
        self._writer.close()

    def _next(self) -> CaptureWriter:
        self._number += 1
        self._written = len(FILE_HEADER)
        name = f"{self._path.stem}-{self._number:05}{self._path.suffix or '.pcap'}"
        return CaptureWriter(self._path.with_name(name).open("wb", buffering=0))


def capture(frames: Sequence[tuple[int, bytes]]) -> bytes:
    """A whole pcap of these: time in nanoseconds since 1970, frame."""
    gap = bytes(_RECORD.itemsize)
    data = np.frombuffer(bytearray(b"".join(gap + frame for _, frame in frames)), np.uint8)
    lengths = np.array([len(frame) for _, frame in frames], np.int64)
    ends = np.cumsum(lengths + _RECORD.itemsize)
    return FILE_HEADER + records(data, ends - lengths, ends, np.array([time for time, _ in frames], np.int64))


def records(data: Bytes, starts: Places, ends: Places, times_ns: Places) -> bytes:
    """Frames with their record headers."""
    heads = np.empty(len(starts), _RECORD)
    heads["seconds"], heads["microseconds"] = times_ns // 1_000_000_000, times_ns // 1000 % 1_000_000
    heads["captured"] = heads["length"] = ends - starts
    scattered(data, starts - _RECORD.itemsize, heads)
    view = data.data
    places = zip((starts - _RECORD.itemsize).tolist(), ends.tolist(), strict=True)
    return b"".join([view[start:end] for start, end in places])
