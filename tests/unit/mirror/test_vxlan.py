"""The mirrored frame in a frame: what is taken, what is refused and why; by columns the same as one by one."""

import struct

import pytest

from mirror.columns import decode as decode_block
from mirror.frames import ETHERNET, GENEVE_PAYLOAD, VXLAN_PAYLOAD, Drop
from mirror.outer import Ports
from mirror.vxlan import Inner, decode
from mirrored_frames import block_of, ethernet, geneve, inner, inner6, ipv4, ipv6, mirrored, udp, vxlan

FRAME = inner()
WHOLE = vxlan(0xABCDEF, FRAME)
EXTENSION = struct.pack("!BB6x", 17, 0)


def found(frame: bytes, link: int = ETHERNET, *, strict: bool = False, ports: Ports = Ports()) -> Inner | Drop:  # noqa: B008
    """One by one; and by columns among neighbours, which must not matter."""
    told = decode(frame, link, ports, strict_reserved=strict)
    beside = {ETHERNET: mirrored(1, FRAME), VXLAN_PAYLOAD: WHOLE}.get(link, frame)
    block = block_of([beside, frame, beside], link, gap=b"\xff" * 16)
    many = decode_block(block, ports, strict_reserved=strict)
    assert [Drop(drop) for drop in many.drops][1] == (told if isinstance(told, Drop) else Drop.KEPT)
    if isinstance(told, Drop):
        assert 1 not in many.rows
        return told
    at = many.rows.tolist().index(1)
    start = int(block.starts[1])
    columns = (many.starts - start, many.ends - start, many.own_tags, many.truncated, many.reserved)
    assert Inner(int(many.vnis[at]), *(column[at].item() for column in columns)) == told
    return told


@pytest.mark.parametrize("vni", [0, 1, 0xFFF, 0x1000, 0x123456, 0xFFFFFF])
def test_a_mirrored_frame(vni: int) -> None:
    frame = mirrored(vni, FRAME)
    told = found(frame)
    assert told == Inner(vni, 50, len(frame), 0, truncated=False, reserved=False)
    assert frame[50:] == FRAME


@pytest.mark.parametrize(
    ("frame", "link"),
    [
        (ethernet(ipv4(udp(WHOLE), options=bytes(40))), ETHERNET),
        (ethernet(ipv4(udp(WHOLE)), tags=[5]), ETHERNET),
        (ethernet(ipv4(udp(WHOLE)), tags=[5, 6]), ETHERNET),
        (ethernet(ipv4(udp(WHOLE), fragment=0x4000)), ETHERNET),
        (ethernet(ipv4(udp(WHOLE))) + b"padding", ETHERNET),
        (ethernet(ipv6(udp(WHOLE)), 0x86DD), ETHERNET),
        (ethernet(ipv6(EXTENSION + udp(WHOLE), following=0), 0x86DD), ETHERNET),
        (ethernet(ipv6(struct.pack("!BxHI", 17, 0, 9) + udp(WHOLE), following=44), 0x86DD), ETHERNET),
        (ethernet(ipv6(struct.pack("!BB10x", 17, 1) + udp(WHOLE), following=51), 0x86DD), ETHERNET),
        (ipv4(udp(WHOLE)), 101),
        (ipv6(udp(WHOLE)), 101),
        (bytes(14) + b"\x08\x00" + ipv4(udp(WHOLE)), 113),
        (b"\x08\x00" + bytes(18) + ipv4(udp(WHOLE)), 276),
        (bytes(4) + ipv4(udp(WHOLE)), 0),
        (WHOLE, VXLAN_PAYLOAD),
        (ethernet(ipv4(udp(geneve(ipv4(udp(WHOLE)), options=bytes(32)), 6081))), ETHERNET),
        (ethernet(ipv4(udp(geneve(ipv6(udp(WHOLE)), 0x86DD), 6081))), ETHERNET),
        (ethernet(ipv4(udp(geneve(ethernet(ipv4(udp(WHOLE))), 0x6558), 6081))), ETHERNET),
        (geneve(ipv4(udp(WHOLE))), GENEVE_PAYLOAD),
    ],
)  # fmt: skip
def test_however_it_is_wrapped(frame: bytes, link: int) -> None:
    told = found(frame, link)
    assert isinstance(told, Inner)
    assert (told.vni, frame[told.start : told.end]) == (0xABCDEF, FRAME)


@pytest.mark.parametrize(
    ("frame", "drop"),
    [
        (b"", Drop.CUT),
        (mirrored(1, FRAME)[:13], Drop.CUT),
        (mirrored(1, FRAME)[:33], Drop.CUT),
        (mirrored(1, FRAME)[:41], Drop.CUT),
        (mirrored(1, FRAME)[:42], Drop.SHORT),
        (mirrored(1, FRAME)[:49], Drop.SHORT),
        (mirrored(1, FRAME)[:63], Drop.SHORT_INNER),
        (ethernet(b"\0" * 40, 0x0806), Drop.OTHER),
        (ethernet(ipv4(udp(WHOLE), protocol=6)), Drop.OTHER),
        (ethernet(ipv4(udp(WHOLE, 4790))), Drop.OTHER),
        (ethernet(ipv4(udp(WHOLE), fragment=0x2000)), Drop.OUTER_FRAGMENT),
        (ethernet(ipv4(udp(WHOLE), fragment=1)), Drop.OUTER_FRAGMENT),
        (ethernet(ipv6(struct.pack("!BxHI", 17, 1, 9) + udp(WHOLE), following=44), 0x86DD), Drop.OUTER_FRAGMENT),
        (ethernet(ipv4(udp(WHOLE), total=40)), Drop.BAD_HEADER),
        (ethernet(ipv4(udp(WHOLE), total=19)), Drop.BAD_HEADER),
        (ethernet(ipv4(udp(WHOLE, length=7))), Drop.BAD_HEADER),
        (ethernet(ipv4(udp(WHOLE, length=len(WHOLE) + 9))), Drop.BAD_HEADER),
        (ethernet(b"\x44" + ipv4(udp(WHOLE))[1:]), Drop.BAD_HEADER),
        (ethernet(ipv6(udp(WHOLE), length=0), 0x86DD), Drop.BAD_HEADER),
        (ethernet(ipv6(b"\0\0" * 400, following=0), 0x86DD), Drop.BAD_HEADER),
        (ethernet(ipv4(udp(vxlan(1, FRAME, flags=0)))), Drop.NO_VNI),
        (ethernet(ipv4(udp(vxlan(1, FRAME, flags=0xF7FFFFFF)))), Drop.NO_VNI),
        (ethernet(ipv4(udp(vxlan(1, FRAME[:13])))), Drop.SHORT_INNER),
        (ethernet(ipv4(udp(geneve(ipv4(udp(WHOLE)), first=0x40), 6081))), Drop.BAD_HEADER),
        (ethernet(ipv4(udp(geneve(b"", first=0x3F), 6081))), Drop.BAD_HEADER),
        (ethernet(ipv4(udp(geneve(ipv4(udp(WHOLE)), second=0x80), 6081))), Drop.OTHER),
        (ethernet(ipv4(udp(geneve(ipv4(udp(geneve(b""), 6081))), 6081))), Drop.OTHER),
        (ethernet(b"", tags=[1] * 9), Drop.OTHER),
    ],
)
def test_what_is_not_taken_is_told_by_its_reason(frame: bytes, drop: Drop) -> None:
    assert found(frame) is drop


@pytest.mark.parametrize(("flags", "last"), [(0x88000000, 0), (0x08000001, 0), (0x08800000, 0), (0x08000000, 1)])
def test_reserved_bits_are_told_and_ignored_unless_they_may_not_be(flags: int, last: int) -> None:
    frame = ethernet(ipv4(udp(vxlan(5, FRAME, flags=flags, last=last))))
    told = found(frame)
    assert isinstance(told, Inner)
    assert (told.vni, told.reserved) == (5, True)
    assert found(frame, strict=True) is Drop.RESERVED_BITS


@pytest.mark.parametrize(
    ("frame", "cut"),
    [
        (inner(), False),
        (inner() + b"padding", False),
        (inner(claims=49), True),
        (inner(claims=48), False),
        (inner()[:33], True),
        (inner6(), False),
        (inner6(claims=29), True),
        (inner6()[:53], True),
        (inner(tags=[3], claims=49), True),
        (inner(tags=[3, 4]), False),
        (ethernet(b"arp", 0x0806), False),
    ],
)
def test_a_frame_that_ends_before_its_packet_is_told(frame: bytes, cut: bool) -> None:
    told = found(mirrored(9, frame))
    assert isinstance(told, Inner)
    assert told.truncated is cut


def test_a_capture_cut_short_is_truncation_too() -> None:
    told = found(mirrored(9, inner(b"y" * 500))[:200])
    assert isinstance(told, Inner)
    assert (told.end, told.truncated) == (200, True)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 300])
def test_own_tags_are_counted(count: int) -> None:
    told = found(mirrored(9, inner(tags=[7] * count)))
    assert isinstance(told, Inner)
    assert told.own_tags == count


def test_half_a_tag_is_none() -> None:
    told = found(mirrored(9, inner(tags=[7])[:17]))
    assert isinstance(told, Inner)
    assert told.own_tags == 0


def test_other_ports() -> None:
    frame = ethernet(ipv4(udp(WHOLE, 8472)))
    assert found(frame) is Drop.OTHER
    assert isinstance(found(frame, ports=Ports(frozenset({8472}))), Inner)


def test_an_empty_block() -> None:
    assert len(decode_block(block_of([]), Ports())) == 0
