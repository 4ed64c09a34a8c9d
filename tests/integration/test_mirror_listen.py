"""Mirrored packets over UDP on the loopback, through `shipper mirror listen`: every frame, in order, whole."""

import json
import os
import shutil
import socket
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from integration.containers import wait_for
from mirror.capture_writer import FILE_HEADER
from mirror.outlets import KEEPALIVE
from mirror.receive import Inlet
from mirrored_frames import geneve, inner, ipv4, udp, vxlan

FRAMES = 2000
VNIS = (1, 0xFFF, 0x1000, 0xFFFFFF)


@contextmanager
def listening(*more: str, port: str = "0", address: str = "127.0.0.1") -> Iterator["Listener"]:
    command = [sys.executable, "-m", "shipper", "mirror", "listen", "--address", address, "--port", port, *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        listener = Listener(process)
        try:
            yield listener
        finally:
            if process.poll() is None:
                process.kill()


class Listener:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert process.stderr
        first = process.stderr.readline()
        while first and not first.startswith("{"):  # a remark on the buffer comes before
            first = process.stderr.readline()
        self.ports = [int(where.rsplit(" ", 1)[1]) for where in json.loads(first)["sockets"]]

    def hears(self, event: str) -> str:
        """Waits until it says so; the line."""
        assert self.process.stderr
        for said in self.process.stderr:
            if event in said:
                return said
        raise AssertionError(event)

    def stop(self) -> dict[str, Any]:
        self.process.terminate()
        out, err = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, err
        told: dict[str, Any] = json.loads(out)
        return told


class Reader:
    """Reads a pcap stream to its end in a thread, so that a pipe never fills."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = bytearray()
        self._at, self._counted = len(FILE_HEADER), 0
        self._thread = Thread(target=self._follow)
        self._thread.start()

    def _follow(self) -> None:
        with self._path.open("rb", buffering=0) as stream:
            while part := stream.read(1 << 16):
                self._read += part

    def count(self) -> int:
        """Frames so far, each looked at once."""
        while len(self._read) >= self._at + 16:
            size = struct.unpack_from("<I", self._read, self._at + 8)[0]
            if len(self._read) < self._at + 16 + size:
                break
            self._counted += self._read[self._at + 16 : self._at + 16 + size] != KEEPALIVE
            self._at += 16 + size
        return self._counted

    def frames(self) -> list[bytes]:
        """Whole frames so far, keepalives left out."""
        data, found, at = bytes(self._read), [], len(FILE_HEADER)
        while at + 16 <= len(data):
            size = struct.unpack_from("<I", data, at + 8)[0]
            if at + 16 + size > len(data):
                break
            found.append(data[at + 16 : at + 16 + size])
            at += 16 + size
        return [frame for frame in found if frame != KEEPALIVE]

    def keepalives(self) -> int:
        return bytes(self._read).count(KEEPALIVE)

    def ended(self) -> list[bytes]:
        self._thread.join(60)
        assert not self._thread.is_alive()
        return self.frames()


def tagged(vni: int, frame: bytes) -> bytes:
    return frame[:12] + struct.pack("!HHHH", 0x8100, vni >> 12, 0x8100, vni & 0xFFF) + frame[12:]


def numbered(number: int) -> bytes:
    return inner(struct.pack("!I", number) + bytes(100 + number % 900))


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "frames"
    os.mkfifo(path)
    return path


def sender(port: int, address: str = "127.0.0.1") -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    made.connect((address, port))
    return made


def test_every_frame_comes_out_in_order(pipe: Path) -> None:
    with listening("--out", str(pipe)) as listener, sender(listener.ports[0]) as sending:
        reader = Reader(pipe)
        for number in range(FRAMES):
            sending.send(vxlan(VNIS[number % 4], numbered(number)))
            if number % 50 == 49:  # so few fit into the buffer that any socket has
                wait_for(lambda number=number: reader.count() > number, 120, lambda: f"{reader.count()} frames")
        sending.send(b"junk")
        told = listener.stop()
        assert reader.ended() == [tagged(VNIS[number % 4], numbered(number)) for number in range(FRAMES)]
    assert (told["frames"], told["mirrored"], told["dropped"]) == (FRAMES + 1, FRAMES, {"short": 1})
    assert (told["kernel_drops"], told["not_handed_on"]) == (0, 0)
    assert {int(vni): each["packets"] for vni, each in told["vnis"].items()} == dict.fromkeys(VNIS, FRAMES // 4)


@pytest.mark.parametrize("how", ["--count-duplicates", "--no-count-duplicates"])
def test_packets_of_both_ends_are_counted_and_passed_on(pipe: Path, how: str) -> None:
    pairs = 50
    with listening("--out", str(pipe), how) as listener, sender(listener.ports[0]) as sending:
        reader = Reader(pipe)
        for number in range(pairs):
            for vni in VNIS[:2]:
                sending.send(vxlan(vni, numbered(number)))
        wait_for(lambda: reader.count() == 2 * pairs, 120, lambda: f"{reader.count()} frames")
        told = listener.stop()
    reader.ended()
    # On a machine that stands still for 100 ms a pair is two packets.
    assert told["duplicates"] in (range(1, pairs + 1) if how == "--count-duplicates" else (0,))


def test_whoever_reads_next_gets_a_pcap_of_its_own_and_a_sign_of_life(pipe: Path) -> None:
    with listening("--out", str(pipe)) as listener, sender(listener.ports[0]) as sending:
        with pipe.open("rb", buffering=0) as first:
            assert first.read(len(FILE_HEADER)) == FILE_HEADER
            assert first.read(16 + len(KEEPALIVE)).endswith(KEEPALIVE)  # nothing was sent
        listener.hears("the reader of the stream is gone")
        second = Reader(pipe)
        frame = numbered(1)

        def arrives() -> bool:  # those that the gone reader was to get are lost, and told
            sending.send(vxlan(7, frame))
            return second.count() > 0

        wait_for(arrives, 60, lambda: "nothing arrives")
        told = listener.stop()
        found = second.ended()
        assert {*found} == {tagged(7, frame)}
        assert told["not_handed_on"] + len(found) == told["mirrored"]


def test_packets_are_passed_on_as_they_came(pipe: Path) -> None:
    packets = [vxlan(vni, numbered(vni), flags=0x88000000) for vni in VNIS] + [b"junk"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        other.settimeout(60)
        to = f"127.0.0.1:{other.getsockname()[1]}"
        with (
            listening("--out", str(pipe), "--forward", to, "--untagged") as listener,
            sender(listener.ports[0]) as sending,
        ):
            reader = Reader(pipe)
            wait_for(lambda: reader.keepalives() > 0, 60, lambda: "no keepalive")
            for packet in packets:
                sending.send(packet)
            assert [other.recv(65536) for _ in packets] == packets
            told = listener.stop()
            assert reader.ended() == [numbered(vni) for vni in VNIS]
    assert (told["forwarded"], told["not_forwarded"], told["reserved_bits"]) == (5, 0, 4)


def got(url: str) -> tuple[int, str]:
    try:
        with urlopen(url, timeout=30) as answer:  # noqa: S310  (ours, on loopback)
            return answer.status, answer.read().decode()
    except HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def test_it_can_be_watched_while_it_listens(pipe: Path, tmp_path: Path) -> None:
    figures = tmp_path / "mirror.json"
    more = ("--http", "127.0.0.1:0", "--figures", str(figures), "--status-seconds", "0.2", "--name", "sensor-7")
    with listening("--out", str(pipe), *more) as listener, sender(listener.ports[0]) as sending:
        url = json.loads(listener.hears('"serving"'))["metrics"].removesuffix("/metrics")
        wait_for(lambda: got(f"{url}/healthz")[0] == 503, 60, lambda: got(f"{url}/healthz")[1])
        assert "nobody reads the stream" in got(f"{url}/healthz")[1]
        reader = Reader(pipe)
        wait_for(lambda: got(f"{url}/healthz")[0] == 200, 60, lambda: got(f"{url}/healthz")[1])
        for number in range(40):
            sending.send(vxlan(VNIS[number % 4], numbered(number)))
        sending.send(b"junk")
        counted = 'flowtap_mirror_vni_packets_total{vni="16777215"} 10.0'
        wait_for(lambda: counted in got(f"{url}/metrics")[1], 60, lambda: got(f"{url}/metrics")[1])
        listener.stop()
        reader.ended()
    told = [json.loads(line) for line in figures.read_text().splitlines()]
    assert {(each["event_type"], each["host"]) for each in told} == {("mirror", "sensor-7")}
    of_listener = [each["listener"] for each in told if "vlan" not in each]
    assert sum(each["mirrored"] for each in of_listener) == 40
    assert sum(each["dropped_by"].get("short", 0) for each in of_listener) == 1
    of_vnis = Counter[int]()
    for each in told:
        if "vlan" in each:
            of_vnis[each["vlan"][0] << 12 | each["vlan"][1]] += each["listener"]["packets"]
    assert of_vnis == dict.fromkeys(VNIS, 10)


def test_a_stream_on_standard_output_ends_with_its_reader() -> None:
    command = [
        sys.executable,
        "-m",
        "shipper",
        "mirror",
        "listen",
        "--address",
        "127.0.0.1",
        "--port",
        "0",
        "--out",
        "-",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout
        assert process.stdout.read(len(FILE_HEADER)) == FILE_HEADER
        process.stdout.close()
        assert process.wait(60) == 141


def test_geneve_and_ipv6(pipe: Path) -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("no IPv6 on the loopback")
        free = probe.getsockname()[1]
    with listening("--out", str(pipe), "--geneve-port", str(free), address="::1") as listener:
        reader = Reader(pipe)
        wait_for(lambda: reader.keepalives() > 0, 60, lambda: "no keepalive")
        vxlan_port, geneve_port = listener.ports
        with sender(geneve_port, "::1") as sending:
            sending.send(geneve(ipv4(udp(vxlan(9, numbered(1)))), options=bytes(32)))
        wait_for(lambda: reader.count() == 1, 60, lambda: "nothing arrives")
        with sender(vxlan_port, "::1") as sending:
            sending.send(vxlan(8, numbered(2)))
        wait_for(lambda: reader.count() == 2, 60, lambda: "nothing arrives")
        listener.stop()
        assert reader.ended() == [tagged(9, numbered(1)), tagged(8, numbered(2))]


@pytest.mark.parametrize("plain", [False, True], ids=["many at once", "one by one"])
def test_a_socket_gives_blocks_and_what_found_no_room_is_counted(plain: bool) -> None:
    inlet = Inlet("127.0.0.1", 0, buffer_bytes=1 << 16, plain=plain)
    with sender(inlet.socket.getsockname()[1]) as sending:
        for number in range(3000):
            sending.send(numbered(number))
        got = [frame for _ in range(10) for frame in taken(inlet)]
        sending.send(b"last")  # the kernel tells of drops with a datagram after them
        got += taken(inlet)
    inlet.close()
    assert got == [*(numbered(number) for number in range(len(got) - 1)), b"last"]
    assert 0 < len(got) < 3000
    assert inlet.kernel_drops == (0 if plain else 3001 - len(got))


def taken(inlet: Inlet) -> list[bytes]:
    block = inlet.receive()
    if block is None:
        return []
    return [bytes(block.data[start:end]) for start, end in zip(block.starts, block.ends, strict=True)]


def test_a_datagram_longer_than_its_slot_is_counted() -> None:
    inlet = Inlet("127.0.0.1", 0)
    with sender(inlet.socket.getsockname()[1]) as sending:
        sending.send(bytes(20_000))
    assert [len(frame) for frame in taken(inlet)] == [9216]
    inlet.close()
    assert inlet.cut == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--address", "192.0.2.1", "--out", "x"], 3, "192.0.2.1 port 4789: Cannot assign requested address"),
        (["--address", "127.0.0.1", "--interface", "nosuch0"], 3, "interface nosuch0: "),
        (["--address", "127.0.0.1"], 2, "one of --interface and --out"),
        (["--address", "127.0.0.1", "--out", "x", "--forward", "here"], 2, "HOST:PORT is needed"),
        (["--address", "127.0.0.1", "--out", "x", "--interface", "lo"], 2, "one of --interface and --out"),
    ],
)
def test_what_cannot_be_listened_to_is_said(arguments: list[str], code: int, said: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "shipper", "mirror", "listen", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == code, ran.stderr
    assert said in ran.stderr


def test_an_interface_gets_every_frame_with_its_tags() -> None:
    """On a veth pair of a network namespace of its own, which ends with the process."""
    script = Path(__file__).with_name("veth_listen.py")
    if os.geteuid() or not all(map(shutil.which, ("unshare", "ip"))):
        pytest.skip("takes root, unshare and ip")
    ran = subprocess.run(
        ["unshare", "--net", sys.executable, script], capture_output=True, text=True, check=False, timeout=240
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told == {"sent": 4000, "received": 4000, "wrong": 0, "not_handed_on": 1, "after it was made anew": True}
