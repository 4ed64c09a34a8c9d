"""Findings from a queue to sessions: durable before deleted, the same after a crash anywhere, swept when due."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from aws.errors import AwsUnavailable
from fake_queue import FakeQueue
from findings import finding, text
from mirror.errors import JournalUnwritable
from mirror.managed.observe import observe
from mirror.response.decision import Decision, Past
from mirror.response.following import MOST_FAILURES, MOST_RECEIVES, Following
from mirror.response.policy import read_policy
from mirror.response.watching import Watching
from mirror_account import NOW, Account

POLICY = read_policy("[[rules]]\nseverity = 7\nfor = '1h'\n")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Lines:
    """A journal in memory; `before` may raise."""

    def __init__(self) -> None:
        self.text = ""
        self.fails_at = -1

    def append(self, text: str) -> None:
        self.fails_at -= 1
        if self.fails_at == 0:
            raise JournalUnwritable("no space")
        self.text += text

    def told(self, kind: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.text.splitlines()]
        return [line for line in lines if line["event_type"] == kind]


class World:
    """A queue, an account, a journal and a clock; `watcher` makes a process anew, with what the past left it."""

    def __init__(self) -> None:
        self.account = Account()
        self.account.raw.create_traffic_mirror_target(NetworkInterfaceId=self.account.sensor)
        self.queue, self.journal = FakeQueue(), Lines()
        self.now: datetime = NOW
        self.waited: list[float] = []
        self.troubles: list[str] = []
        self.decided: list[Decision] = []

    def put(self, place: int = 0, **changed: Any) -> None:
        self.queue.put(text(finding(*self.account.web[place], self.now, **changed)))

    def watcher(self, *, acting: bool = True, past: Past | None = None, killed: bool = False) -> Following:
        ec2 = self.account.ec2
        watching = Watching(
            POLICY, lambda: observe(ec2), lambda: self.now, self.journal, lambda: killed, past or Past(),
            ec2 if acting else None,
        )  # fmt: skip
        return Following(
            self.queue, watching, lambda: False, self.waited.append, self.seconds,
            self.decided.extend, self.troubles.append,
        )  # fmt: skip

    def seconds(self) -> float:
        return (self.now - NOW).total_seconds()

    def sessions(self) -> list[tuple[str, str]]:
        """Interface and end of each."""
        found = []
        for each in self.account.sessions():
            tags = {tag["Key"]: tag["Value"] for tag in each["Tags"]}
            found.append((each["NetworkInterfaceId"], tags["flowtap:expires-at"]))
        return found

    def reasons(self) -> list[tuple[str, str]]:
        return [
            (each["decision"]["action"], each["decision"]["reason"]) for each in self.journal.told("mirror_decision")
        ]


def test_a_finding_starts_a_session_a_repeat_extends_it_and_it_ends() -> None:
    world = World()
    watcher = world.watcher()
    world.put()
    watcher.run(once=True)
    eni = world.account.web[0][1]
    assert world.sessions() == [(eni, "2026-11-21T13:00:00+00:00")]
    world.now += 30 * MINUTE
    world.put()
    watcher.run(once=True)
    assert world.sessions() == [(eni, "2026-11-21T13:30:00+00:00")]
    world.now = NOW + 89 * MINUTE
    watcher.run(once=True)
    assert len(world.sessions()) == 1
    world.now = NOW + 90 * MINUTE
    watcher.run(once=True)
    assert world.sessions() == []
    assert world.reasons() == [("mirrored", "finding"), ("extended", "repeat"), ("expired", "over")]
    assert world.queue.bodies == {}
    first, _, last = (each["decision"] for each in world.journal.told("mirror_decision"))
    assert first["session"] == last["session"]
    assert first["finding"] == last["finding"]
    assert len(world.journal.told("guardduty")) == 2
    assert [each.action for each in world.decided] == ["mirrored", "extended", "expired"]


def test_a_dry_run_changes_nothing_and_goes_on_as_if_it_had() -> None:
    world = World()
    watcher = world.watcher(acting=False)
    world.put()
    world.put()
    world.put(id="f" * 32)
    watcher.run(once=True)
    world.now += 2 * HOUR
    watcher.run(once=True)
    assert world.reasons() == [("mirrored", "finding"), ("refused", "replay"), ("refused", "lasts")]
    assert all(each["decision"]["dry_run"] for each in world.journal.told("mirror_decision"))
    assert world.account.counts() == (1, 0, 0, 0)


@pytest.mark.parametrize("fails_at", [1, 2])
def test_nothing_is_deleted_before_it_is_told_of(fails_at: int) -> None:
    """A crash before the finding is told of, or between what was done and its decision."""
    world = World()
    world.put()
    world.journal.fails_at = fails_at
    with pytest.raises(JournalUnwritable):
        world.watcher().run(once=True)
    assert len(world.queue.bodies) == 1
    assert len(world.sessions()) == fails_at - 1
    world.queue.expire()
    world.now += 10 * MINUTE
    world.watcher().run(once=True)
    assert world.sessions() == [(world.account.web[0][1], "2026-11-21T13:00:00+00:00")]
    assert world.reasons() == [("mirrored", "finding")]
    assert world.queue.bodies == {}


def test_a_crash_before_the_deletion_leads_to_a_replay() -> None:
    world = World()
    world.put()
    watcher = world.watcher()

    def before(what: str) -> None:
        if what == "delete":
            raise KeyboardInterrupt

    world.queue.before = before
    with pytest.raises(KeyboardInterrupt):
        watcher.run(once=True)
    world.queue.before = lambda _: None
    world.queue.expire()
    world.watcher(past=watcher.watching.past).run(once=True)
    assert world.reasons() == [("mirrored", "finding"), ("refused", "replay")]
    assert (len(world.sessions()), world.queue.bodies) == (1, {})


def test_what_is_due_is_ended_by_the_next_watcher_and_others_sessions_stay() -> None:
    world = World()
    world.put()
    world.watcher().run(once=True)
    world.account.apply()
    permanent = len(world.account.sessions()) - 1
    world.now += HOUR
    world.watcher().run(once=True)
    assert world.reasons() == [("mirrored", "finding"), ("expired", "over")]
    assert len(world.account.sessions()) == permanent == 3


def test_a_malformed_message_is_kept_with_the_reason_and_never_comes_again() -> None:
    world = World()
    world.queue.put('{"source": "me"}')
    world.watcher().run(once=True)
    (told,) = world.journal.told("mirror_decision")
    assert (told["decision"]["reason"], told["decision"]["message"]) == ("malformed", '{"source": "me"}')
    assert world.queue.bodies == {}


def test_a_message_that_is_never_dealt_with_is_set_aside() -> None:
    world = World()
    world.put()
    world.queue.receives["m0"] = MOST_RECEIVES
    world.watcher().run(once=True)
    assert world.reasons() == [("refused", "poison")]
    assert (world.queue.bodies, world.sessions()) == ({}, [])


def test_what_aws_refuses_is_tried_again_and_then_told() -> None:
    world = World()
    world.put()
    world.account.world.trouble.refused["CreateTrafficMirrorSession"] = "TrafficMirrorSessionLimitExceeded"
    watcher = world.watcher()
    for tries in range(1, MOST_FAILURES + 1):
        assert len(world.queue.bodies) == 1, tries
        watcher.run(once=True)
        world.queue.expire()
    assert world.queue.bodies == {}
    assert world.reasons() == [("failed", "aws")] * MOST_FAILURES
    assert "TrafficMirrorSessionLimitExceeded" in world.journal.told("mirror_decision")[0]["decision"]["why"]


def test_while_aws_cannot_be_reached_messages_stay() -> None:
    world = World()
    world.put()
    reached = iter([False, True])

    def before(what: str) -> None:
        if what == "receive" and not next(reached, True):
            raise AwsUnavailable("no route")

    world.queue.before = before
    watcher = world.watcher()
    watcher.stopped = lambda: not world.queue.bodies
    watcher.run()
    assert (world.troubles, world.waited) == (["no route"], [30.0])
    assert len(world.sessions()) == 1


def test_the_kill_switch_lets_sessions_end() -> None:
    world = World()
    world.put()
    world.watcher().run(once=True)
    world.now += 40 * MINUTE
    world.put()
    world.watcher(killed=True).run(once=True)
    world.now += 20 * MINUTE
    world.watcher(killed=True).run(once=True)
    assert world.reasons() == [("mirrored", "finding"), ("refused", "kill-switch"), ("expired", "over")]
    assert world.sessions() == []
