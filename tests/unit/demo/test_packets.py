"""A capture at another time, by other addresses: what changes, what stays, and that checksums still hold."""

import struct

import pytest

from demo import network as cast
from demo.packets import moved, packets, volume
from demo.sample import connection, mirrored

START = 1795255900


@pytest.fixture(scope="module")
def flow():
    return connection(START)


@pytest.fixture(scope="module")
def capture(flow):
    return mirrored(flow)


def ones_complement(text):
    """RFC 1071: 0xffff over anything that holds its own checksum."""
    padded = text + bytes(len(text) % 2)
    total = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def test_it_lies_in_the_span_of_its_flow_with_the_distances_of_the_capture(capture, flow):
    moments = [packet.moment for packet in packets(capture)]
    assert moments[0] // 1_000_000 == flow.span.start == START
    assert moments[-1] // 1_000_000 == flow.span.last
    later = [packet.moment for packet in packets(mirrored(connection(START + 3600)))]
    assert {two - one for one, two in zip(moments, later, strict=True)} == {3600 * 1_000_000}


def test_only_the_two_of_the_cast_speak_as_often_and_as_much_as_the_flow_says(capture, flow):
    there = (cast.OFFICE, flow.client_port, cast.LEGACY.address, flow.ends.server_port)
    assert {packet.ends for packet in packets(capture)} == {there, (*there[2:], *there[:2])}
    assert volume(capture, cast.OFFICE) == flow.request
    assert volume(capture, cast.LEGACY.address) == flow.response
    assert flow.request.packets + flow.response.packets == len(list(packets(capture)))


def test_checksums_hold(capture):
    for packet in packets(capture):
        header, segment = packet.frame[14:34], packet.frame[34 : 14 + packet.size]
        assert ones_complement(header) == 0xFFFF
        pseudo = header[12:20] + struct.pack("!HH", 6, len(segment))
        assert ones_complement(pseudo + segment) == 0xFFFF


def test_moved_back_it_is_what_it_was(capture, flow):
    there = {cast.OFFICE: "192.168.1.182", cast.LEGACY.address: "192.168.1.231"}
    back = {name: address for address, name in there.items()}
    assert moved(moved(capture, 0, there), flow.span.start, back) == capture


@pytest.mark.parametrize("harm", [b"\x0a\x0d\x0d\x0a" + bytes(40), bytes(40)])
def test_what_is_no_such_capture_is_refused(harm):
    with pytest.raises(ValueError, match="not a little-endian pcap"):
        list(packets(harm))


def test_a_packet_that_is_cut_is_refused(capture):
    with pytest.raises(ValueError, match="is cut"):
        list(packets(capture[:-1]))
