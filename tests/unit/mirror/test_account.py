"""What was counted between two moments: VNIs that came in between have their places, silent ones have none."""

from dataclasses import replace

from mirror.frames import Drop
from mirror.tally import Tally
from mirror_accounts import FRAME_BYTES, account


def test_between_two_moments_only_what_came_then_is_told() -> None:
    tally = Tally()
    before = account([5, 9, 9], 10, tally, kernel_drops=3, not_handed_on=1)
    now = replace(account([2, 9, 7], 70, tally), kernel_drops=5, not_handed_on=1, cut=4, waits="x")
    between = now.since(before)
    assert (between.vnis.tolist(), between.vni_packets.tolist()) == ([2, 7, 9], [1, 1, 1])
    assert between.vni_octets.tolist() == [FRAME_BYTES] * 3
    assert (between.frames, between.mirrored, between.octets) == (4, 3, 3 * FRAME_BYTES)
    assert (between.kernel_drops, between.not_handed_on, between.cut, between.lost) == (2, 0, 4, 6)
    assert between.drops == {Drop.CUT: 1}
    assert (between.time_ns, between.waits) == (now.time_ns, "x")


def test_what_was_counted_later_does_not_change_it() -> None:
    tally = Tally()
    now = account([5, 9], 10, tally)
    account([5, 5, 1], 20, tally)
    assert (now.vnis.tolist(), now.vni_packets.tolist(), now.mirrored) == ([5, 9], [1, 1], 2)
