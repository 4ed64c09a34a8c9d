"""A UDP socket on which mirrored packets arrive: datagrams in, blocks of frames out. What was lost is counted.

At most once: what finds no room in the socket's buffer is gone. The kernel counts it.
"""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import numpy as np

from mirror.errors import CannotListen
from mirror.frames import SLACK, VXLAN_PAYLOAD, Block, Bytes, Places
from mirror.many import Messages, count_drops, supported
from mirror.udp import datagram_socket

SLOT_BYTES: Final = 9216
"""The largest datagram on a network with jumbo frames, and room to spare."""
BATCH: Final = 512
_GAP = 32  # before each slot: a record header of a pcap is written there
_RCVBUFFORCE = 33  # socket(7): beyond net.core.rmem_max, for CAP_NET_ADMIN


class Inlet:
    """One socket. `kernel_drops` are datagrams that found no room; `cut` those longer than a slot."""

    def __init__(
        self, address: str, port: int, *, link: int = VXLAN_PAYLOAD, buffer_bytes: int = 64 << 20,
        clock_ns: Callable[[], int] = time.time_ns, plain: bool = False,
    ) -> None:  # fmt: skip
        self.kernel_drops = 0
        self.cut = 0
        self._link = link
        self._clock_ns = clock_ns
        self.socket = _bound(address, port)
        self.buffer_bytes = _enlarged(self.socket, buffer_bytes)
        self._starts: Places = np.arange(BATCH, dtype=np.int64) * (_GAP + SLOT_BYTES) + _GAP
        self._data: Bytes = np.zeros(BATCH * (_GAP + SLOT_BYTES) + _GAP + SLACK, np.uint8)
        self._messages: Messages | None = None
        if supported() and not plain:
            count_drops(self.socket)
            self._messages = Messages(BATCH, control=True)
            self._messages.place(self._data, self._starts, SLOT_BYTES)

    def receive(self) -> Block | None:
        """What has arrived, at most a batch; None if nothing has. Good until the next call."""
        lengths = self._many() if self._messages else self._one_by_one()
        if not len(lengths):
            return None
        starts = self._starts[: len(lengths)]
        times_ns = np.full(len(lengths), self._clock_ns(), np.int64)
        return Block(self._data, starts, starts + lengths, times_ns, self._link)

    def close(self) -> None:
        """Nothing is received any more."""
        self.socket.close()

    def _many(self) -> Places:
        assert self._messages is not None  # noqa: S101  (for the type checker)
        lengths, cut, drops = self._messages.receive(self.socket)
        self.cut += int(np.count_nonzero(cut))
        if drops is not None:
            self.kernel_drops = drops
        return lengths

    def _one_by_one(self) -> Places:
        view, lengths = self._data.data, list[int]()
        with suppress(BlockingIOError):
            for start in self._starts.tolist():
                lengths.append(self.socket.recv_into(view[start : start + SLOT_BYTES]))
        return np.array(lengths, np.int64)


def _bound(address: str, port: int) -> socket.socket:
    made, where = datagram_socket(address, port, address)
    try:
        if made.family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.setblocking(False)
        made.bind(where)
    except OSError as trouble:
        made.close()
        raise CannotListen(f"{address} port {port}: {trouble.strerror}") from trouble
    return made


def _enlarged(sock: socket.socket, wanted: int) -> int:
    """Asks for a receive buffer; what the kernel gave, as it counts."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, wanted)
    with suppress(OSError):  # without CAP_NET_ADMIN net.core.rmem_max is the most
        sock.setsockopt(socket.SOL_SOCKET, _RCVBUFFORCE, wanted)
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
