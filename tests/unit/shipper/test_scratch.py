"""Folders of processes: one's own, gone when left; those of processes that live stay."""

from pathlib import Path

from shipper.scratch import scratch


def test_a_folder_goes_when_left_and_another_process_s_stays(tmp_path: Path) -> None:
    with scratch(tmp_path / "work") as first:
        (first / "file").write_text("x")
        with scratch(tmp_path / "work") as second:
            assert second != first
            assert (first / "file").exists()
        assert not second.exists()
    assert [*(tmp_path / "work").iterdir()] == []


def test_what_a_killed_process_left_goes_with_the_next(tmp_path: Path) -> None:
    (tmp_path / "run-left/deep").mkdir(parents=True)
    (tmp_path / "run-left/held").write_text("")
    with scratch(tmp_path):
        assert not (tmp_path / "run-left").exists()
