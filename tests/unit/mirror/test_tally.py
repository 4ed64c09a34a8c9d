"""Counts that add up, in bounded memory."""

from mirror.columns import decode
from mirror.frames import Drop
from mirror.outer import Ports
from mirror.tally import Tally, VniSum
from mirrored_frames import block_of, ethernet, inner, ipv4, mirrored, udp, vxlan


def test_frames_are_counted_by_vni_and_drops_by_reason() -> None:
    frame = inner(b"x" * 8)
    tally = Tally()
    for _ in range(2):
        found = [
            mirrored(9, frame),
            mirrored(0, frame),
            mirrored(9, frame + b"more"),
            ethernet(ipv4(udp(b""))),
            ethernet(ipv4(udp(vxlan(1, frame, flags=0)))),
            ethernet(ipv4(udp(vxlan(7, inner(tags=[1, 2, 3]), last=1)))),
            mirrored(8, inner(claims=1000)),
        ]
        tally.add(decode(block_of(found), Ports()))
    assert (tally.frames, tally.mirrored) == (14, 10)
    assert tally.drops == {Drop.SHORT: 2, Drop.NO_VNI: 2}
    assert (tally.truncated, tally.reserved_bits, tally.tags_stripped) == (2, 2, 4)
    assert {vni: tally.vnis[vni] for vni in (0, 9)} == {0: VniSum(2, 100), 9: VniSum(4, 208)}
    assert list(tally.vnis) == [0, 7, 8, 9]


def test_vnis_beyond_the_most_are_counted_together() -> None:
    tally = Tally(most_vnis=3)
    for vnis in ([5, 6], [6, 1, 2, 3], [9]):
        tally.add(decode(block_of([mirrored(vni, inner()) for vni in vnis]), Ports()))
    assert len(tally.vnis) == 3
    assert tally.beyond_most_vnis + sum(each.packets for each in tally.vnis.values()) == tally.mirrored == 7


def test_a_block_of_nothing_mirrored() -> None:
    tally = Tally()
    tally.add(decode(block_of([b"", b""]), Ports()))
    assert (tally.frames, tally.mirrored, dict(tally.drops), tally.vnis) == (2, 0, {Drop.CUT: 2}, {})
