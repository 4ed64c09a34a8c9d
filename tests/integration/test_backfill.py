"""`shipper backfill flowlogs` against a real OpenSearch: what a person sees, and what is in the store afterwards."""

import gzip
import json
import os
import random
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.command import Shipper
from integration.containers import PATIENCE_SECONDS, OpenSearchNode, wait_for
from integration.fault_proxy import BAD_GATEWAY, FaultProxy, after
from integration.flow_log_files import BEGIN, HEADER, record, write_files
from integration.promise import running, through, wait_told

NAME = "123456789010_vpcflowlogs_eu-central-1_fl-0c5d19a3b7e2f4681_20260101T0000Z_0502665d.log.gz"

CRAFTED = 'ACCEPT","source":{"ip":"9.9.9.9'


@pytest.fixture
def shipper(opensearch3: OpenSearchNode, tmp_path: Path) -> Iterator[Shipper]:
    with Shipper(opensearch3, f"flowtapt{os.getpid()}", tmp_path / "state").with_schema() as shipper:
        yield shipper


def balanced(sums: dict[str, int]) -> bool:
    return sums["read"] == sums["accounted"]


def test_nothing_is_written_without_the_schema(opensearch3: OpenSearchNode, tmp_path: Path) -> None:
    shipper = Shipper(opensearch3, f"flowtapn{os.getpid()}", tmp_path / "state")
    write_files(tmp_path / "logs", 10, 1)
    done = shipper("backfill", "flowlogs", tmp_path / "logs", code=4)
    assert "shipper schema apply" in done.err


def test_loading_twice_adds_nothing_and_says_so(shipper: Shipper, tmp_path: Path) -> None:
    nonces = write_files(tmp_path / "logs", 3000, 3)
    first = shipper("backfill", "flowlogs", tmp_path / "logs", "--json").json
    assert first["sums"]["delivered"] == 3000
    assert first["sums"]["skipped"] == 3
    assert balanced(first["sums"])
    assert all(
        balanced({**sums, "accounted": sums["delivered"] + sums["skipped"]}) for sums in first["sources"].values()
    )
    assert "Nothing new: 3 of 3 inputs" in shipper("backfill", "flowlogs", tmp_path / "logs").out
    again = shipper("backfill", "flowlogs", tmp_path / "logs", "--again", "--json").json["sums"]
    assert (again["delivered"], again["duplicate"]) == (0, 3000)
    assert shipper.copies("aws.vpcflow.interface_id") == dict.fromkeys(nonces, 1)


def test_what_is_loaded_is_found_at_once(shipper: Shipper, tmp_path: Path) -> None:
    """Here the store itself would never make it so."""
    write_files(tmp_path / "some", 10, 1)
    shipper("backfill", "flowlogs", tmp_path / "some")
    never = {"index": {"refresh_interval": "-1"}}
    assert shipper.node.request("PUT", f"/{shipper.prefix}-aws.vpcflow-*/_settings", never)[0] == 200
    write_files(tmp_path / "more", 500, 1)
    delivered = shipper("backfill", "flowlogs", tmp_path / "more", "--json").json["sums"]["delivered"]
    assert delivered > 400
    assert shipper.node.request("GET", f"/{shipper.prefix}-aws.vpcflow-*/_count")[1]["count"] == 10 + delivered


def test_another_store_has_checkpoints_of_its_own(shipper: Shipper, tmp_path: Path) -> None:
    write_files(tmp_path / "logs", 10, 1)
    shipper("backfill", "flowlogs", tmp_path / "logs")
    other = Shipper(shipper.node, f"{shipper.prefix}b", shipper.state)
    other("schema", "apply", "--yes")
    try:
        assert other("backfill", "flowlogs", tmp_path / "logs", "--json").json["sums"]["delivered"] == 10
    finally:
        other.remove()


def test_the_same_bytes_are_the_same_documents_however_they_come(shipper: Shipper, tmp_path: Path) -> None:
    write_files(tmp_path / "logs", 2000, 1)
    text = (tmp_path / "logs/export-000.log").read_bytes()
    (tmp_path / "copy.gz").write_bytes(gzip.compress(text))
    shipper("backfill", "flowlogs", tmp_path / "logs")
    for sums in (
        shipper("backfill", "flowlogs", tmp_path / "copy.gz", "--json").json["sums"],
        shipper("backfill", "flowlogs", "-", "--json", stdin=text).json["sums"],
        shipper("backfill", "flowlogs", "-", "--json", stdin=gzip.compress(text)).json["sums"],
    ):
        assert (sums["delivered"], sums["duplicate"]) == (0, 2000)
    assert shipper.count() == 2000


def test_a_renamed_aws_object_follows_the_stream_rule(shipper: Shipper, tmp_path: Path) -> None:
    text = gzip.compress("\n".join([HEADER, record(1, BEGIN), record(2, BEGIN), ""]).encode())
    for name, delivered in ((NAME, 2), (f"copy/{NAME}", 0), ("renamed.log.gz", 2)):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text)
        assert shipper("backfill", "flowlogs", path, "--json").json["sums"]["delivered"] == delivered


def test_two_files_that_begin_alike_share_only_what_they_share(shipper: Shipper, tmp_path: Path) -> None:
    common = "".join(record(number, BEGIN) + "\n" for number in range(80_000))
    assert len(common) > 8 << 20
    for name, begin in (("one.log", 100_000), ("two.log", 200_000)):
        tail = "".join(record(number, BEGIN) + "\n" for number in range(begin, begin + 500))
        (tmp_path / name).write_text(f"{HEADER}\n{common}{tail}")
    shipper("backfill", "flowlogs", tmp_path / "one.log")
    second = shipper("backfill", "flowlogs", tmp_path / "two.log", "--json").json["sums"]
    copies = shipper.copies("aws.vpcflow.interface_id")
    assert len(copies) == 81_000
    in_the_chunk_where_they_part = sum(count == 2 for count in copies.values())
    assert set(copies.values()) == {1, 2}
    assert second["duplicate"] == 80_000 - in_the_chunk_where_they_part
    assert in_the_chunk_where_they_part * 118 < 1 << 20


def test_everything_comes_back_as_it_went_in_and_nothing_is_ignored(shipper: Shipper) -> None:
    big = 2**53 + 1
    rows = [
        f"2 123456789010 eni-1 2001:db8::1 2001:db8::2 34892 22 6 {big} {2**63 - 1} 1767225600 1767225660 ACCEPT OK",
        f'2 012345678901 eni-"}}}},{{"index":{{}} 10.0.0.1 10.0.0.2 1 2 6 1 1 1767225600 1767225660 {CRAFTED} OK',
        "2 unknown eni-1 - - - - - - - 1767225600 1767225660 - NODATA",
        "2 123456789010 eni-1 not-an-address 10.0.0.2 70000 2 6 -1 1e3 1767225600 1767225660 ACCEPT OK",
        f"2 123456789010 {'x' * 40_000} 10.0.0.1 10.0.0.2 1 2 6 1 1 1767225600 1767225660 ACCEPT OK",
        "2 123456789010 eni-1 10.0.0.1 10.0.0.2 1 2 6 1 1 12 13 ACCEPT OK",
    ]
    done = shipper("backfill", "flowlogs", "-", "--json", stdin="\n".join([HEADER, *rows, ""]).encode()).json
    assert done["sums"]["delivered"] == len(rows)
    assert (done["sums"]["malformed"], done["sums"]["nodata"], done["sums"]["suspect"]) == (2, 1, 1)
    hits = {int(hit["_id"][12:], 36): hit for hit in shipper.documents()}
    assert len(hits) == len(rows)
    assert not [hit["_ignored"] for hit in hits.values() if hit.get("_ignored")], "ignore_malformed had to step in"
    first = hits[1]["_source"]
    assert (first["source"]["packets"], first["source"]["bytes"]) == (big, 2**63 - 1)
    assert first["source"]["ip"] == "2001:db8::1"
    crafted = hits[2]["_source"]
    assert (crafted["source"]["ip"], crafted["destination"]["ip"]) == ("10.0.0.1", "10.0.0.2")
    assert crafted["cloud"]["account"]["id"] == "012345678901"
    assert crafted["event"]["action"] == CRAFTED.lower()
    assert hits[5]["_source"]["aws"]["vpcflow"]["interface_id"] == "x" * 40_000
    assert hits[6]["_index"] == f"{shipper.prefix}-aws.vpcflow-undated"


def test_bad_records_are_dead_letters_that_can_be_replayed(shipper: Shipper, tmp_path: Path) -> None:
    log = tmp_path / "custom.log"
    good = "10.0.0.1 10.0.0.2 1767225660 ACCEPT"
    log.write_bytes(f"{good}\nbogus line\n{good}\n".encode() + b"\xff\xfe not UTF-8\n")
    first = shipper("backfill", "flowlogs", log, "--json", code=5).json["sums"]
    assert (first["delivered"], first["dead_lettered"]) == (0, 4), "no header was given, so nothing fits"
    assert balanced(first)
    listed = shipper("deadletter", "list", "--json").json
    assert len(listed) == 4
    assert "--format" in listed[0]["reason"]
    shown = shipper("deadletter", "show", listed[1]["id"]).json
    assert (shown["text"], shown["line"], shown["offset"]) == ("bogus line", 1, len(good) + 1)
    assert shipper("deadletter", "replay", code=5).out.startswith("0 delivered")
    columns = ("--format", "${srcaddr} ${dstaddr} ${end} ${action}")
    second = shipper("backfill", "flowlogs", log, "--json", *columns, code=5).json["sums"]
    assert (second["delivered"], second["dead_lettered"]) == (2, 2), "other columns are another stream: it is read"
    replayed = shipper("deadletter", "replay", "--json", *columns, code=5).json
    assert (replayed["delivered"], replayed["duplicate"], replayed["refused"]) == (0, 2, 2)
    assert [letter["line"] for letter in shipper("deadletter", "list", "--json").json] == [1, 3]


def test_a_replay_may_name_the_columns(shipper: Shipper, tmp_path: Path) -> None:
    log = tmp_path / "custom.log"
    log.write_text("10.0.0.1 10.0.0.2 1767225660 ACCEPT\n")
    shipper("backfill", "flowlogs", log, code=5)
    shipper("deadletter", "replay", "--format", "${srcaddr} ${dstaddr} ${end} ${action}")
    assert shipper("deadletter", "list", "--json").json == []
    assert [hit["_source"]["source"]["ip"] for hit in shipper.documents()] == ["10.0.0.1"]


def test_a_replay_takes_only_the_letters_of_its_store(shipper: Shipper, tmp_path: Path) -> None:
    log = tmp_path / "custom.log"
    log.write_text("10.0.0.1 10.0.0.2 1767225660 ACCEPT\n")
    shipper("backfill", "flowlogs", log, code=5)
    other = Shipper(shipper.node, f"{shipper.prefix}b", shipper.state)
    other("schema", "apply", "--yes")
    try:
        done = other("deadletter", "replay", "--format", "${srcaddr} ${dstaddr} ${end} ${action}")
        assert done.out.startswith("0 delivered")
        assert "1 letters for other stores are left as they are" in done.err
        (letter,) = shipper("deadletter", "list", "--json").json
        assert letter["store"].endswith(f"/{shipper.prefix}")
        assert other.count() == 0
    finally:
        other.remove()


def test_what_the_store_refused_is_replayed_under_the_same_id(shipper: Shipper, tmp_path: Path) -> None:
    index = f"{shipper.prefix}-aws.vpcflow-2026.01"
    wrong = {
        "settings": {"index.mapping.ignore_malformed": False},
        "mappings": {"properties": {"event": {"properties": {"action": {"type": "date"}}}}},
    }
    assert shipper.node.request("PUT", f"/{index}", wrong)[0] == 200
    log = tmp_path / "a.log"
    log.write_text(f"{HEADER}\n{record(1, BEGIN)}\n")
    sums = shipper("backfill", "flowlogs", log, "--json", code=5).json["sums"]
    assert sums["dead_lettered"] == 1
    letter = shipper("deadletter", "list", "--json").json[0]
    assert letter["index"] == index
    assert "mapper_parsing_exception" in letter["reason"]
    shipper.node.request("DELETE", f"/{index}")
    assert shipper("deadletter", "replay").out.startswith("1 delivered")
    assert [hit["_id"] for hit in shipper.documents()] == [letter["id"]]
    assert shipper("deadletter", "list", "--json").json == []


def test_replace_corrects_documents_in_place(shipper: Shipper, tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(f"{HEADER}\n{record(1, BEGIN)}\n{record(2, BEGIN)}\n")
    shipper("backfill", "flowlogs", log)
    wrong = shipper.documents()[0]
    changed = {"doc": {"event": {"action": "wrong"}}}
    shipper.node.request("POST", f"/{wrong['_index']}/_update/{wrong['_id']}", changed)
    assert shipper("backfill", "flowlogs", log, "--again", "--json").json["sums"]["duplicate"] == 2
    assert {hit["_source"]["event"]["action"] for hit in shipper.documents()} == {"accept", "wrong"}
    sums = shipper("backfill", "flowlogs", log, "--replace", "--json").json["sums"]
    assert (sums["delivered"], sums["duplicate"]) == (2, 0)
    assert [hit["_source"]["event"]["action"] for hit in shipper.documents()] == ["accept", "accept"]


def test_ctrl_c_ends_a_pipe_that_says_nothing(shipper: Shipper) -> None:
    run = subprocess.Popen(
        shipper.command("backfill", "flowlogs", "-"), env=shipper.environment(), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    wait_for((shipper.state / "lock").exists, PATIENCE_SECONDS, lambda: "no lock")
    threading.Event().wait(1)
    run.send_signal(signal.SIGINT)
    assert run.wait(timeout=PATIENCE_SECONDS) == 128 + signal.SIGINT
    assert run.stdin is not None
    run.communicate()


def test_ctrl_c_ends_a_named_pipe_that_says_nothing(shipper: Shipper, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    run = shipper.start("backfill", "flowlogs", tmp_path / "pipe")
    wait_for((shipper.state / "lock").exists, PATIENCE_SECONDS, lambda: "no lock")
    threading.Event().wait(1)
    run.send_signal(signal.SIGINT)
    out, _ = run.communicate(timeout=PATIENCE_SECONDS)
    assert run.returncode == 128 + signal.SIGINT
    assert f"feed {tmp_path}/pipe again from its start" in out


def test_a_named_pipe_is_loaded(shipper: Shipper, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    run = shipper.start("backfill", "flowlogs", tmp_path / "pipe", "--json")
    text = f"{HEADER}\n{record(1, BEGIN)}\n"
    threading.Thread(target=(tmp_path / "pipe").write_text, args=(text,), daemon=True).start()
    out, err = run.communicate(timeout=PATIENCE_SECONDS)
    assert run.returncode == 0, err
    assert json.loads(out)["sums"]["delivered"] == 1


def test_standard_input_may_be_closed(shipper: Shipper, tmp_path: Path) -> None:
    write_files(tmp_path / "logs", 10, 1)

    def closed(*arguments: object) -> subprocess.CompletedProcess[str]:
        line = ["/bin/sh", "-c", '"$@" <&-', "sh", *shipper.command("backfill", "flowlogs", *arguments)]
        return subprocess.run(
            line, env=shipper.environment(), capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
        )  # fmt: skip

    assert "11 records" in closed(tmp_path / "logs").stdout
    done = closed("-")
    assert done.returncode == 3
    assert "no standard input" in done.stderr


def test_a_dry_run_changes_nothing_and_says_what_would_be(shipper: Shipper, tmp_path: Path) -> None:
    write_files(tmp_path / "logs", 300, 3)
    told = shipper("backfill", "flowlogs", tmp_path / "logs", "--dry-run", "--json").json
    assert sum(told["dry_run"]["partitions"].values()) == 300
    assert len(told["dry_run"]["partitions_new"]) == 3
    assert shipper.node.request("GET", f"/_cat/indices/{shipper.prefix}-*?format=json")[1] == []
    assert not shipper.state.exists()


def test_a_truncated_file_gives_what_it_has_and_is_read_again(shipper: Shipper, tmp_path: Path) -> None:
    write_files(tmp_path / "logs", 4000, 2)
    whole = (tmp_path / "logs/export-001.log.gz").read_bytes()
    (tmp_path / "logs/export-001.log.gz").write_bytes(whole[: len(whole) // 2])
    first = shipper("backfill", "flowlogs", tmp_path / "logs", "--json", code=5).json
    assert "truncated" in next(iter(first["problems"].values()))
    assert 2000 < first["sums"]["delivered"] < 4000
    (tmp_path / "logs/export-001.log.gz").write_bytes(whole)
    shipper("backfill", "flowlogs", tmp_path / "logs", "--json")
    assert len(shipper.copies("aws.vpcflow.interface_id")) == 4000


def test_six_kills_lose_nothing_and_double_nothing(shipper: Shipper, tmp_path: Path) -> None:
    nonces = write_files(tmp_path / "logs", 60_000, 9)
    chance = random.Random(20)  # noqa: S311  (moments to kill at, not secrets)
    pause = threading.Event()
    seen: list[int] = []
    load = ("--set", "opensearch.body_bytes=1048576", "backfill", "flowlogs", tmp_path / "logs")
    with FaultProxy(shipper.node.url, count_ids=False) as proxy:
        for _ in range(6):
            wanted = proxy.forwarded + chance.uniform(1, 14_000)
            run = through(shipper, proxy).start(*load, stderr=subprocess.DEVNULL)
            wait_for(
                lambda: proxy.forwarded >= wanted or run.poll() is not None,  # noqa: B023
                PATIENCE_SECONDS,
                lambda: f"{proxy.forwarded} documents were sent",
            )
            pause.wait(chance.uniform(0, 0.3))
            if run.poll() is None:
                run.kill()
                seen.append(shipper.count())
            run.communicate()
    assert any(0 < count < len(nonces) for count in seen), f"no kill hit the load: {seen}"
    last = shipper("backfill", "flowlogs", tmp_path / "logs", "--json").json["sums"]
    assert balanced(last)
    copies = shipper.copies("aws.vpcflow.interface_id")
    assert len(copies) == len(nonces), "records are missing"
    assert set(copies.values()) == {1}, "records are there twice"


def test_a_signal_stops_cleanly_and_the_next_run_goes_on(shipper: Shipper, tmp_path: Path) -> None:
    nonces = write_files(tmp_path / "logs", 60_000, 12)
    told, load = tmp_path / "told", ("backfill", "flowlogs", tmp_path / "logs", "--json")
    with (
        FaultProxy(shipper.node.url, after(3, BAD_GATEWAY), count_ids=False) as proxy,
        running(through(shipper, proxy), told, *load) as run,
    ):
        wait_told(run, told, "waiting since", "HTTP 502")
        wait_for(lambda: any(shipper.state.glob("checkpoints/*/*")), PATIENCE_SECONDS, lambda: "no checkpoint")
        run.send_signal(signal.SIGTERM)
        out, _ = run.communicate(timeout=PATIENCE_SECONDS)
    assert run.returncode == 128 + signal.SIGTERM, told.read_text()
    stopped = json.loads(out)
    assert not stopped["finished"]
    assert 0 < stopped["sums"]["delivered"] < 60_000
    assert balanced(stopped["sums"])
    rest = shipper(*load).json["sums"]
    assert rest["delivered"] + stopped["sums"]["delivered"] == 60_000
    assert shipper.copies("aws.vpcflow.interface_id") == dict.fromkeys(nonces, 1)


def test_a_second_process_is_told_who_holds_the_state(shipper: Shipper, tmp_path: Path) -> None:
    write_files(tmp_path / "logs", 3000, 3)
    load = ("backfill", "flowlogs", tmp_path / "logs")
    with FaultProxy(shipper.node.url) as proxy:
        proxy.hold()
        with running(through(shipper, proxy), tmp_path / "told", *load) as run:
            wait_for((shipper.state / "lock").exists, PATIENCE_SECONDS, lambda: "no lock")
            done = shipper(*load, code=3)
            assert f"process {run.pid} on" in done.err
    shipper(*load, "--json")


def test_a_store_that_goes_away_is_waited_for(shipper: Shipper, tmp_path: Path) -> None:
    nonces = write_files(tmp_path / "logs", 60_000, 6)
    told = tmp_path / "told"
    with FaultProxy(shipper.node.url, count_ids=False) as proxy:
        proxy.hold(after=3)
        load = ("backfill", "flowlogs", tmp_path / "logs", "--json")
        with running(through(shipper, proxy), told, *load) as run:
            wait_for(lambda: proxy.requests > 3, PATIENCE_SECONDS, told.read_text)
            shipper.node.stop()
            proxy.release()
            wait_told(run, told, "waiting since")
            assert run.poll() is None, "it gave up"
            shipper.node.start()
            out, _ = run.communicate(timeout=PATIENCE_SECONDS)
            assert run.returncode == 0, told.read_text()
    sums = json.loads(out)["sums"]
    assert sums["delivered"] + sums["duplicate"] == 60_000
    assert shipper.copies("aws.vpcflow.interface_id") == dict.fromkeys(nonces, 1)


def test_the_writer_needs_no_more_than_its_role_on_a_secured_node(opensearch2: OpenSearchNode, tmp_path: Path) -> None:
    operator = Shipper(opensearch2.as_user("flowtap_operator"), "flowtap", tmp_path / "state")
    operator("schema", "apply", "--yes")
    nonces = write_files(tmp_path / "logs", 500, 3)
    writer = Shipper(opensearch2.as_user("flowtap_writer"), "flowtap", tmp_path / "state")
    try:
        assert writer("backfill", "flowlogs", tmp_path / "logs", "--json").json["sums"]["delivered"] == 500
        assert operator.copies("aws.vpcflow.interface_id") == dict.fromkeys(nonces, 1)
        stranger = Shipper(opensearch2.as_user("flowtap_reader"), "flowtap", tmp_path / "other")
        refused = stranger("backfill", "flowlogs", tmp_path / "logs", code=4)
        assert opensearch2.passwords["flowtap_reader"] not in refused.err
    finally:
        Shipper(opensearch2, "flowtap", tmp_path).remove()
