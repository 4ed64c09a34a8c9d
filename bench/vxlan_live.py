"""The live part of bench/vxlan.py: a sender in its own process, the listener in another, here whoever reads its stream.

Every packet has a number, so what is lost anywhere is known, besides what the kernel counted. All over the loopback.
"""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import _path  # noqa: F401  (must come before mirrored_frames)
import numpy as np

from mirror.capture import blocks
from mirror.frames import HEADROOM, SLACK, gathered, scattered
from mirror.many import Messages
from mirrored_frames import inner, vxlan

FRAME_BYTES = 300
"""With all that a mirrored frame is wrapped in on its way."""
_PAYLOAD = FRAME_BYTES - 42  # what UDP carries: VXLAN and the frame
_NUMBER_AT = 8 + 42  # behind VXLAN and the inner headers; of a tagged frame as well, whose two tags are as long
_BATCH = 256
_TAGGED_BYTES = _PAYLOAD
_NUMBER = np.dtype([("number", "<u8")])


def live(folder: Path, rate: int, seconds: float) -> dict[str, Any]:
    """Sends so many frames a second for so long; how many came out, and how many did not."""
    pipe = folder / "frames"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "shipper", "mirror", "listen", "--address", "127.0.0.1", "--port", "0"]
    command += ["--out", str(pipe), "--buffer-mib", "128"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as listener:  # noqa: S603  (our own command)
        assert listener.stderr  # noqa: S101  (for the type checker)
        line = listener.stderr.readline()
        while '"listening"' not in line:
            line = listener.stderr.readline()
        port = json.loads(line)["sockets"][0].rsplit(" ", 1)[1]
        arguments = [sys.executable, __file__, port, str(rate), str(seconds), str(listener.pid)]
        with pipe.open("rb") as stream, subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as sender:  # noqa: S603  (ourselves)
            received, gaps = _read(stream)
            sent, took = json.loads(sender.communicate()[0])
        before = resource.getrusage(resource.RUSAGE_CHILDREN)  # of children that have ended: the sender has, by now
        told = json.loads(listener.communicate()[0])
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "live_frames_per_second": round(received / took),
        "live_frames_per_processor_second": round(received / processor),
        "live_sent": sent,
        "live_lost": sent - received,
        "live_gaps": gaps,
        "live_kernel_drops": told["kernel_drops"],
    }


def _read(stream: Any) -> tuple[int, int]:
    """Mirrored frames to the end of the stream, and how often a number was not the one after the last."""
    received, gaps, last = 0, 0, -1
    for block in blocks(stream, "the stream"):
        starts = block.starts[block.ends - block.starts == _TAGGED_BYTES]
        if len(starts):
            numbers = gathered(block.data, starts + _NUMBER_AT, _NUMBER)["number"].astype(np.int64)
            gaps += int(np.count_nonzero(np.diff(numbers, prepend=last) != 1))
            received, last = received + len(numbers), int(numbers[-1])
    return received, gaps


def send(port: int, rate: int, seconds: float, listener: int) -> None:
    """Sends at this rate, waits until all may have arrived, ends the listener; prints how many in which time."""
    import socket  # noqa: PLC0415  (the sender's process only)

    packet = vxlan(7 << 12 | 7, inner(bytes(_PAYLOAD - 8 - 42)))
    laid = bytearray(bytes(HEADROOM) + packet * _BATCH + bytes(SLACK))
    data = np.frombuffer(laid, np.uint8)
    starts = HEADROOM + np.arange(_BATCH, dtype=np.int64) * len(packet)
    messages = Messages(_BATCH)
    messages.place(data, starts, len(packet))
    sent, never, numbers = 0, Event(), np.empty(_BATCH, _NUMBER)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", port))
        started = monotonic()
        while (now := monotonic() - started) < seconds:
            if sent > now * rate:
                never.wait((sent / rate) - now)
            numbers["number"] = np.arange(sent, sent + _BATCH)
            scattered(data, starts + _NUMBER_AT, numbers)
            done = 0
            while done < _BATCH:
                done += messages.send(sock, done, _BATCH - done)
            sent += _BATCH
        took = monotonic() - started
    never.wait(5)  # what is in the socket's buffer is read meanwhile
    os.kill(listener, signal.SIGTERM)
    sys.stdout.write(json.dumps([sent, took]) + "\n")


if __name__ == "__main__":
    send(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
