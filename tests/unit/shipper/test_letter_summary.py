"""Every dead letter is told of, after it is on disk, whatever the store does; nothing about it can harm the run."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from fakes import NOW
from figure_samples import paths
from shipper.deadletter import DeadLetterDirectory, letter_id
from shipper.errors import StateUnwritable
from shipper.letter_summary import MARKER, MOST_RAW_BYTES, SummarisedDeadLetters, Summary, summary
from shipper.model import DeadLetter, Position, RecordKind
from shipper.opensearch.desired import desired

LETTER = DeadLetter(
    kind=RecordKind("flowlogs", {}),
    raw=b"2 bogus",
    position=Position("/home/someone/logs/some.log", 4711),
    identity="IDENTITY-12c",
    ordinal=40,
    header=b"version srcaddr",
    reason="mapper_parsing_exception: failed to parse",
    received_at=NOW,
    dead_at=NOW,
    index="flowtap-aws.vpcflow-2024.02",
)


def letters(*ordinals: int) -> list[DeadLetter]:
    return [replace(LETTER, ordinal=ordinal) for ordinal in ordinals]


class Rig:
    """A state directory, and a store that takes summaries or not."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.disk = DeadLetterDirectory(state / "deadletter")
        self.up = True
        self.told: list[str] = []
        self.on_disk_before = True

    def run(self) -> SummarisedDeadLetters:
        return SummarisedDeadLetters(self.disk, self.state, self._write)

    def _write(self, group: Sequence[Summary]) -> bool:
        kept = {letter_id(letter) for letter in self.disk.read()}
        self.on_disk_before &= kept.issuperset(each.id for each in group)
        if self.up:
            self.told.extend(each.id for each in group)
        return self.up

    @property
    def due(self) -> bool:
        return (self.state / MARKER).exists()


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def always() -> bool:
    return True


def ids(*ordinals: int) -> list[str]:
    return [letter_id(letter) for letter in letters(*ordinals)]


def test_a_letter_is_told_of_after_it_is_on_disk(rig: Rig) -> None:
    run = rig.run()
    run.append([])
    assert not rig.due
    run.append(letters(1, 2))
    assert rig.due
    assert rig.told == []
    run.flush(always)
    run.append(letters(3))
    run.finish(always)
    assert rig.told == ids(1, 2, 3)
    assert rig.on_disk_before
    assert not rig.due


def test_what_the_store_did_not_take_is_told_later(rig: Rig) -> None:
    run = rig.run()
    run.append(letters(1))
    rig.up = False
    assert not run.flush(always)
    run.append(letters(2))
    rig.up = True
    run.finish(always)
    assert rig.told == ids(1, 2)


def test_what_a_run_owes_is_told_by_the_next_one(rig: Rig) -> None:
    first = rig.run()
    first.append(letters(1, 2))
    rig.up = False
    first.finish(always)
    assert rig.due
    rig.up = True
    second = rig.run()
    second.append(letters(3))
    second.finish(always)
    assert set(rig.told) == set(ids(1, 2, 3))
    assert not rig.due
    rig.told.clear()
    rig.run().finish(always)
    assert rig.told == []


def test_more_than_memory_holds_is_read_from_disk(rig: Rig) -> None:
    run = rig.run()
    run.append(letters(*range(5000)))
    run.finish(always)
    assert set(rig.told) == set(ids(*range(5000)))
    assert not rig.due


def test_it_can_be_interrupted(rig: Rig) -> None:
    run = rig.run()
    run.append(letters(*range(1500)))
    looks = iter([True, False])
    run.finish(lambda: next(looks))
    assert len(rig.told) == 500
    assert rig.due


def test_letters_that_cannot_be_read_are_owed(rig: Rig) -> None:
    rig.disk.append(letters(1))
    (rig.state / MARKER).touch()
    segment = rig.state / "deadletter" / "00000001.jsonl"
    segment.write_bytes(segment.read_bytes() + b"not ours\n")
    told: list[Summary] = []
    SummarisedDeadLetters(rig.disk, rig.state, lambda group: told.extend(group) is None).finish(always)
    assert [each.id for each in told] == ids(1)
    assert rig.due


def test_a_letter_that_cannot_be_kept_is_not_told_of(rig: Rig) -> None:
    rig.disk = DeadLetterDirectory(rig.state / "deadletter", quota_bytes=1)
    run = rig.run()
    with pytest.raises(StateUnwritable):
        run.append(letters(1))
    run.finish(always)
    assert rig.told == []


def test_a_summary_has_only_what_the_template_knows_and_no_folders() -> None:
    told = summary(LETTER)
    assert told.id == letter_id(LETTER)
    known = desired("f").leaves["deadletter"]
    assert {path for path, _ in paths(told.source)} <= known.keys()
    letter = told.source["flowtap"]["deadletter"]
    assert (letter["origin"], letter["error_type"]) == ("some.log", "mapper_parsing_exception")
    assert "someone" not in orjson.dumps(told.source).decode()


def test_hostile_letters_become_valid_summaries_of_bounded_size() -> None:
    hostile = replace(
        LETTER,
        raw=b"\xff\xfe\x00" * 100_000,
        header=b"\xf0" * 100_000,
        reason="🎉" * 9000,
        position=Position("/logs/\udcff.log", 1),
        index="",
    )
    told = summary(hostile).source
    known = desired("f").leaves["deadletter"]
    assert len(orjson.dumps(told)) < 16 * MOST_RAW_BYTES
    assert told["flowtap"]["deadletter"]["raw_cut"]
    for path, value in paths(told):
        if isinstance(value, str) and "ignore_above" in known[path]:
            assert len(value.encode("utf-16-le")) <= 2 * 1024, path
