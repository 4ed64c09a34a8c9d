"""What the mirror session sends is what a decoder of mirrored packets gives back, frame by frame."""

import json
from pathlib import Path

import pytest

from demo import network as cast
from demo.packets import packets
from demo.sample import connection, mirrored
from demo.session import VNI, inventory, sent
from mirror.capture import blocks
from mirror.decoding import Decoding, Wanted
from mirror.inventory import read_inventory

START = 1_772_600_767


@pytest.fixture(scope="module")
def capture() -> bytes:
    return mirrored(connection(START))


def test_every_frame_comes_out_as_it_was_and_when_it_was(capture: bytes, tmp_path: Path) -> None:
    (tmp_path / "sent.pcap").write_bytes(sent(capture))
    decoding = Decoding(Wanted())
    found = []
    with (tmp_path / "sent.pcap").open("rb") as stream:
        for block in blocks(stream, "sent.pcap"):
            frames = decoding.chosen(block)
            assert {*frames.vnis.tolist()} == {VNI}
            places = (frames.rows.tolist(), frames.starts.tolist(), frames.ends.tolist())
            for row, start, end in zip(*places, strict=True):
                found.append((int(block.times_ns[row]) // 1000, bytes(block.data[start:end])))
    assert found == [(packet.moment, packet.frame) for packet in packets(capture)]
    assert (decoding.tally.truncated, decoding.tally.duplicates) == (0, 0)


def test_the_session_is_that_of_the_host_whose_flow_logs_are_told() -> None:
    (session,) = read_inventory(json.dumps(inventory()))
    assert (session.vni, session.eni, session.instance_id) == (VNI, cast.LEGACY.eni, cast.LEGACY.instance)
