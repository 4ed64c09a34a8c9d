"""A backfill from files to a store: twice is once, and the same bytes are the same records."""

import gzip
from collections.abc import Mapping
from pathlib import Path
from threading import Event

import orjson
import pytest

from fakes import NOW, FakeCheckpoints, FakeDeadLetters, FakeEndpoint, FakePartitions, FakeSink, FakeWait, inputs
from flow_log_samples import AWS_NAME, RECORD, lines
from shipper.backfill import (
    Backfill,
    Destination,
    DryRunCheckpoints,
    DryRunDeadLetters,
    DryRunSink,
    Job,
    Report,
    WholeInputs,
)
from shipper.catalog import DecoderParts
from shipper.decoders.bulk_lines import Operation
from shipper.errors import StateUnwritable
from shipper.model import Checkpoint, RecordKind, StreamKey, Sums, Waiting
from shipper.opensearch.sink import OpenSearchSink
from shipper.partition import PartitionRule

RULES = {dataset: PartitionRule("flowtap", dataset) for dataset in ("aws.vpcflow", "aws.tgwflow")}
RECORDS = lines(b"version srcaddr dstaddr end", *[b"2 10.0.0.%d 10.1.0.1 170000000%d" % (n, n) for n in range(8)])


class Rig:
    """A store and a state directory that outlive runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = FakeEndpoint()
        self.letters = FakeDeadLetters()
        self.checkpoints = FakeCheckpoints()
        self.stop = Event()

    def put(self, name: str, content: bytes = RECORDS) -> str:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return str(path)

    def backfill(
        self,
        *names: str,
        again: bool = False,
        operation: Operation = "create",
        target: str = "cluster",
        stdin: bytes = b"",
        settings: Mapping[str, str] | None = None,
    ) -> Backfill:
        sink = OpenSearchSink(self.store, FakePartitions(), wait=FakeWait(), clock=lambda: NOW, random=lambda: 0.5)
        parts = DecoderParts(RULES, settings or {}, operation)
        job = Job(inputs(*names, stdin=stdin), RecordKind("flowlogs", settings or {}), parts, again)
        destination = Destination(target, sink, self.letters, self.checkpoints)
        return Backfill(job, destination, stop=self.stop, clock=lambda: NOW)

    def run(self, *names: str, again: bool = False, operation: Operation = "create", stdin: bytes = b"") -> Report:
        return self.backfill(*names, again=again, operation=operation, stdin=stdin).run(3)

    def ids(self) -> set[str]:
        return {document_id for _, document_id in self.store.documents}


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def test_a_second_run_adds_nothing_and_says_unchanged(rig: Rig) -> None:
    one, two = rig.put("logs/1.log"), rig.put("logs/2.log.gz", gzip.compress(lines(RECORD)))
    report = rig.run(str(rig.folder / "logs"))
    assert report == Report(
        finished=True,
        sums={one: Sums(read=9, delivered=8, skipped=1), two: Sums(read=1, delivered=1)},
        inputs=2,
        unchanged=(),
        problems={},
        unknown_columns=[],
    )
    assert report.total == Sums(read=10, delivered=9, skipped=1)
    sent = len(rig.store.sent)
    again = rig.run(str(rig.folder / "logs"))
    assert (again.total, again.unchanged, again.finished) == (Sums(), (one, two), True)
    assert len(rig.store.sent) == sent


def test_reading_again_finds_only_duplicates(rig: Rig) -> None:
    path = rig.put("1.log")
    rig.run(path)
    assert rig.run(path, again=True).total == Sums(read=9, duplicate=8, skipped=1)
    assert rig.run(path, again=True, operation="index").total == Sums(read=9, delivered=8, skipped=1)
    assert len(rig.store.documents) == 8


def test_the_same_bytes_are_the_same_records_in_any_file_and_from_a_pipe(rig: Rig) -> None:
    rig.run(rig.put("1.log"))
    ids = rig.ids()
    for name, content in {
        "renamed.txt": RECORDS,
        "packed.gz": gzip.compress(RECORDS),
        "packed": gzip.compress(RECORDS),
    }.items():
        assert rig.run(rig.put(name, content)).total == Sums(read=9, duplicate=8, skipped=1)
    assert rig.run("-", stdin=RECORDS).sums == {"-": Sums(read=9, duplicate=8, skipped=1)}
    assert rig.ids() == ids


def test_a_delivered_object_is_its_name_and_knows_its_flow_log(rig: Rig) -> None:
    rig.run(rig.put(AWS_NAME, gzip.compress(RECORDS)))
    ids = rig.ids()
    assert ids == {f"zm7Ax4zghYA6{ordinal}" for ordinal in range(1, 9)}
    assert rig.run(rig.put(f"copy/{AWS_NAME.removesuffix('.gz')}")).total.duplicate == 8
    document = orjson.loads(next(iter(rig.store.documents.values())))
    assert document["aws"]["vpcflow"]["flow_log_id"] == "fl-0123456789abcdef0"
    assert rig.run(rig.put("renamed.log")).total.delivered == 8
    assert len(rig.ids()) == 16


def test_what_is_no_flow_log_is_named_and_counted_and_no_dead_letter(rig: Rig) -> None:
    rig.put("all/flow.log")
    test = rig.put("all/aws-logs-write-test", b"any text\n")
    picture = rig.put("all/logo.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50)
    rig.put(
        "all/trail.json.gz",
        gzip.compress(b'{"Records":[%s]}' % b",".join([b'{"eventVersion":"1","eventSource":"s","eventName":"n"}'] * 9)),
    )
    report = rig.run(str(rig.folder / "all"))
    assert report.others == {picture: "PNG image", test: "AWS's test of its bucket"}
    assert report.other_logs == {"CloudTrail": 9}
    assert report.total == Sums(read=18, delivered=8, skipped=10)
    assert (report.problems, rig.letters.letters) == ({}, [])


def test_another_selection_is_another_stream_and_keeps_ids(rig: Rig) -> None:
    path = rig.put("1.log")
    some = {"where": '["srcaddr=10.0.0.4/30"]', "until": "2023-11-14T22:13:26+00:00"}
    assert rig.backfill(path, settings=some).run(3).total == Sums(read=9, delivered=2, excluded=6, skipped=1)
    assert rig.backfill(path, settings=some).run(3).unchanged == (path,)
    assert rig.run(path).total == Sums(read=9, delivered=6, duplicate=2, skipped=1)


def test_two_files_that_part_company_are_stored_whole(rig: Rig) -> None:
    """An export and a longer one of the same data: the chunk where the shorter one ended is stored under both."""
    rig.run(rig.put("1.log"))
    rig.run(rig.put("2.log", RECORDS + b"2 10.0.0.9 10.1.0.1 1700000009\n"))
    assert len(rig.ids()) == 8 + 9


def test_another_store_has_checkpoints_of_its_own(rig: Rig) -> None:
    path = rig.put("1.log")
    rig.run(path)
    assert rig.backfill(path, target="another").run(1).unchanged == ()
    assert {key.target for key in rig.checkpoints.known} == {"cluster", "another"}


def test_another_format_is_another_stream_and_letters_know_their_store(rig: Rig) -> None:
    """What was loaded with the wrong columns, or none, is not loaded: nobody has to find out about --again."""
    path = rig.put("1.log", b"10.0.0.1 1700000001\n")
    assert rig.backfill(path).run(1).total == Sums(read=1, dead_lettered=1)
    assert [letter.target for letter in rig.letters.letters] == ["cluster"]
    right = {"format": "srcaddr end"}
    assert rig.backfill(path, settings=right).run(1).total == Sums(read=1, delivered=1)
    assert rig.backfill(path, settings=right).run(1).unchanged == (path,)
    assert rig.backfill(path).run(1).unchanged == (path,)


def test_what_cannot_be_read_whole_is_told_and_the_rest_is_loaded(rig: Rig) -> None:
    bad, good = rig.put("1.gz", gzip.compress(RECORDS)[:-4]), rig.put("2.log", lines(RECORD))
    report = rig.run(bad, good)
    assert list(report.problems) == [bad]
    assert report.sums[good].delivered == 1
    assert report.finished
    rig.put("1.gz", gzip.compress(RECORDS))
    assert rig.run(bad, good).problems == {}
    assert {row["source"]["ip"] for row in map(orjson.loads, rig.store.documents.values())} >= {
        f"10.0.0.{number}" for number in range(8)
    }


def test_rejects_are_letters_and_unknown_columns_are_told(rig: Rig) -> None:
    report = rig.run(rig.put("1.log", lines(b"srcaddr dstaddr vpc-id new-one", b"10.0.0.1 10.0.0.2 v 7", b"too few")))
    assert report.total == Sums(read=3, delivered=1, dead_lettered=1, skipped=1, suspect=1)
    assert report.unknown_columns == ["new-one"]
    assert [(letter.raw, letter.kind) for letter in rig.letters.letters] == [(b"too few", RecordKind("flowlogs"))]


def test_a_stopped_run_says_so_and_the_next_one_goes_on(rig: Rig) -> None:
    path = rig.put("1.log")
    rig.stop.set()
    report = rig.run(path)
    assert (report.finished, report.total) == (False, Sums())
    rig.stop.clear()
    assert rig.run(path).total.delivered == 8


def test_an_error_leaves_what_was_committed_to_be_told(rig: Rig) -> None:
    def full(checkpoint: Checkpoint) -> None:
        if checkpoint.done and len(rig.checkpoints.known) == 2:
            raise StateUnwritable("disk full")

    rig.checkpoints.before = full
    one, two = rig.put("1.log"), rig.put("2.log", lines(RECORD))
    backfill = rig.backfill(one, two)
    with pytest.raises(StateUnwritable):
        backfill.run(1)
    report = backfill.report(finished=False)
    assert report.sums[one] == Sums(read=9, delivered=8, skipped=1)
    assert backfill.sums() == report.total
    assert (backfill.progress().files_total, backfill.waiting()) == (2, None)


def test_what_the_sink_waits_for_is_passed_on(rig: Rig) -> None:
    class Waits(FakeSink):
        def waiting(self) -> Waiting | None:
            return Waiting("shards", NOW, "delete some")

    job = Job([], RecordKind("flowlogs"), DecoderParts(RULES, {}))
    backfill = Backfill(
        job,
        Destination("t", Waits(), rig.letters, rig.checkpoints),
        stop=rig.stop,
        clock=lambda: NOW,
    )
    assert backfill.waiting() == Waiting("shards", NOW, "delete some")
    assert backfill.run(1).inputs == 0


def test_a_dry_run_counts_and_leaves_nothing(rig: Rig) -> None:
    path = rig.put("1.log", RECORDS + lines(*[b"bad %d" % number for number in range(9)]))
    sink, letters, checkpoints = DryRunSink(), DryRunDeadLetters(), DryRunCheckpoints()
    job = Job(inputs(path), RecordKind("flowlogs"), DecoderParts(RULES, {}))
    for _ in range(2):
        backfill = Backfill(
            job,
            Destination("dry run", sink, letters, checkpoints),
            stop=rig.stop,
            clock=lambda: NOW,
        )
        assert backfill.run(2).total == Sums(read=18, delivered=8, dead_lettered=9, skipped=1)
    assert sink.documents == {"flowtap-aws.vpcflow-2023.11": 16}
    assert [letter.raw for letter in letters.examples] == [b"bad %d" % number for number in range(5)]
    assert sink.waiting() is None
    assert checkpoints.read(StreamKey("flowlogs", "dry run", path)) is None


def test_an_input_that_is_loaded_whole_is_begun_again_unless_it_came_to_its_end() -> None:
    kept, key = FakeCheckpoints(), StreamKey("pcap", "cluster", "a")
    middle, end = Checkpoint(offset=5), Checkpoint(offset=9, done=True)
    whole = WholeInputs(kept)
    whole.write(key, middle)
    assert kept.read(key) is None
    kept.write(key, middle)
    assert whole.read(key) is None
    whole.write_all([(key, end)])
    assert whole.read(key) == end
