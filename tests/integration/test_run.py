"""`shipper run` against a real node: followed live, killed, stopped, left without its sensor and its store."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from integration.command import Shipper
from integration.containers import OpenSearchNode, free_port, wait_for
from integration.eve_log import DATASET, METHODS, EveLog, count_events, settings
from integration.fault_proxy import FaultProxy
from integration.running import Running


@pytest.fixture
def shipper(opensearch3: OpenSearchNode, tmp_path: Path) -> Iterator[Shipper]:
    with Shipper(opensearch3, f"flowtapr{os.getpid()}", tmp_path / "state").with_schema() as shipper:
        yield shipper


@pytest.fixture
def log(tmp_path: Path) -> EveLog:
    (tmp_path / "log").mkdir()
    return EveLog(tmp_path / "log" / "eve.json")


def wait_for_count(shipper: Shipper, events: int, seconds: float = 90) -> None:
    wait_for(lambda: count_or_none(shipper) >= events, seconds, lambda: f"{count_or_none(shipper)} of {events}")


def count_or_none(shipper: Shipper) -> int:
    status, _ = shipper.node.request("GET", f"/{shipper.prefix}-{DATASET}-2026.01")
    return shipper.count(DATASET) if status == 200 else 0


def test_new_events_arrive_and_a_signal_ends_it(shipper: Shipper, log: EveLog, tmp_path: Path) -> None:
    file = settings(tmp_path, log.path)
    log.write(100)
    assert f"{log.path}: {log.path.stat().st_size:,} bytes" in shipper("--config", file, "run", "--check").out
    with Running(shipper, file) as running:
        for _ in range(5):
            log.write(50)
            wait_for_count(shipper, log.written)
        assert running.health() == (200, {"status": "ok"})
        wait_for(lambda: running.sample("flowtap_backlog_bytes") == 0, 30, lambda: "there is a backlog")
        assert running.sample("flowtap_records_read_total") == log.written
        assert running.sample("flowtap_lag_seconds") == 0
        log.write(50)
        assert running.stop() == 143
        assert {"serving", "input begins", "file found", "ended"} <= {each["event"] for each in running.logged()}
    with Running(shipper, file, "--once") as running:
        assert running.ended() == 0
    assert count_events(shipper, log.written).exact
    told = shipper.documents({"term": {"flowtap.pipeline.stream": "eve"}}, "pipeline")
    assert sum(each["_source"]["flowtap"]["pipeline"]["records"]["read"] for each in told) >= log.written


@pytest.mark.slow
def test_f1_f2_f7_f9_each_event_once_through_rotations_and_kills(shipper: Shipper, log: EveLog, tmp_path: Path) -> None:
    file = settings(tmp_path, log.path)
    log.path.touch()
    running = Running(shipper, file)
    try:
        wait_for(lambda: running.health()[0] == 200, 30, lambda: "it does not begin")
        for step in range(24):
            log.write(log.dice.randrange(300, 900))
            log.rotate(METHODS[step % len(METHODS)])
            log.write(log.dice.randrange(300))
            if step % 6 == 5:
                running.kill()
                log.write(100)
                log.rotate()
                running = Running(shipper, file)
            wait_for_count(shipper, log.written // 2)  # it keeps up, more or less
        wait_for_count(shipper, log.written)
        assert running.stop() == 143
    finally:
        running.kill()
    count = count_events(shipper, log.written)
    assert (count.missing, count.duplicated, count.strangers) == (0, 0, 0)


def test_a_sensor_that_dies_is_told_and_recovery_needs_nobody(shipper: Shipper, log: EveLog, tmp_path: Path) -> None:
    with Running(shipper, settings(tmp_path, log.path, silent_after_seconds=5)) as running:
        running.wait_for_health(503, "no file at")
        assert running.sample("flowtap_waiting") == 1
        log.write(10)
        running.wait_for_health(200)
        wait_for_count(shipper, 10)
        running.wait_for_health(503, "nothing new in")
        log.path.unlink()
        running.wait_for_health(503, "no file at")
        log.write(10)
        running.wait_for_health(200)
        wait_for_count(shipper, 20)


def test_m1_without_opensearch_it_waits_and_goes_on(shipper: Shipper, log: EveLog, tmp_path: Path) -> None:
    log.write(100)
    with Running(shipper, settings(tmp_path, log.path)) as running:
        wait_for_count(shipper, 100)
        shipper.node.pause()
        try:
            log.write(20_000)
            running.wait_for_health(503, seconds=120)
        finally:
            shipper.node.unpause()
        wait_for_count(shipper, log.written)
        running.wait_for_health(200)
        assert running.stop() == 143
    assert count_events(shipper, log.written).exact


def test_a_run_may_begin_before_its_store_does(shipper: Shipper, log: EveLog, tmp_path: Path) -> None:
    port = free_port()
    away = replace(shipper, node=replace(shipper.node, url=f"http://127.0.0.1:{port}"))
    log.write(100)
    with Running(away, settings(tmp_path, log.path)) as running:
        wait_for(lambda: "tried again by itself" in running.last_words(), 60, running.last_words)
        with FaultProxy(shipper.node.url, port=port):
            wait_for_count(shipper, log.written)
            assert running.stop() == 143
    with Running(away, settings(tmp_path, log.path)) as running:
        wait_for(lambda: "tried again by itself" in running.last_words(), 60, running.last_words)
        assert running.stop() == 143


def test_what_the_settings_lack_is_named(shipper: Shipper, tmp_path: Path) -> None:
    (tmp_path / "empty.toml").write_text("")
    assert "[inputs.NAME]" in shipper("--config", tmp_path / "empty.toml", "run", code=3).err
    file = settings(tmp_path, tmp_path / "eve.json")
    assert "there are eve" in shipper("--config", file, "run", "other", code=3).err
    unit = shipper("--config", file, "run", "--print-unit").out
    assert f"--config {file} run" in unit
    assert "Restart=on-failure" in unit
