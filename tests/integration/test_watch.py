"""A run that is watched, against a real OpenSearch: figures add up, dead letters are told of, health is seen."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, Popen
from threading import Thread
from typing import Any

import pytest
import urllib3
from prometheus_client.parser import text_string_to_metric_families

from integration.command import Shipper
from integration.containers import PATIENCE_SECONDS, OpenSearchNode, free_port, wait_for
from integration.fault_proxy import BUSY, TOO_MANY, FaultProxy, first
from integration.flow_log_files import BEGIN, HEADER, record, write_files
from integration.promise import backfill, through

FORMAT = "${srcaddr} ${dstaddr} ${end} ${action}"
GOOD = "10.0.0.1 10.0.0.2 1767225660 ACCEPT"
FATES = ("delivered", "duplicate", "dead_lettered", "expired", "excluded", "skipped")


@pytest.fixture
def shipper(opensearch3: OpenSearchNode, tmp_path: Path) -> Iterator[Shipper]:
    with Shipper(opensearch3, f"flowtapw{os.getpid()}", tmp_path / "state").with_schema() as shipper:
        yield shipper


class Served:
    """`backfill … - --http`: the files are loaded, then standard input keeps the run open until it is closed."""

    def __init__(self, shipper: Shipper, *arguments: object) -> None:
        self.url = f"127.0.0.1:{free_port()}"
        command = shipper.command(*arguments, "-", "--http", self.url, "--json")
        self.process = Popen(command, env=shipper.environment(), stdin=PIPE, stdout=PIPE, stderr=PIPE)
        wait_for(self._answers, PATIENCE_SECONDS, lambda: f"nothing is served, exit {self.process.poll()}")

    def __enter__(self) -> "Served":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def get(self, path: str) -> urllib3.BaseHTTPResponse:
        with urllib3.PoolManager(retries=False, timeout=30) as pool:
            return pool.request("GET", f"http://{self.url}{path}")

    def health(self) -> tuple[int, Any]:
        answer = self.get("/healthz")
        return answer.status, answer.json()

    def samples(self) -> dict[tuple[str, str], float]:
        """By name, and by fate or mark where there is one."""
        return {
            (sample.name, sample.labels.get("fate", sample.labels.get("mark", ""))): sample.value
            for family in text_string_to_metric_families(self.get("/metrics").data.decode())
            for sample in family.samples
        }

    def end(self) -> Any:
        """Close the input and give the summary."""
        out, err = self.process.communicate(timeout=PATIENCE_SECONDS)
        assert self.process.returncode in {0, 5}, err
        return json.loads(out)

    def _answers(self) -> bool:
        assert self.process.poll() is None
        try:
            return self.get("/healthz").status == 200
        except urllib3.exceptions.HTTPError:
            return False


def test_the_documents_of_runs_add_up_to_what_they_loaded(shipper: Shipper, tmp_path: Path) -> None:
    write_files(tmp_path / "logs", 3000, 3)
    with FaultProxy(shipper.node.url, [None, TOO_MANY], items=first(1, BUSY, 0.01)) as proxy:
        told = through(shipper, proxy)(*backfill(tmp_path / "logs")).json
        again = through(shipper, proxy)(*backfill(tmp_path / "logs", options=["--again"])).json["sums"]
    hits = shipper.documents(dataset="pipeline")
    assert not [hit["_ignored"] for hit in hits if hit.get("_ignored")]
    assert len({hit["_source"]["flowtap"]["pipeline"]["worker"] for hit in hits}) == 2
    fields = {
        "delivered": "records.delivered", "duplicate": "records.duplicate", "skipped": "records.skipped",
        "read": "records.read", "bytes": "bytes.read", "requests": "requests.sent", "resent": "documents.retried",
        "throttled": "requests.throttled", "retried": "requests.retried", "milliseconds": "requests.milliseconds",
    }  # fmt: skip
    sums = {name: {"sum": {"field": f"flowtap.pipeline.{field}"}} for name, field in fields.items()}
    answer = shipper.search({"size": 0, "aggs": sums}, "pipeline")["aggregations"]
    assert answer["delivered"]["value"] == again["duplicate"] == answer["duplicate"]["value"] == 3000
    assert answer["read"]["value"] == 2 * again["read"]
    assert answer["bytes"]["value"] == 2 * sum(path.stat().st_size for path in (tmp_path / "logs").iterdir())
    assert answer["requests"]["value"] == proxy.requests
    assert answer["resent"]["value"] == told["resent_documents"] > 0
    assert 1 < answer["throttled"]["value"] <= proxy.requests
    assert 0 < answer["retried"]["value"] <= proxy.requests
    assert answer["milliseconds"]["value"] > 0
    for hit in hits:
        told = hit["_source"]["flowtap"]["pipeline"]
        assert 0 < told["requests"]["milliseconds_max"] <= told["requests"]["milliseconds"]
        assert (told["documents"]["parked"], told["memory_bytes"]) == (0, 0), "at the end of a run"
    ended = [hit["_source"]["flowtap"]["pipeline"]["state"] for hit in hits]
    assert ended == ["finished", "finished"]


def test_figures_and_summaries_can_be_switched_off(shipper: Shipper, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("bogus\n")
    off = ("--set", "watch.pipeline_documents=false", "--set", "watch.dead_letter_summaries=false")
    shipper(*off, "backfill", "flowlogs", tmp_path / "a.log", code=5)
    assert shipper.node.request("GET", f"/_cat/indices/{shipper.prefix}-*?format=json")[1] == []


def test_dead_letters_are_told_of_once_and_no_longer_when_they_got_through(shipper: Shipper, tmp_path: Path) -> None:
    index = f"{shipper.prefix}-aws.vpcflow-2026.01"
    wrong = {
        "settings": {"index.mapping.ignore_malformed": False},
        "mappings": {"properties": {"event": {"properties": {"action": {"type": "date"}}}}},
    }
    assert shipper.node.request("PUT", f"/{index}", wrong)[0] == 200
    log = tmp_path / "private folder" / "a.log"
    log.parent.mkdir()
    log.write_bytes(f"{HEADER}\n{record(1, BEGIN)}\nbogus ".encode() + b"\xff" * 2000 + b"\n")
    for _ in range(2):
        shipper("backfill", "flowlogs", log, "--again", code=5)
    letters = {letter["id"]: letter for letter in shipper("deadletter", "list", "--json").json}
    hits = {hit["_id"]: hit for hit in shipper.documents(dataset="deadletter")}
    assert hits.keys() == letters.keys()
    assert len(hits) == 2
    assert not [hit["_ignored"] for hit in hits.values() if hit.get("_ignored")]
    for name, hit in hits.items():
        told = hit["_source"]["flowtap"]["deadletter"]
        assert (told["ordinal"], told["offset"]) == (letters[name]["line"], letters[name]["offset"])
        assert told["origin"] == "a.log"
        assert "private folder" not in json.dumps(hit)
    by_type = {hit["_source"]["flowtap"]["deadletter"].get("error_type"): hit["_id"] for hit in hits.values()}
    assert by_type.keys() == {"mapper_parsing_exception", None}
    shipper.node.request("DELETE", f"/{index}")
    shipper("deadletter", "replay", code=5)
    assert [hit["_id"] for hit in shipper.documents(dataset="deadletter")] == [by_type[None]]
    shipper("deadletter", "purge", "--yes")
    assert shipper.documents(dataset="deadletter") == []


def test_summaries_that_a_killed_run_owes_are_written_by_the_next(shipper: Shipper, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("bogus\n")
    (tmp_path / "b.log").write_text(f"{HEADER}\n{record(1, BEGIN)}\n")
    with Served(shipper, "backfill", "flowlogs", tmp_path / "a.log") as run:
        wait_for(lambda: any(shipper.state.glob("deadletter/*.jsonl")), PATIENCE_SECONDS, lambda: "no dead letter")
        run.process.kill()
        run.process.wait()
    shipper("backfill", "flowlogs", tmp_path / "b.log")
    assert len(shipper.documents(dataset="deadletter")) == 1
    assert not (shipper.state / "summaries-due").exists()


def test_metrics_agree_with_the_sums(shipper: Shipper, tmp_path: Path) -> None:
    write_files(tmp_path / "logs", 3000, 3)
    (tmp_path / "logs" / "bad.log").write_text(f"{HEADER}\nbogus\n")
    with Served(shipper, "backfill", "flowlogs", tmp_path / "logs") as run:
        wait_for(
            lambda: run.samples()["flowtap_records_read_total", ""] == 3005,
            PATIENCE_SECONDS,
            lambda: str(run.samples()),
        )
        seen = run.samples()
        assert run.health() == (200, {"status": "ok"})
        sums = run.end()
    assert {fate: seen["flowtap_records_total", fate] for fate in FATES} == {fate: sums["sums"][fate] for fate in FATES}
    assert sums["sums"]["dead_lettered"] == seen["flowtap_dead_letters_kept", ""] == 1
    assert seen["flowtap_read_bytes_total", ""] == sums["bytes_read"]
    assert seen["flowtap_requests_total", ""] > 0
    assert seen["flowtap_requests_seconds_total", ""] > 0
    assert seen["flowtap_documents_parked", ""] == seen["flowtap_batches_in_flight_bytes", ""] == 0
    assert seen["flowtap_documents_resent_total", ""] == sums["resent_documents"]
    assert seen["flowtap_waiting", ""] == seen["flowtap_batches_in_flight", ""] == 0


def test_health_says_what_is_waited_for_and_since_when(shipper: Shipper, tmp_path: Path) -> None:
    settings = ("--set", "opensearch.timeout_seconds=5", "--set", "watch.unhealthy_after_seconds=2")
    write_files(tmp_path / "logs", 10, 1)
    with Served(shipper, *settings, "backfill", "flowlogs", tmp_path / "logs") as run:
        wait_for(
            lambda: run.samples()["flowtap_records_total", "delivered"] == 10,
            PATIENCE_SECONDS,
            lambda: str(run.samples()),
        )
        shipper.node.pause()
        lines = "".join(record(number, BEGIN) + "\n" for number in range(10, 40_000))
        assert run.process.stdin is not None
        # a run that waits need not read: what feeds it may not be what unpauses the node
        feeding = Thread(target=run.process.stdin.write, args=(f"{HEADER}\n{lines}".encode(),), daemon=True)
        try:
            feeding.start()
            wait_for(lambda: run.health()[0] == 503, PATIENCE_SECONDS, lambda: str(run.health()))
            wait_for(
                lambda: "did not answer" in run.health()[1].get("what", ""), PATIENCE_SECONDS, lambda: str(run.health())
            )
            assert run.health()[1]["seconds"] >= 0
            assert run.health()[1]["since"]
            assert run.samples()["flowtap_waiting", ""] == 1
        finally:
            shipper.node.unpause()
        wait_for(lambda: run.health()[0] == 200, PATIENCE_SECONDS, lambda: str(run.health()))
        feeding.join(PATIENCE_SECONDS)
        sums = run.end()["sums"]
        assert sums["delivered"] + sums["duplicate"] == 40_000, "what a paused node was sent it takes afterwards"


def test_the_end_of_a_run_does_not_wait_for_a_store_that_hangs(shipper: Shipper, tmp_path: Path) -> None:
    settings = ("--set", "opensearch.timeout_seconds=2")
    write_files(tmp_path / "logs", 10, 1)
    with Served(shipper, *settings, "backfill", "flowlogs", tmp_path / "logs") as run:
        wait_for(
            lambda: run.samples()["flowtap_records_read_total", ""] == 11, PATIENCE_SECONDS, lambda: str(run.samples())
        )
        shipper.node.pause()
        try:
            assert run.end()["finished"]
        finally:
            shipper.node.unpause()


@pytest.mark.parametrize("address", ["0.0.0.0:0", "127.0.0.1", "nowhere:1"])
def test_an_address_that_will_not_do_is_refused_before_anything_is_read(shipper: Shipper, address: str) -> None:
    done = shipper("backfill", "flowlogs", "-", "--http", address, code=3)
    assert address in done.err


def test_an_address_in_use_is_named(shipper: Shipper) -> None:
    with Served(shipper, "backfill", "flowlogs") as run:
        done = shipper(
            "--set", f"state.directory={shipper.state}2", "backfill", "flowlogs", "-", "--http", run.url, code=3
        )
        assert run.url in done.err


def test_the_writer_may_tell_and_says_what_it_may_not_take_away(opensearch2: OpenSearchNode, tmp_path: Path) -> None:
    """Roles are made for the prefix flowtap."""
    operator = Shipper(opensearch2.as_user("flowtap_operator"), "flowtap", tmp_path / "state")
    writer = Shipper(opensearch2.as_user("flowtap_writer"), "flowtap", tmp_path / "state")
    operator("schema", "apply", "--yes")
    try:
        (tmp_path / "a.log").write_text("bogus\n")
        writer("backfill", "flowlogs", tmp_path / "a.log", code=5)
        assert len(operator.documents(dataset="pipeline")) == len(operator.documents(dataset="deadletter")) == 1
        assert "security_exception" in writer("deadletter", "purge", "--yes").err
        writer("backfill", "flowlogs", tmp_path / "a.log", "--again", code=5)
        assert operator("deadletter", "purge", "--yes").err == ""
        assert operator.documents(dataset="deadletter") == []
    finally:
        Shipper(opensearch2, "flowtap", tmp_path).remove()
