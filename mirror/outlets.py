"""Where frames go live: an interface (one end of a veth pair), a pcap stream, other hosts as they came.

Each counts what it could not hand on; none raises for one frame.
"""

import errno
import os
import select
import socket
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import Final

import numpy as np

from mirror.capture_writer import CaptureWriter
from mirror.errors import CannotListen
from mirror.frames import Block, Bytes, Places
from mirror.many import Messages, runs, supported
from mirror.udp import datagram_socket

BATCH: Final = 512
KEEPALIVE: Final = bytes(12) + b"\x88\xb5" + b"flowtap keepalive".ljust(46, b"\0")
"""A frame of nobody: local experimental EtherType 1 (IEEE 802), which Suricata does not decode. It moves time on."""


def _nobody(_event: str) -> None:
    """For those who have nobody to tell."""


class _Sender:
    """Datagrams or frames through one socket. `lost` could not be sent."""

    def __init__(self, sock: socket.socket) -> None:
        self.lost = 0
        self.sent = 0
        self._socket = sock
        self._messages = Messages(BATCH) if supported() else None

    def send(self, data: Bytes, starts: Places, ends: Places) -> None:
        """All of them, in order; one that cannot go is lost, and the others go."""
        for part in runs(len(starts), BATCH):
            if self._messages:
                self._many(self._messages, data, starts[part], ends[part])
            else:
                self._one_by_one(data, starts[part], ends[part])

    def close(self) -> None:
        """Closes the socket."""
        self._socket.close()

    def _many(self, messages: Messages, data: Bytes, starts: Places, ends: Places) -> None:
        messages.place(data, starts, ends - starts)
        at = 0
        while at < len(starts):
            try:
                went = messages.send(self._socket, at, len(starts) - at)
                self.sent += went
                at += went
            except InterruptedError:
                continue
            except OSError:
                self.lost += 1
                at += 1

    def _one_by_one(self, data: Bytes, starts: Places, ends: Places) -> None:
        view = data.data
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            try:
                self._socket.send(view[start:end])
                self.sent += 1
            except OSError:
                self.lost += 1


class Interface(_Sender):
    """Frames onto an interface, whose other end Suricata captures. Linux; takes CAP_NET_RAW.

    Must be there to begin with; one that is made anew later is found again.
    """

    def __init__(self, name: str, tell: Callable[[str], None] = _nobody) -> None:
        if not supported():
            raise CannotListen("frames onto an interface take 64-bit Linux; write a pcap stream with --out instead")
        try:
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        except OSError as trouble:
            raise CannotListen(f"interface {name}: {trouble.strerror}; it takes CAP_NET_RAW") from trouble
        try:
            made.bind((name, 0))
            self._index = socket.if_nametoindex(name)
        except OSError as trouble:
            made.close()
            raise CannotListen(f"interface {name}: {trouble.strerror}") from trouble
        super().__init__(made)
        self.waits = ""
        self._name = name
        self._tell = tell

    def write(self, data: Bytes, starts: Places, ends: Places, times_ns: Places) -> None:
        """Sends the frames of a block; their times do not matter here."""
        del times_ns
        self.send(data, starts, ends)

    def look(self) -> None:
        """Whether the interface is still the same: a socket does not follow its name. Once a second is enough."""
        try:
            index = socket.if_nametoindex(self._name)
            if index != self._index:
                self._socket.bind((self._name, 0))
                self._index = index
        except OSError:
            index = 0
            self._index = 0  # whatever comes next is another one
        waits = "" if index else f"interface {self._name} is gone"
        if waits != self.waits:
            self._tell(waits or f"interface {self._name} is there again")
        self.waits = waits


class Forwarder(_Sender):
    """Datagrams as they came, to another analyser."""

    def __init__(self, host: str, port: int) -> None:
        made, where = datagram_socket(host, port, f"forwarding to {host}")
        try:
            made.connect(where)
        except OSError as trouble:
            made.close()
            raise CannotListen(f"forwarding to {host}: {trouble.strerror}") from trouble
        super().__init__(made)

    def forward(self, block: Block) -> None:
        """All datagrams of a block; before its frames are tagged, for they are changed where they lie."""
        self.send(block.data, block.starts, block.ends)


class Stream:
    """A pcap stream. When its reader goes, what is written is lost until another opens it: that one gets a new pcap.

    `tell` hears of both. Raises BrokenPipeError where `opened` gives nothing any more, ever (`once`).
    """

    def __init__(self, opened: Callable[[], FileIO | None], tell: Callable[[str], None], *, once: bool = False) -> None:
        self.lost = 0
        self._opened = opened
        self._tell = tell
        self._once = once
        self._writer: CaptureWriter | None = None

    def write(self, data: Bytes, starts: Places, ends: Places, times_ns: Places) -> None:
        """Writes the frames of a block; waits for a reader that is slow."""
        writer = self._ready()
        try:
            if writer is not None:
                writer.write(data, starts, ends, times_ns)
                return
        except BrokenPipeError:
            self._gone()
        self.lost += len(starts)

    def keep_alive(self, time_ns: int) -> None:
        """A frame that moves the reader's time on where nothing else does."""
        self._look()
        writer = self._ready()
        data = np.frombuffer(bytearray(bytes(16) + KEEPALIVE), np.uint8)
        try:
            if writer is not None:
                writer.write(data, np.array([16]), np.array([len(data)]), np.array([time_ns]))
        except BrokenPipeError:
            self._gone()

    @property
    def waits(self) -> str:
        """What is waited for."""
        return "" if self._writer else "nobody reads the stream"

    def close(self) -> None:
        """Its reader sees the end."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _ready(self) -> CaptureWriter | None:
        if self._writer is None and (out := self._opened()) is not None:
            try:
                self._writer = CaptureWriter(out)
            except BrokenPipeError:
                return None
            self._tell("the stream has a reader")
        return self._writer

    def _look(self) -> None:
        """Whether the reader has gone: one that comes before this is seen would read on in the middle."""
        if self._writer is None:
            return
        polled = select.poll()
        polled.register(self._writer.number, 0)
        if any(event & select.POLLERR for _, event in polled.poll(0)):
            self._gone()

    def _gone(self) -> None:
        self.close()
        if self._once:
            raise BrokenPipeError
        self._tell("the reader of the stream is gone")


def pipe(path: Path) -> Callable[[], FileIO | None]:
    """Opens a named pipe for a Stream as soon as somebody reads it."""

    def opened() -> FileIO | None:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as trouble:
            if trouble.errno == errno.ENXIO:  # nobody reads it now
                return None
            raise CannotListen(f"{path}: {trouble.strerror}") from trouble
        os.set_blocking(descriptor, True)
        return FileIO(descriptor, "wb")

    return opened
