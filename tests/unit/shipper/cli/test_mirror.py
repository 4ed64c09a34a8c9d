"""`shipper mirror decode`: captures in, counts, frames, dissections and clear errors out."""

import gzip
import json
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from mirror.capture_writer import FILE_HEADER, records
from mirrored_frames import block_of, ethernet, inner, ipv4, mirrored, udp, vxlan
from shipper.cli.main import run

FRAME = inner(b"hello")
FRAMES = [mirrored(1, FRAME), mirrored(0xFFFFFF, FRAME), mirrored(1, inner(claims=999)), ethernet(b"", 0x0806)]


def capture(path: Path, frames: list[bytes]) -> Path:
    block = block_of(frames)
    path.write_bytes(
        FILE_HEADER + records(block.data, block.starts, block.ends, 1_700_000_000_000_000_000 + block.times_ns)
    )
    return path


def frames_of(data: bytes) -> list[bytes]:
    found, at = [], len(FILE_HEADER)
    assert data[:at] == FILE_HEADER
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        found.append(data[at + 16 : at + 16 + size])
        at += 16 + size
    return found


def tagged(vni: int, frame: bytes) -> bytes:
    return frame[:12] + struct.pack("!HHHH", 0x8100, vni >> 12, 0x8100, vni & 0xFFF) + frame[12:]


@pytest.fixture
def some(tmp_path: Path) -> Path:
    return capture(tmp_path / "some.pcap", FRAMES)


def test_counts_by_vni_and_by_reason(some: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = capture(some.with_name("odd.pcap"), [ethernet(ipv4(udp(vxlan(1, FRAME, flags=0))))])
    assert run(["mirror", "decode", str(some), str(odd), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["vnis"] == {
        "1": {"packets": 2, "bytes": 2 * len(FRAME) + 15},
        "16777215": {"packets": 1, "bytes": len(FRAME)},
    }
    assert (told["frames"], told["mirrored"], told["truncated"]) == (5, 3, 1)
    assert told["dropped"] == {"other": 1, "no_vni": 1}
    assert run(["mirror", "decode", str(some)]) == 0
    said = capsys.readouterr().out
    assert "1 truncated" in said
    assert "16777215" in said


def test_frames_are_written_with_their_vni(some: Path) -> None:
    out = some.with_name("out.pcap")
    assert run(["mirror", "decode", str(some), "--out", str(out), "--filter", "vni=1,0xffffff"]) == 0
    assert frames_of(out.read_bytes()) == [tagged(1, FRAME), tagged(0xFFFFFF, FRAME), tagged(1, inner(claims=999))]
    assert run(["mirror", "decode", str(some), "--out", str(out), "--untagged", "--filter", "vni=0xffffff"]) == 0
    assert frames_of(out.read_bytes()) == [FRAME]


def test_packets_seen_at_both_ends_can_be_left_out(some: Path) -> None:
    out = some.with_name("out.pcap")
    assert run(["mirror", "decode", str(some), "--out", str(out), "--drop-duplicates"]) == 0
    assert frames_of(out.read_bytes()) == [tagged(1, FRAME), tagged(1, inner(claims=999))]


def test_files_are_rotated_by_size(tmp_path: Path) -> None:
    many = [mirrored(number, inner(number.to_bytes(2, "big") * 4000)) for number in range(300)]
    packed = tmp_path / "many.pcap.gz"
    packed.write_bytes(gzip.compress(capture(tmp_path / "many.pcap", many).read_bytes()))
    assert run(["mirror", "decode", str(packed), "--out", str(tmp_path / "out.pcap"), "--rotate-mb", "1"]) == 0
    files = sorted(tmp_path.glob("out-*.pcap"))
    assert [file.name for file in files] == ["out-00001.pcap", "out-00002.pcap", "out-00003.pcap"]
    assert max(file.stat().st_size for file in files) <= 1_000_000
    found = [frame for file in files for frame in frames_of(file.read_bytes())]
    assert found == [tagged(number, inner(number.to_bytes(2, "big") * 4000)) for number in range(300)]


def test_from_standard_input_to_standard_output(some: Path) -> None:
    command = [sys.executable, "-m", "shipper", "mirror", "decode", "-", "--out", "-"]
    with some.open("rb") as stream:
        ran = subprocess.run(command, stdin=stream, capture_output=True, check=True)
    assert len(frames_of(ran.stdout)) == 3
    assert b"4 frames, 3 of them mirrored" in ran.stderr


def test_full_dissection(some: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["mirror", "decode", str(some), "--dissect", "1", "--filter", "vni=0xffffff"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("VNI 16,777,215 (0xffffff), 47 bytes, at 1700000000.000001000")
    assert "10.0.0.1" in said
    assert "hello" in said


def test_a_capture_that_is_cut_is_counted_to_there_and_told(some: Path, capsys: pytest.CaptureFixture[str]) -> None:
    some.write_bytes(some.read_bytes()[:-1])
    assert run(["mirror", "decode", str(some), "--json"]) == 5
    out, said = capsys.readouterr()
    told, _ = json.JSONDecoder().raw_decode(out)
    assert (told["frames"], len(told["damaged"])) == (3, 1)
    assert "ends in the middle of the packet" in said


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["README.md"], 3, "no capture"),
        (["nowhere.pcap"], 3, "nowhere.pcap cannot be read: No such file"),
        (["some.pcap", "--filter", "mac=1"], 3, "no filter"),
        (["some.pcap", "--out", "no/such/folder.pcap"], 3, "cannot be written"),
        (["some.pcap", "--rotate-mb", "5"], 2, "--rotate-mb takes --out FILE"),
        (["some.pcap", "--dissect", "1", "--out", "x"], 2, "one of the two"),
        (["some.pcap", "--out", "/dev/full"], 3, "cannot be written: No space left"),
        ([], 2, "Missing argument"),
    ],
)
def test_what_is_wrong_is_said(
    some: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(some.parent)
    Path("README.md").write_text("# text")
    assert run(["mirror", "decode", *arguments]) == code
    assert said in capsys.readouterr().err
