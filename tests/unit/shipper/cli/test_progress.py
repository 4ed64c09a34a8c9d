"""Progress as a line."""

from dataclasses import replace

import pytest

from shipper.cli.progress import Snapshot, line

NOW = Snapshot(3, 9, 1 << 30, 4 << 30, 12_345_678, 0, 0, "")
WHOLE = "3/9 files, 1.0 GiB of 4.0 GiB (25 %), 12,345,678 records, 123,457/s, 5:00 left, 0 re-sent, 0 dead letters"


def test_everything_is_told_where_there_is_room() -> None:
    assert line(NOW, 100) == WHOLE


@pytest.mark.parametrize("width", range(30, 120, 3))
def test_a_line_fits(width: int) -> None:
    assert len(line(NOW, 100, width)) <= width
    assert "1.0 GiB of 4.0 GiB (25 %)" in line(NOW, 100, width)


def test_dead_letters_are_kept_longer_than_none() -> None:
    """54 columns are what the bar leaves of 80."""
    assert line(NOW, 100, 54) == "1.0 GiB of 4.0 GiB (25 %), 12,345,678 records"
    assert line(replace(NOW, rejects=7), 100, 54) == "1.0 GiB of 4.0 GiB (25 %), 7 dead letters"


def test_while_waiting_nobody_knows_how_long_it_takes() -> None:
    assert "left" in line(NOW, 100)
    assert "left" not in line(replace(NOW, waiting="waiting since 10:00:00Z: no connection"), 100)
