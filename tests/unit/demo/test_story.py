"""The scenes: whole, in their day, and each with its sentence."""

from random import Random

from demo.flow import ICMP, ICMPV6, Verdict
from demo.stage import Period, PortBook, Stage
from demo.story import SCENES, flows, port_scan

PERIOD = Period(1795255800)


def told(scale=0.05, seed=20):
    return list(flows(PERIOD, seed, scale))


def test_every_scene_plays_and_has_a_sentence():
    assert {flow.scene for flow in told()} == {scene.__name__ for scene in SCENES}
    assert all((scene.__doc__ or "").strip().endswith(".") for scene in SCENES)


def test_flows_lie_in_the_day():
    assert all(PERIOD.begin <= flow.span.start <= flow.span.last < PERIOD.end for flow in told())


def test_no_two_conversations_share_a_five_tuple():
    tuples = [(flow.ends, flow.client_port) for flow in told() if flow.ends.protocol not in {ICMP, ICMPV6}]
    assert len(set(tuples)) == len(tuples)


def test_only_what_was_let_through_is_answered():
    for flow in told():
        assert (flow.response.packets == 0) is (flow.verdict is Verdict.REFUSED)
        assert flow.request.packets > 0


def test_the_same_seed_tells_the_same_story():
    assert told() == told()
    assert told() != told(seed=21)


def test_the_scan_ends_when_every_port_was_tried():
    stage = Stage("port_scan", PERIOD, 4, Random(1), PortBook())  # noqa: S311 - a story, not a secret
    assert len({flow.ends.server_port for flow in port_scan(stage)}) == 10_000
