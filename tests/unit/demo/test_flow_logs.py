"""The command: what it writes, when it keeps what is there, and whom it leaves alone."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.flow_logs import main

NOW = datetime(2026, 11, 21, 10, 11, 40, tzinfo=UTC)


def run(out, *more, now=NOW):
    return main(["--out", str(out), "--records", "5000", *more], clock=lambda: now)


def contents(out):
    return {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written") / "flowlogs"
    assert run(folder) == 0
    return folder


@pytest.fixture
def out(written, tmp_path):
    return Path(shutil.copytree(written, tmp_path / "flowlogs"))


def test_writes_objects_story_and_manifest(tmp_path, capsys):
    out = tmp_path / "new" / "flowlogs"
    run(out)
    story = json.loads((out / "story.json").read_text())
    assert len(list(out.glob("AWSLogs/**/*.log.gz"))) == story["objects"]
    assert json.loads((out / "manifest.json").read_text())["complete"] is True
    assert capsys.readouterr().out.startswith(f"wrote {story['records']['total']:,} records in {story['objects']} ")


def test_running_again_keeps_the_day_until_it_is_24_hours_old(out, capsys):
    before = contents(out)
    assert run(out, now=NOW + timedelta(hours=23, minutes=50)) == 0
    assert "kept" in capsys.readouterr().out
    assert contents(out) == before
    run(out, now=NOW + timedelta(hours=24))
    assert json.loads((out / "story.json").read_text())["begin"] == "2026-11-21T10:10:00Z"
    assert not before.keys() & {path for path in contents(out) if path.suffix == ".gz"}


@pytest.mark.parametrize("asked", [["--fresh"], ["--seed", "3"], ["--records", "6000"], ["--end", "2026-11-20T08:00"]])
def test_tells_anew_when_asked_for_something_else(out, capsys, asked):
    run(out, *asked)
    assert "wrote" in capsys.readouterr().out.splitlines()[-1]


def test_fresh_with_the_same_end_writes_the_same_bytes(out):
    before = contents(out)
    run(out, "--fresh")
    assert contents(out) == before


def test_the_same_end_asked_for_is_kept(out, capsys):
    run(out, "--end", "2026-11-21T11:11:00+01:00")
    assert "kept" in capsys.readouterr().out


def test_a_day_cut_short_is_told_anew(out, capsys):
    next(out.glob("AWSLogs/**/*.log.gz")).unlink()
    run(out)
    assert "wrote" in capsys.readouterr().out.splitlines()[-1]


def test_a_folder_that_is_not_ours_is_left_alone(tmp_path, capsys):
    (tmp_path / "AWSLogs").mkdir()
    (tmp_path / "AWSLogs" / "real.log.gz").write_bytes(b"somebody's")
    assert run(tmp_path, "--fresh") == 2
    assert contents(tmp_path).popitem()[1] == b"somebody's"
    assert "manifest" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["10", "many", "99000000"])
def test_sizes_out_of_reason_are_refused(tmp_path, wrong):
    with pytest.raises(SystemExit) as stop:
        main(["--out", str(tmp_path), "--records", wrong])
    assert stop.value.code == 2
