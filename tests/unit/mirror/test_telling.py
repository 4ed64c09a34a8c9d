"""A listener's figures as lines of EVE: sums over lines are the listener's, whatever the disk did meanwhile."""

import json
from pathlib import Path
from typing import Any

from mirror.tally import Tally
from mirror.telling import FiguresFile, lines
from mirror_accounts import FRAME_BYTES, account


def told(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_one_line_of_the_listener_and_one_of_each_vni() -> None:
    tally = Tally()
    before = account([9], 10, tally)
    now = account([0xFFFFFF, 9, 0x1001, 9], 70.5, tally, kernel_drops=2, truncated=1, waits="nobody reads the stream")
    first, *others = [json.loads(line) for line in lines(before, now, "sensor-1")]
    assert (first["timestamp"], first["event_type"], first["host"]) == (
        "1970-01-01T00:01:10.500000+00:00",
        "mirror",
        "sensor-1",
    )
    assert "vlan" not in first
    said = first["listener"]
    assert (said["frames"], said["mirrored"], said["mirrored_bytes"], said["vnis"]) == (5, 4, 4 * FRAME_BYTES, 3)
    assert (said["kernel_drops"], said["lost"], said["truncated"], said["interval_seconds"]) == (2, 2, 1, 60.5)
    assert (said["dropped"], said["dropped_by"], said["waits"]) == (1, {"cut": 1}, "nobody reads the stream")
    assert [(each["vlan"], each["listener"]["packets"], each["listener"]["bytes"]) for each in others] == [
        ([0, 9], 2, 2 * FRAME_BYTES),
        ([1, 1], 1, FRAME_BYTES),
        ([0xFFF, 0xFFF], 1, FRAME_BYTES),
    ]


def test_only_the_busiest_vnis_are_told_one_by_one() -> None:
    before, now = account([], 0), account([1, 2, 2, 3, 3], 60)
    first, *others = [json.loads(line) for line in lines(before, now, "s", most=2)]
    assert [each["vlan"] for each in others] == [[0, 2], [0, 3]]
    assert (first["listener"]["packets_of_further_vnis"], first["listener"]["vnis"]) == (1, 3)


def test_what_could_not_be_written_is_told_with_the_next(tmp_path: Path) -> None:
    tally, path = Tally(), tmp_path / "later" / "mirror.json"
    file = FiguresFile(path, "s", account([], 0, tally))
    assert file.write(account([1], 60, tally)) == f"{path}: No such file or directory"
    assert file.failed == 1
    path.parent.mkdir()
    assert file.write(account([1, 2], 120, tally)) == ""
    first, *others = told(path)
    assert (first["listener"]["mirrored"], first["listener"]["interval_seconds"]) == (3, 120)
    assert [each["listener"]["packets"] for each in others] == [2, 1]


def test_a_full_file_makes_room_for_another(tmp_path: Path) -> None:
    tally, path = Tally(), tmp_path / "mirror.json"
    file = FiguresFile(path, "s", account([], 0, tally), most_bytes=2000)
    for minute in range(1, 11):
        assert file.write(account([1], 60 * minute, tally)) == ""
        assert path.stat().st_size <= 2000
    assert {each.name for each in tmp_path.iterdir()} == {"mirror.json", "mirror.json.1"}
    assert told(path)[-1]["timestamp"] == "1970-01-01T00:10:00.000000+00:00"
    assert told(path.with_name("mirror.json.1"))
