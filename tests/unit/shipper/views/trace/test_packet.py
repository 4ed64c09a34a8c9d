"""Packets that events carry, as a capture."""

from base64 import b64encode

from mirror.capture_writer import capture
from shipper.views.trace.packet import packets
from shipper.views.trace.witness import events
from trace_hits import event

ETHERNET = bytes(12) + b"\x08\x00" + bytes([0x45]) + bytes(19)


def carrying(seconds: float, octets: bytes, link_type: int = 1, text: str = "") -> dict[str, object]:
    leaves = {"packet": text or b64encode(octets).decode(), "packet_info": {"linktype": link_type}}
    return event(seconds, "alert", eve=leaves)


def test_they_come_in_order_and_once_with_their_times() -> None:
    found = packets(events([carrying(2, ETHERNET), carrying(1, ETHERNET), carrying(1, ETHERNET), event(3)]))
    assert [time % 10**10 for time, _ in found.frames] == [1_000_000_000, 2_000_000_000]
    assert found.unusable == 0


def test_ip_alone_gets_a_link_layer_and_what_is_no_packet_is_counted() -> None:
    hits = [carrying(1, ETHERNET[14:], 12), carrying(2, b"", text="hashed!"), carrying(3, ETHERNET, 105)]
    found = packets(events(hits))
    assert [frame for _, frame in found.frames] == [ETHERNET]
    assert found.unusable == 2


def test_the_capture_has_each_frame_behind_its_head() -> None:
    made = capture([(1_500_000_000, ETHERNET), (2_000_000_000, ETHERNET + b"x")])
    assert len(made) == 24 + 2 * 16 + 2 * len(ETHERNET) + 1
    assert made[24:32] == (1).to_bytes(4, "little") + (500_000).to_bytes(4, "little")
    assert made.endswith(ETHERNET + b"x")
