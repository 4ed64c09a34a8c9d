from datetime import timedelta

import pytest

from aws.errors import AwsDenied, AwsNotSetUp, AwsUnavailable, AwsUnreadable
from fake_log_group import FakeLogGroup
from fakes import NOW, FakeCheckpoints, FakeWait
from shipper.catalog import KINDS, DecoderParts
from shipper.errors import ConfigError, EndOfInput, Refused, SourceDamaged, Unavailable
from shipper.identity import event_document_id
from shipper.model import Chunk, StreamKey
from shipper.partition import PartitionRule
from shipper.sources.files import FilesSource
from shipper.sources.inputs import Input
from shipper.sources.log_groups import LogGroup, LogSlices, log_group
from shipper.sources.pace import Pace
from shipper.sources.patience import Patience

RECORD = "2 123456789010 eni-0123456789abcdef0 10.0.0.1 10.0.0.2 443 {0} 6 1 40 1767225600 1767225660 ACCEPT OK"
HOUR = NOW.replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def events() -> FakeLogGroup:
    return FakeLogGroup()


def slices(events: FakeLogGroup, wait: FakeWait | None = None, group: str = "flows") -> LogSlices:
    patience = Patience(wait or FakeWait(), lambda: 0.5)
    return LogSlices(events, patience, Pace(FakeWait(), lambda: 0.0, 4), log_group(f"cloudwatch://{group}"))


def content(item: Input) -> bytes:
    reader, found = item.open(), b""
    while block := reader.read(100):
        found += block
    return found


def load(inputs: list[Input], checkpoints: FakeCheckpoints) -> list[Chunk]:
    source = FilesSource(
        inputs,
        key=lambda origin: StreamKey("flowlogs", "store", origin),
        checkpoints=checkpoints,
        framing=KINDS["flowlogs"].framing,
        clock=lambda: NOW,
    )
    chunks = []
    try:
        while True:
            if chunk := source.poll(1 << 20):
                chunks.append(chunk)
                source.commit(chunk.id)
    except EndOfInput:
        return chunks
    finally:
        source.close()


def test_an_address_names_a_group_and_what_of_it() -> None:
    assert log_group("cloudwatch:///aws/vpc/flows") == LogGroup("/aws/vpc/flows")
    assert log_group("cloudwatch://a?streams=eni-0&region=eu-west-1") == LogGroup("a", "eni-0", "eu-west-1")
    assert log_group("cloudwatch://a?streams=eni-0").origin == "cloudwatch://a?streams=eni-0"


@pytest.mark.parametrize("bad", ["cloudwatch://", "cloudwatch://a b", "cloudwatch://a?stream=x", "cloudwatch://ü"])
def test_a_wrong_address_is_named(bad: str) -> None:
    with pytest.raises(ConfigError, match="expected cloudwatch://LOG-GROUP"):
        log_group(bad)


def test_a_period_is_whole_hours_that_may_hold_its_records(events: FakeLogGroup) -> None:
    """A record that ends at the period's begin began before it."""
    begin = HOUR - timedelta(days=3)
    found = list(slices(events).period(begin, begin + timedelta(hours=1, minutes=1), NOW))
    hours = [begin + timedelta(hours=hours) for hours in (-1, 0, 1)]
    assert [item.origin for item in found] == [f"cloudwatch://flows/{hour:%Y-%m-%dT%HZ}" for hour in hours]


def test_without_a_begin_it_is_the_groups_and_without_an_end_it_is_now(events: FakeLogGroup) -> None:
    events.created_ms = int((NOW - timedelta(hours=5)).timestamp() * 1000)
    found = [item.origin for item in slices(events).period(None, None, NOW)]
    assert found[0] == f"cloudwatch://flows/{HOUR - timedelta(hours=6):%Y-%m-%dT%HZ}"
    assert found[-1] == f"cloudwatch://flows/{NOW - timedelta(seconds=1):%Y-%m-%dT%HZ}"


def test_every_event_of_every_page_is_a_line_and_of_no_other_time_or_stream(events: FakeLogGroup) -> None:
    for second in range(-1, 5):
        events.put(HOUR + timedelta(minutes=12 * second), f"m{second}")
    events.put(HOUR, "another's", "other")
    item = next(slices(events, group="flows?streams=eni-").period(HOUR + timedelta(minutes=15), NOW, NOW))
    lines = content(item).splitlines()
    assert [f'"message":"m{second}"' in line.decode() for second, line in enumerate(lines)] == [True] * 5


def test_a_documents_id_is_the_events(events: FakeLogGroup) -> None:
    events.put(HOUR - timedelta(days=2), RECORD.format(80))
    period = slices(events).period(HOUR - timedelta(days=3), NOW, NOW)
    rules = {name: PartitionRule("flowtap", name) for name in KINDS["flowlogs"].datasets}
    decoder = KINDS["flowlogs"].decoder(DecoderParts(rules, {}))
    (chunk,) = load(list(period), FakeCheckpoints())
    batch = decoder.decode(chunk)
    assert len(batch) == 1
    assert event_document_id(events.held[0].id).encode() in batch.body


def test_settled_hours_are_read_once_and_younger_ones_again_for_what_came_late(events: FakeLogGroup) -> None:
    old, young = HOUR - timedelta(days=2), HOUR - timedelta(hours=2)
    checkpoints = FakeCheckpoints()

    def again(now_later: timedelta) -> list[bytes]:
        period = slices(events).period(HOUR - timedelta(days=3), NOW, NOW + now_later)
        return [chunk.records for chunk in load(list(period), checkpoints)]

    events.put(old, "old")
    events.put(young, "young")
    assert [b"old" in again_ for again_ in again(timedelta(0))] == [True, False]
    assert again(timedelta(minutes=1)) == []
    events.put(young + timedelta(seconds=1), "late")
    (late,) = again(timedelta(minutes=2))
    assert b"late" in late
    events.asked.clear()
    again(timedelta(minutes=3))
    assert int(old.timestamp() * 1000) not in {begin for begin, _ in events.asked}


def test_throttling_is_waited_out(events: FakeLogGroup) -> None:
    events.put(HOUR, "m")
    events.troubles = [AwsUnavailable("ThrottlingException")] * 3
    wait = FakeWait()
    item = next(slices(events, wait).period(HOUR + timedelta(minutes=15), NOW + timedelta(hours=1), NOW))
    assert b'"m"' in content(item)
    assert len(wait.seconds) == 3


@pytest.mark.parametrize(
    ("trouble", "ours"),
    [
        (AwsDenied("It takes logs:FilterLogEvents"), Refused),
        (AwsNotSetUp("there is no log group"), ConfigError),
        (AwsUnreadable("the token is too old"), SourceDamaged),
    ],
)
def test_what_cannot_be_waited_out_is_told(events: FakeLogGroup, trouble: Exception, ours: type[Exception]) -> None:
    events.troubles = [trouble]  # type: ignore[list-item]
    item = next(slices(events).period(HOUR, NOW, NOW))
    with pytest.raises(ours, match=str(trouble)):
        content(item)


def test_requests_are_spread_until_told_to_stop() -> None:
    wait = FakeWait(then=lambda number: number > 2)
    pace = Pace(wait, lambda: 100.0, 4)
    pace()
    assert wait.seconds == []
    pace()
    pace()
    assert wait.seconds == [0.25, 0.5]
    with pytest.raises(Unavailable):
        pace()
