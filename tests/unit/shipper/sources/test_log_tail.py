from datetime import UTC, datetime, timedelta

import pytest

from aws.errors import AwsDenied, AwsUnreadable
from fake_log_group import FakeLogGroup
from fakes import NOW, FakeCheckpoints, FakeClock, FakeWait
from shipper.errors import EndOfInput, Refused
from shipper.identity import Framing
from shipper.model import Checkpoint, Chunk, StreamKey
from shipper.sources.log_groups import LogGroup, LogSlices
from shipper.sources.log_tail import LOOKS, LogGroupTail, TailRules
from shipper.sources.pace import Pace
from shipper.sources.patience import Patience


class Follower:
    """A log group that is followed by one run after the other; each looks at what is due and ends."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOW)
        self.events = FakeLogGroup()
        self.checkpoints = FakeCheckpoints()

    def open(self, *, once: bool = True) -> LogGroupTail:
        pace = Pace(FakeWait(), lambda: 0.0, 4)
        return LogGroupTail(
            LogSlices(self.events, Patience(FakeWait(), lambda: 0.5), pace, LogGroup("flows")),
            TailRules(lookback=timedelta(minutes=10), once=once),
            checkpoints=self.checkpoints,
            key=lambda origin: StreamKey("lines", "store", origin),
            framing=Framing(lambda _: None),
            clock=self.clock,
        )

    def run(self, *, commit: bool = True) -> list[str]:
        """The messages that a run hands out."""
        source, found = self.open(), list[str]()
        try:
            while True:
                if chunk := source.poll(1 << 20):
                    found += messages(chunk)
                    if commit:
                        source.commit(chunk.id)
        except EndOfInput:
            return found
        finally:
            source.close()


def messages(chunk: Chunk) -> list[str]:
    return [line.split('"message":"')[1].split('"')[0] for line in chunk.records.decode().splitlines()]


def poll_until_it_ends(source: LogGroupTail) -> None:
    while True:
        source.poll(1 << 20)


@pytest.fixture
def follower() -> Follower:
    return Follower()


def test_events_come_once_a_minute_is_over_and_late_ones_with_a_later_look(follower: Follower) -> None:
    follower.events.put(NOW, "first")
    assert follower.run() == []
    follower.clock.advance(150)
    assert follower.run() == ["first"]
    follower.events.put(NOW, "late")
    assert follower.run() == []  # no other look is due yet
    follower.clock.advance(600)
    assert set(follower.run()) >= {"late"}
    follower.events.put(NOW, "very late")
    follower.clock.advance(3600)
    assert "very late" in follower.run()
    assert follower.run() == []


def test_one_run_hands_out_an_event_once_however_often_it_looks(follower: Follower) -> None:
    source = follower.open(once=False)
    follower.events.put(NOW, "first")
    found: list[str] = []

    def read_until(message: str) -> None:
        while message not in found:
            if chunk := source.poll(1 << 20):
                found.extend(messages(chunk))
                source.commit(chunk.id)

    assert source.poll(1 << 20) is None
    follower.clock.advance(150)
    read_until("first")
    follower.events.put(NOW, "late")
    follower.clock.advance(600)
    read_until("late")
    source.close()
    assert found == ["first", "late"]


def test_after_a_long_break_it_goes_on_where_it_was(follower: Follower) -> None:
    follower.events.put(NOW - timedelta(minutes=5), "before")
    assert follower.run() == ["before"]
    follower.events.put(NOW + timedelta(minutes=5), "in the break")
    follower.clock.advance(8 * 3600)
    assert "in the break" in follower.run()


def test_what_was_not_committed_is_looked_at_again(follower: Follower) -> None:
    follower.events.put(NOW - timedelta(minutes=5), "first")
    assert follower.run(commit=False) == ["first"]
    follower.clock.advance(8 * 3600)
    assert follower.run() == ["first"]


def test_state_is_an_hours_worth_however_long_it_runs(follower: Follower) -> None:
    follower.run()
    follower.clock.advance(6 * 3600)
    for _ in range(3):
        follower.run()
    assert len(follower.checkpoints.known) <= LOOKS[-1].total_seconds() / 60 + 2


def test_what_a_kill_kept_from_being_forgotten_is_forgotten_at_the_next_start(follower: Follower) -> None:
    follower.run()
    floor = StreamKey("lines", "store", "cloudwatch://flows/")
    begin = datetime.fromtimestamp(follower.checkpoints.known[floor].offset, UTC) - timedelta(minutes=5)
    left = StreamKey("lines", "store", f"cloudwatch://flows/{begin:%Y-%m-%dT%H:%MZ}")
    follower.checkpoints.write(left, Checkpoint(records=len(LOOKS)))
    follower.run()
    assert left not in follower.checkpoints.known
    assert floor in follower.checkpoints.known


def test_a_look_that_failed_is_made_again(follower: Follower) -> None:
    follower.events.put(NOW - timedelta(minutes=5), "first")
    follower.events.troubles = [AwsUnreadable("the token is too old")] * 10
    assert follower.run() == []
    assert follower.run() == ["first"]


def test_lag_is_how_long_a_minute_waits_for_its_first_look(follower: Follower) -> None:
    follower.events.troubles = [AwsDenied("It takes logs:FilterLogEvents")] * 100
    source = follower.open()
    with pytest.raises(Refused, match="logs:FilterLogEvents"):
        poll_until_it_ends(source)
    follower.clock.advance(60)
    assert source.reading().lag_seconds >= 60
    source.close()
