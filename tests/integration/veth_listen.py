"""Run in a network namespace of its own: packets over its loopback, the listener, a veth pair, what comes out of it.

Prints one line of JSON. The kernel takes the outer tag out of a frame that it hands up and tells it beside it; here it
is put back, as Suricata does.
"""

import json
import socket
import struct
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from mirrored_frames import inner, vxlan

FRAMES = 4000
VNIS = (1, 0xFFF, 0x1000, 0xFFFFFF)
_SOL_PACKET, _AUXDATA, _VLAN_VALID = 263, 8, 1 << 4  # packet(7)


def numbered(number: int) -> bytes:
    return inner(struct.pack("!I", number) + bytes(100 + number % 900))


def expected(number: int) -> bytes:
    frame, vni = numbered(number), VNIS[number % 4]
    return frame[:12] + struct.pack("!HHHH", 0x8100, vni >> 12, 0x8100, vni & 0xFFF) + frame[12:]


def received(captured: socket.socket) -> bytes:
    """The next mirrored frame; others, such as the kernel's own, are passed over."""
    while True:
        frame, control, _, _ = captured.recvmsg(65536, 128)
        for level, kind, told in control:
            if (level, kind) == (_SOL_PACKET, _AUXDATA):
                status, _, _, _, _, tag, _ = struct.unpack("=IIIHHHH", told[:20])
                if status & _VLAN_VALID:
                    frame = frame[:12] + struct.pack("!HH", 0x8100, tag) + frame[12:]
        if frame[:12] == numbered(0)[:12]:
            return frame


def run(command: str) -> None:
    subprocess.run(command.split(), check=True)


def made() -> socket.socket:
    """The veth pair, and a socket that captures what comes out of it."""
    run("ip link add v0 type veth peer name v1")
    run("ip link set v1 mtu 9100 up")
    captured = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    captured.bind(("v1", 0))
    captured.setsockopt(_SOL_PACKET, _AUXDATA, 1)
    captured.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    captured.settimeout(60)
    run("ip link set v0 mtu 9100 up")
    return captured


def heard(process: "subprocess.Popen[str]", event: str) -> None:
    assert process.stderr
    while event not in process.stderr.readline():
        assert process.poll() is None


def main() -> None:
    run("ip link set lo up")
    captured = made()
    command = [sys.executable, "-m", "shipper", "mirror", "listen", "--address", "127.0.0.1", "--interface", "v0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        heard(process, "listening")
        sending = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sending.connect(("127.0.0.1", 4789))
        wrong = count = 0
        for first in range(0, FRAMES, 50):
            for number in range(first, first + 50):
                sending.send(vxlan(VNIS[number % 4], numbered(number)))
            for number in range(first, first + 50):
                count, wrong = count + 1, wrong + (received(captured) != expected(number))
        sending.send(vxlan(1, bytes(9150)))  # longer than the interface takes
        sending.send(vxlan(1, numbered(0)))
        received(captured)
        run("ip link delete v0")
        heard(process, "interface v0 is gone")
        captured.close()
        captured = made()
        heard(process, "interface v0 is there again")
        sending.send(vxlan(VNIS[1], numbered(1)))
        again = received(captured) == expected(1)
        process.terminate()
        out, _ = process.communicate(timeout=60)
    told = json.loads(out)
    sys.stdout.write(
        json.dumps(
            {
                "sent": FRAMES,
                "received": count,
                "wrong": wrong,
                "not_handed_on": told["not_handed_on"],
                "after it was made anew": again,
            }
        )
        + "\n"
    )


if __name__ == "__main__":
    main()
