"""B13, P1 to P5, M1 to M3 and our own disk: what a run does with its memory, its waits and its state directory.

P1 (helpers go on after an error, and grow): test_p1_m1_…, and test_faults_bulk.test_b10_… (stops at once).
P2 (no max_retries): test_p2_p3_…: as long as it takes. P3 (only 429, sleeps that cannot be cut short): test_p2_p3_… and
test_p3_…. P4 (no item retry beside an error): test_p4_…. P5 (the source document is not in the error): test_p4_p5_….
M1: test_p1_m1_…. M2: test_m2_…. M3: test_m3_….
"""

import json
import os
import resource
import signal
import subprocess
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from integration.command import Shipper
from integration.containers import PATIENCE_SECONDS, wait_for
from integration.fault_proxy import (
    BAD_GATEWAY,
    BUSY,
    NO_MANAGER,
    RESET,
    UNPARSABLE,
    FaultProxy,
    ItemError,
    Sent,
    chosen,
    first,
)
from integration.flow_log_files import BEGIN, HEADER, nonce, record, write_files
from integration.promise import RECORDS, assert_kept, backfill, dead_letters, running, through, wait_told
from shipper.deadletter import DeadLetterDirectory
from shipper.model import DeadLetter, Position, RecordKind


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def one_in_ten_is_refused(sent: Sent, given: int) -> ItemError | None:
    del given
    return UNPARSABLE if chosen(sent.id, 0.1) else None


def peak_megabytes(run: "subprocess.Popen[str]") -> float:
    """Most memory that a process which runs had so far."""
    return _status(run.pid, "VmHWM")


def megabytes(run: "subprocess.Popen[str]") -> float:
    return _status(run.pid, "VmRSS")


def _status(pid: int, key: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{key}:")) / 1024


def test_b13_dead_letters_that_cannot_be_written_stop_the_run_and_nothing_is_dropped(
    shipper: Shipper, tmp_path: Path, nonces: list[str]
) -> None:
    shipper.state.mkdir(mode=0o700)
    in_the_way = shipper.state / "deadletter"
    in_the_way.write_text("")
    with FaultProxy(shipper.node.url, items=one_in_ten_is_refused) as proxy:
        stopped = through(shipper, proxy)(*backfill(tmp_path / "logs"), code=3)
        told = json.loads(stopped.out)
        assert str(in_the_way) in told["failure"]
        assert "state.directory" in told["failure"]
        assert (told["finished"], told["sums"]["delivered"]) == (False, 0), "a chunk with lost letters was committed"
        in_the_way.unlink()
        rest = through(shipper, proxy)(*backfill(tmp_path / "logs"), code=5).json
    dead = dead_letters(shipper)
    assert 0 < len(dead) < RECORDS / 5
    assert_kept(shipper, nonces, rest, dead=dead)


def test_b13_a_quota_that_is_used_up_stops_the_run_and_says_what_mends_it(
    shipper: Shipper, tmp_path: Path, nonces: list[str]
) -> None:
    full = shipper.state / "deadletter/00000001.jsonl"
    full.parent.mkdir(parents=True)
    full.touch()
    os.truncate(full, 2 << 20)
    quota = ["opensearch.body_bytes=65536", "state.dead_letter_quota_bytes=1048576"]
    with FaultProxy(shipper.node.url, items=one_in_ten_is_refused) as proxy:
        stopped = through(shipper, proxy)(*backfill(tmp_path / "logs", settings=quota), code=3)
        told = json.loads(stopped.out)
        assert "state.dead_letter_quota_bytes" in told["failure"]
        assert "shipper deadletter list" in told["failure"]
        full.unlink()
        rest = through(shipper, proxy)(*backfill(tmp_path / "logs", settings=quota), code=5).json
    assert_kept(shipper, nonces, rest, dead=dead_letters(shipper))


def test_a_full_disk_under_the_state_stops_the_run_and_it_goes_on_from_there(
    shipper: Shipper, tmp_path: Path, tiny_disk: Path
) -> None:
    nonces = write_files(tmp_path / "logs", 3000, 6)
    on_tiny = replace(shipper, state=tiny_disk / "state")
    one_at_a_time = ["opensearch.body_bytes=65536", "opensearch.memory_bytes=1048576"]
    told, load = tmp_path / "told", backfill(tmp_path / "logs", settings=one_at_a_time)
    with FaultProxy(shipper.node.url) as proxy:
        # Six files of about five requests each, one after the other.
        proxy.hold(after=15)
        with running(through(on_tiny, proxy), told, *load) as run:
            wait_for(lambda: proxy.requests > 15, PATIENCE_SECONDS, told.read_text)
            ballast = fill(tiny_disk)
            proxy.release()
            out, _ = run.communicate(timeout=PATIENCE_SECONDS)
    assert run.returncode == 3, told.read_text()
    stopped = json.loads(out)
    assert "No space left on device" in stopped["failure"]
    assert str(on_tiny.state) in stopped["failure"]
    assert stopped["sums"]["delivered"] < 3000
    ballast.unlink()
    again = on_tiny(*backfill(tmp_path / "logs")).json
    assert again["sums"]["read"] + stopped["sums"]["read"] == 3000 + 6
    assert again["sums"]["delivered"] + again["sums"]["duplicate"] + stopped["sums"]["delivered"] == 3000
    assert_kept(on_tiny, nonces)


def fill(folder: Path) -> Path:
    """A file that leaves no byte."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    return ballast


def test_a_full_disk_under_the_dead_letters_stops_the_run(
    shipper: Shipper, tmp_path: Path, nonces: list[str], tiny_disk: Path
) -> None:
    on_tiny = replace(shipper, state=tiny_disk / "state")
    (on_tiny.state / "deadletter").mkdir(parents=True, mode=0o700)
    with FaultProxy(shipper.node.url, items=one_in_ten_is_refused) as proxy:
        proxy.hold()
        with running(through(on_tiny, proxy), tmp_path / "told", *backfill(tmp_path / "logs")) as run:
            wait_for(lambda: proxy.requests > 0, PATIENCE_SECONDS, lambda: "no request")
            ballast = fill(tiny_disk)
            proxy.release()
            out, _ = run.communicate(timeout=PATIENCE_SECONDS)
        told = json.loads(out)
        assert (run.returncode, told["sums"]["delivered"]) == (3, 0), (tmp_path / "told").read_text()
        assert "No space left on device" in told["failure"]
        ballast.unlink()
        rest = through(on_tiny, proxy)(*backfill(tmp_path / "logs"), code=5).json
    assert_kept(on_tiny, nonces, rest, dead=dead_letters(on_tiny))


def test_a_state_file_that_may_grow_no_more_stops_the_run(shipper: Shipper, tmp_path: Path, nonces: list[str]) -> None:
    """Needs no mount: RLIMIT_FSIZE set on the run while it works, as ulimit and quotas do."""
    with FaultProxy(shipper.node.url) as proxy:
        proxy.hold()
        with running(through(shipper, proxy), tmp_path / "told", *backfill(tmp_path / "logs")) as run:
            wait_for(lambda: proxy.requests > 0, PATIENCE_SECONDS, lambda: "no request")
            resource.prlimit(run.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            proxy.release()
            # Its own messages must get out: to a pipe, which is no file.
            out, _ = run.communicate(timeout=PATIENCE_SECONDS)
    assert run.returncode == 3
    assert "File too large" in json.loads(out)["failure"]
    assert_kept(shipper, nonces, shipper(*backfill(tmp_path / "logs")).json)


def settled(measure: Callable[[], float], within: float = 0.5, quiet_seconds: float = 5.0) -> float:
    """The measure, once it has not moved for a while."""
    end, begun, value = monotonic() + PATIENCE_SECONDS, monotonic(), measure()
    while monotonic() < begun + quiet_seconds:
        Event().wait(0.25)
        if abs((now := measure()) - value) > within:
            begun, value = monotonic(), now
        assert monotonic() < end, "it does not settle"
    return value


def test_p1_m1_a_store_that_stands_still_costs_no_memory_and_nothing_is_lost(shipper: Shipper, tmp_path: Path) -> None:
    nonces = write_files(tmp_path / "logs", 24_000, 2)
    budget = ["opensearch.memory_bytes=8388608"]
    with FaultProxy(shipper.node.url, count_ids=False) as proxy:
        proxy.hold()
        with running(through(shipper, proxy), tmp_path / "told", *backfill(tmp_path / "logs", settings=budget)) as run:
            wait_for(lambda: proxy.requests > 0, PATIENCE_SECONDS, lambda: "no request")
            before = settled(lambda: megabytes(run))
            requests = proxy.requests
            Event().wait(5)
            assert megabytes(run) < before + 4, "it grows while nothing gets through"
            assert proxy.requests == requests <= 4
            assert peak_megabytes(run) < 200
            assert run.poll() is None
            proxy.release()
            out, _ = run.communicate(timeout=PATIENCE_SECONDS)
            assert run.returncode == 0, (tmp_path / "told").read_text()
    assert_kept(shipper, nonces, json.loads(out))


def test_p2_p3_whatever_is_not_final_is_tried_for_as_long_as_it_takes(
    shipper: Shipper, tmp_path: Path, nonces: list[str]
) -> None:
    with FaultProxy(shipper.node.url, [BAD_GATEWAY, NO_MANAGER, RESET], items=first(4, BUSY, 0.01)) as proxy:
        told = through(shipper, proxy)(*backfill(tmp_path / "logs")).json
    assert_kept(shipper, nonces, told)
    assert max(proxy.seen.values()) >= 5


def test_p3_a_wait_is_told_and_is_cut_short_by_a_signal(shipper: Shipper, tmp_path: Path, nonces: list[str]) -> None:
    told, load = tmp_path / "told", backfill(tmp_path / "logs")
    with (
        FaultProxy(shipper.node.url, lambda _: BAD_GATEWAY) as proxy,
        running(through(shipper, proxy), told, *load) as run,
    ):
        line = wait_told(run, told, "waiting since", "HTTP 502")
        assert "| to mend it: " in line
        run.send_signal(signal.SIGTERM)
        out, _ = run.communicate(timeout=PATIENCE_SECONDS)
    assert run.returncode == 128 + signal.SIGTERM
    stopped = json.loads(out)
    assert (stopped["failure"], stopped["sums"]["read"]) == (None, 0)
    assert_kept(shipper, nonces, shipper(*backfill(tmp_path / "logs")).json)


def test_p4_p5_retries_and_refusals_in_one_reply_and_the_record_comes_back_whole(
    shipper: Shipper, tmp_path: Path
) -> None:
    records = {nonce(number): record(number, BEGIN) for number in range(500)}
    (tmp_path / "a.log").write_text("\n".join([HEADER, *records.values(), ""]))

    def plan(sent: Sent, given: int) -> ItemError | None:
        if chosen(sent.id, 0.1):
            return UNPARSABLE
        return BUSY if given < 2 and chosen(sent.id, 0.3) else None

    with FaultProxy(shipper.node.url, items=plan) as proxy:
        told = through(shipper, proxy)(*backfill(tmp_path / "a.log"), code=5).json
    letters = shipper("deadletter", "list", "--json", "--limit", 1000).json
    raw = {b64decode(letter["raw"]).decode() for letter in letters}
    assert_kept(shipper, list(records), told, dead=dead_letters(shipper))
    assert raw <= set(records.values())
    assert {letter["header"] for letter in letters} == {HEADER}
    assert {proxy.seen[letter["id"]] for letter in letters} == {1}
    assert proxy.done["item 429"] > 100


def peak(shipper: Shipper, *arguments: object) -> float:
    """Most memory of a whole run, in megabytes."""
    command, nowhere = shipper.command(*arguments), subprocess.DEVNULL
    run = subprocess.Popen(command, env=shipper.environment(), stdout=nowhere, stderr=nowhere, text=True)
    most, tick = 0.0, Event()
    while run.poll() is None:
        with suppress(FileNotFoundError, StopIteration, ProcessLookupError):
            most = max(most, peak_megabytes(run))
        tick.wait(0.01)
    assert run.returncode == 0, command
    return most


@pytest.fixture
def many_letters(shipper: Shipper) -> int:
    """Dead letters of 64 MiB on disk."""
    count = 1500
    now = datetime.now(UTC)
    store = DeadLetterDirectory(shipper.state / "deadletter")
    kind = RecordKind("flowlogs", {})
    for begin in range(0, count, 100):
        store.append(
            [
                DeadLetter(kind, b"x" * 32_768, Position("/o", 0), "IDENTITY-12c", ordinal, b"", "bad", now, now, "")
                for ordinal in range(begin, begin + 100)
            ]
        )
    return count


def test_m2_many_dead_letters_are_not_loaded_at_once(shipper: Shipper, tmp_path: Path, many_letters: int) -> None:
    plain = peak(shipper, "deadletter", "list", "--input", "none such")
    listed = peak(shipper, "deadletter", "list", "--limit", "5")
    assert listed < plain + 16, f"{many_letters} letters were held in memory: {plain:.0f} MB became {listed:.0f} MB"
    write_files(tmp_path / "logs", RECORDS, 3)
    assert peak(shipper, *backfill(tmp_path / "logs")) < 200
    assert shipper.count() == RECORDS


def test_m3_a_torn_last_letter_is_left_out_told_and_no_letter_is_lost(
    shipper: Shipper, tmp_path: Path, nonces: list[str]
) -> None:
    with FaultProxy(shipper.node.url, items=one_in_ten_is_refused) as proxy:
        through(shipper, proxy)(*backfill(tmp_path / "logs"), code=5)
        before = dead_letters(shipper)
        segment = max((shipper.state / "deadletter").glob("*.jsonl"))
        whole = segment.read_bytes()
        cut = whole[: whole.rindex(b"\n", 0, -1) + 40]
        segment.write_bytes(cut)
        assert len(dead_letters(shipper)) == len(before) - 1
        assert "a crash cut short" in shipper("deadletter", "list").err
        again = through(shipper, proxy)(*backfill(tmp_path / "logs", options=["--again"]), code=5).json
    assert_kept(shipper, nonces, again, dead=before)
