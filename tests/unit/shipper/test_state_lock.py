"""One process at a time: shown with real processes."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fakes import NOW
from shipper.errors import StateBusy, StateUnwritable
from shipper.state_lock import StateLock

HOLD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from shipper.state_lock import StateLock
with StateLock(Path(sys.argv[1]), datetime(2024, 2, 3, tzinfo=UTC)):
    print("held", flush=True)
    sys.stdin.read()
"""

NO_SPACE = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from shipper.errors import StateUnwritable
from shipper.state_lock import StateLock
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
try:
    StateLock(Path(sys.argv[1]), datetime(2024, 2, 3, tzinfo=UTC)).__enter__()
except StateUnwritable as error:
    print(error)
"""


@contextmanager
def holder(directory: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_the_second_process_is_told_who_holds_the_directory(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        said = f"{tmp_path} is held by process {process.pid} on {socket.gethostname()} since 2024-02-03T00:00:00+00:00"
        with pytest.raises(StateBusy, match=re.escape(said)), StateLock(tmp_path, NOW):
            pass
        with pytest.raises(StateBusy, match=re.escape(said)), StateLock(tmp_path, NOW):
            pass


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with StateLock(tmp_path, NOW):
            assert f'"pid": {os.getpid()}' in (tmp_path / "lock").read_text()


def test_what_is_let_go_can_be_held_again(tmp_path: Path) -> None:
    for _ in range(2):
        with StateLock(tmp_path / "state", NOW), pytest.raises(StateBusy), StateLock(tmp_path / "state", NOW):
            pass
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


def test_a_holder_that_has_not_said_who_it_is_is_another_process(tmp_path: Path) -> None:
    with StateLock(tmp_path, NOW):
        (tmp_path / "lock").write_text("{")
        with pytest.raises(StateBusy, match="is held by another process"), StateLock(tmp_path, NOW):
            pass


def test_a_directory_that_cannot_be_made_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateUnwritable, match=str(tmp_path / "file")), StateLock(tmp_path / "file", NOW):
        pass


def test_a_full_disk_is_an_error_that_names_the_lock(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", NO_SPACE, str(tmp_path)], capture_output=True, text=True, check=True, timeout=30
    )
    assert f"cannot write {tmp_path / 'lock'}: File too large" in run.stdout


def test_what_killed_writes_left_goes_and_nothing_else_does(tmp_path: Path) -> None:
    ours = ["checkpoints/ab/.abcd.json.4242.tmp", "deadletter/.00000001.jsonl.17.tmp", ".summaries-due.3.tmp"]
    others = [
        "checkpoints/ab/abcd.json",
        "checkpoints/ab/.abcd.json.x.tmp",
        "deadletter/00000001.jsonl",
        "deadletter/.other.tmp",
        ".mine.3.tmp",
        "checkpoints/ab/below/.abcd.json.4242.tmp",
    ]
    for name in (*ours, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    with StateLock(tmp_path, NOW):
        assert not [name for name in ours if (tmp_path / name).exists()]
        assert all((tmp_path / name).exists() for name in others)
