"""Many datagrams in one call: recvmmsg(2) and sendmmsg(2) of Linux through ctypes, over slots of one buffer.

The kernel's structures are columns of numpy arrays, so that filling them takes a few calls for a whole batch. They are
laid out for 64-bit Linux; `supported` says whether this is one.
"""

import ctypes
import os
import socket
import struct
import sys
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mirror.frames import Bytes, Places

# recvmmsg(2), recvmsg(2), readv(2): struct iovec, struct mmsghdr with its struct msghdr.
_IOVEC = np.dtype([("base", "u8"), ("length", "u8")])
_MESSAGE = np.dtype({
    "names": ["iov", "iov_count", "control", "control_length", "flags", "length"],
    "formats": ["u8", "u8", "u8", "u8", "u4", "u4"],
    "offsets": [16, 24, 32, 40, 48, 56],
    "itemsize": 64,
})  # fmt: skip
_DONT_WAIT = 0x40
_CUT = 0x20  # MSG_TRUNC: the datagram was longer than its slot
_CONTROL_BYTES = 64
_RXQ_OVFL: Final = 40  # socket(7): datagrams dropped since the socket was opened, with each datagram after a drop
_COUNT = struct.Struct("=QiiI")


def supported() -> bool:
    """Whether the two calls are here."""
    return sys.platform == "linux" and ctypes.sizeof(ctypes.c_void_p) == 8 and sys.byteorder == "little"


def count_drops(sock: socket.socket) -> None:
    """Has the kernel tell how many datagrams it dropped for want of room."""
    sock.setsockopt(socket.SOL_SOCKET, _RXQ_OVFL, 1)


class Messages:
    """Space for messages, each of one part. Not for several threads at once."""

    def __init__(self, count: int, *, control: bool = False) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._parts = np.zeros(count, _IOVEC)
        self._messages = np.zeros(count, _MESSAGE)
        self._control = np.zeros((count, _CONTROL_BYTES), np.uint8)
        self._messages["iov"] = self._parts.ctypes.data + np.arange(count) * _IOVEC.itemsize
        self._messages["iov_count"] = 1
        if control:
            self._messages["control"] = self._control.ctypes.data + np.arange(count) * _CONTROL_BYTES

    def __len__(self) -> int:
        return len(self._messages)

    def place(self, data: Bytes, starts: Places, lengths: "Places | int") -> None:
        """Message i is, or will be, data[starts[i]:][:lengths[i]]; the caller keeps the buffer."""
        count = len(starts)
        self._parts["base"][:count] = data.ctypes.data + starts
        self._parts["length"][:count] = lengths

    def receive(self, sock: socket.socket) -> tuple[Places, NDArray[np.bool_], int | None]:
        """What has arrived already: lengths, which were longer than their slot, and the kernel's drops if it told."""
        self._messages["control_length"] = _CONTROL_BYTES
        count = self._call("recvmmsg", sock, 0, len(self), _DONT_WAIT, None)
        got = self._messages[: max(count, 0)]
        drops = None
        for control, size in zip(self._control[: len(got)][::-1], got["control_length"][::-1].tolist(), strict=True):
            if size >= _COUNT.size:  # the last that has one has the highest
                drops = _drops(bytes(control[:size]))
                break
        return got["length"].astype(np.int64), (got["flags"] & _CUT) != 0, drops

    def send(self, sock: socket.socket, first: int, count: int) -> int:
        """Sends placed messages from `first` on; how many went. Raises OSError where the first of them cannot go."""
        sent = self._call("sendmmsg", sock, first, count, 0)
        if sent < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return sent

    def _call(self, name: str, sock: socket.socket, first: int, count: int, flags: int, *more: Any) -> int:
        address = ctypes.c_void_p(self._messages.ctypes.data + first * _MESSAGE.itemsize)
        result: int = getattr(self._libc, name)(sock.fileno(), address, ctypes.c_uint(count), flags, *more)
        return result


def runs(total: int, most: int) -> Iterator[slice]:
    """`total` in parts of at most `most`."""
    return (slice(at, min(at + most, total)) for at in range(0, total, most))


def _drops(control: bytes) -> int | None:
    """The kernel's count in a control message, cmsg(3)."""
    size, level, kind, count = _COUNT.unpack_from(control)
    return count if (level, kind) == (socket.SOL_SOCKET, _RXQ_OVFL) and size >= _COUNT.size else None
