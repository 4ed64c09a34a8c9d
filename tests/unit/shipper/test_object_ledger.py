"""Checkpoints of objects: kept through restarts, by any number of threads, told and forgotten by folder."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import FakeCheckpoints
from shipper.errors import CorruptState, StateUnwritable
from shipper.model import Checkpoint, StreamKey
from shipper.object_ledger import NAME, ObjectLedger, StateCheckpoints

DONE = Checkpoint(123, "chain", 7, True, 55, -1, "0123456789abcdef")
PART = Checkpoint(1 << 40, "AbCd", 1 << 33)


def key(origin: str, kind: str = "flowlogs", settings: tuple[tuple[str, str], ...] = ()) -> StreamKey:
    return StreamKey(kind, "cluster/flowtap", origin, settings)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[ObjectLedger]:
    ledger = ObjectLedger(tmp_path)
    yield ledger
    ledger.close()


def test_what_was_written_is_read_after_a_restart(ledger: ObjectLedger, tmp_path: Path) -> None:
    ledger.write(key("s3://b/é +/1.gz"), DONE)
    ledger.write(key("s3://b/é +/2.gz"), PART)
    ledger.close()
    again = ObjectLedger(tmp_path)
    assert again.read(key("s3://b/é +/1.gz")) == DONE
    assert again.read(key("s3://b/é +/2.gz")) == PART
    again.write(key("s3://b/é +/2.gz"), DONE)
    assert again.read(key("s3://b/é +/2.gz")) == DONE
    again.close()


def test_streams_do_not_share_checkpoints(ledger: ObjectLedger) -> None:
    mine = key("s3://b/f/1.gz")
    ledger.write(mine, DONE)
    for other in (
        key("s3://b/f/2.gz"),
        key("s3://b/g/1.gz"),
        key("s3://b/f/1.gz", "eve"),
        key("s3://b/f/1.gz", settings=(("format", "x"),)),
        replace(mine, target="another"),
    ):
        assert ledger.read(other) is None


def test_nothing_is_made_before_something_is_written(ledger: ObjectLedger, tmp_path: Path) -> None:
    assert ledger.read(key("s3://b/k")) is None
    assert list(ledger.folders()) == []
    assert ledger.forget("s3://") == 0
    assert list(tmp_path.iterdir()) == []


def test_writers_that_come_together_are_all_kept(ledger: ObjectLedger, tmp_path: Path) -> None:
    keys = [key(f"s3://b/{number % 7}/{number}.gz") for number in range(400)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda each: ledger.write(each, DONE), keys))
    ledger.close()
    again = ObjectLedger(tmp_path)
    assert all(again.read(each) == DONE for each in keys)
    again.close()


def test_folders_are_told_and_forgotten(ledger: ObjectLedger) -> None:
    for name in ("2024/1/a", "2024/1/b", "2024/2/c", "2025/1/d"):
        ledger.write(key(f"s3://b/{name}"), DONE)
    ledger.write(key("s3://b/2024/1/e"), PART)
    told = {each.key.origin: (each.whole, each.in_part) for each in ledger.folders()}
    assert told == {"s3://b/2024/1/": (2, 1), "s3://b/2024/2/": (1, 0), "s3://b/2025/1/": (1, 0)}
    assert ledger.forget("s3://b/2024/") == 4
    assert [each.key for each in ledger.folders()] == [key("s3://b/2025/1/")]
    assert ledger.read(key("s3://b/2024/1/a")) is None
    ledger.write(key("s3://b/2024/1/a"), DONE)
    assert ledger.read(key("s3://b/2024/1/a")) == DONE


def test_a_file_that_is_none_of_ours_stops(ledger: ObjectLedger, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"nonsense" * 1000)
    with pytest.raises(CorruptState, match="Delete it"):
        ledger.read(key("s3://b/k"))


def test_a_newer_format_is_not_guessed(ledger: ObjectLedger, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / NAME)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(CorruptState, match="format 99"):
        ledger.read(key("s3://b/k"))


def test_what_cannot_be_written_is_the_writers_error_and_can_be_tried_again(
    ledger: ObjectLedger, tmp_path: Path
) -> None:
    ledger.write(key("s3://b/0"), DONE)
    other = sqlite3.connect(tmp_path / NAME)
    other.execute("CREATE TRIGGER full BEFORE INSERT ON object BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    other.commit()
    with pytest.raises(StateUnwritable, match="disk full"):
        ledger.write(key("s3://b/new folder/1"), DONE)
    other.execute("DROP TRIGGER full")
    other.commit()
    other.close()
    ledger.write(key("s3://b/new folder/1"), DONE)
    assert ledger.read(key("s3://b/new folder/1")) == DONE


def test_objects_are_kept_here_and_files_elsewhere(ledger: ObjectLedger) -> None:
    files = FakeCheckpoints()
    both = StateCheckpoints(files, ledger)
    for origin in ("s3://b/k", "/logs/1.log"):
        both.write(key(origin), DONE)
        assert both.read(key(origin)) == DONE
    assert files.known == {key("/logs/1.log"): DONE}
