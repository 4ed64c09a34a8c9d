"""Captures through Suricata into OpenSearch: every event once, however often, by how many, and whatever was killed."""

import gzip
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.command import Shipper
from integration.containers import OpenSearchNode, wait_for
from integration.suricata_runs import PCAPS

pytestmark = pytest.mark.usefixtures("suricata_image")
PREFIX = f"flowtapp{os.getpid()}"
NAMES = ("bug-3616-smtp.pcap", "smb2-async.pcap")
PATIENCE_SECONDS = 120


@pytest.fixture
def shipper(opensearch3: OpenSearchNode, tmp_path: Path) -> Iterator[Shipper]:
    with Shipper(opensearch3, PREFIX, tmp_path / "state").with_schema() as shipper:
        yield shipper


@pytest.fixture
def captures(tmp_path: Path) -> Path:
    """A folder with a few."""
    folder = tmp_path / "captures"
    folder.mkdir()
    for name in NAMES:
        shutil.copyfile(PCAPS / name, folder / name)
    return folder


def analysed(shipper: Shipper, captures: Path) -> Counter[str]:
    """Events by type as Suricata writes them: with `analyze`, counted in its files."""
    out = captures.with_name("out")
    shipper("suricata", "analyze", captures, "--out", out)
    lines = [line for file in out.iterdir() for line in file.read_text("utf-8").splitlines()]
    assert len(lines) > 10
    return Counter(json.loads(line)["event_type"] for line in lines)


def stored(shipper: Shipper) -> Counter[str]:
    return Counter(shipper.copies("suricata.eve.event_type", "suricata.*"))


def test_killed_half_way_two_at_once_packed_and_renamed_each_event_is_stored_once(
    shipper: Shipper, captures: Path
) -> None:
    events = analysed(shipper, captures)
    os.mkfifo(waits := captures.with_name("waits"))  # nobody writes to it: the load is held in its middle
    running = shipper.start("backfill", "pcap", captures / NAMES[0], waits)
    try:
        wait_for(lambda: shipper.count("suricata.*") > 0, PATIENCE_SECONDS, lambda: "nothing is stored")
    finally:
        running.kill()
        running.communicate()
    assert any(shipper.state.glob("pcap/run-*"))
    beside = Shipper(shipper.node, shipper.prefix, shipper.state.with_name("beside"))
    both = [each.start("backfill", "pcap", captures, "--again") for each in (shipper, beside)]
    said = [each.communicate(timeout=PATIENCE_SECONDS) for each in both]
    assert [each.returncode for each in both] == [0, 0], said
    assert not any(shipper.state.glob("pcap/run-*"))
    assert stored(shipper) == events
    assert shipper("backfill", "pcap", captures, "--json").json["inputs_unchanged"] == len(NAMES)
    packed = captures.with_name("another.gz")
    packed.write_bytes(gzip.compress((captures / NAMES[0]).read_bytes()))
    more = shipper("backfill", "pcap", packed, "--json").json["sums"]
    assert (more["delivered"], more["duplicate"] > 0) == (0, True)
    assert stored(shipper) == events
    flows = shipper.copies("suricata.eve.flow_id", "suricata.flow")
    assert set(shipper.copies("suricata.eve.flow_id", "suricata.alert")) <= set(flows)


def test_wrong_rules_load_nothing_and_other_rules_add_their_alerts_alone(
    shipper: Shipper, captures: Path, tmp_path: Path
) -> None:
    (wrong := tmp_path / "wrong.rules").write_text('alert tcp any any -> any any (msg:"x"; no_such; sid:1;)\n')
    capture = captures / NAMES[0]
    told = shipper("backfill", "pcap", capture, "--rules", wrong, "--json", code=3).json
    assert "local.rules:1" in told["failure"]
    assert "no_such" in told["failure"]
    assert told["sums"]["read"] == 0
    (none := tmp_path / "none.rules").write_text("")
    shipper("backfill", "pcap", capture, "--rules", none)
    before = stored(shipper)
    assert before.total() > 0
    assert "alert" not in before
    shipper("backfill", "pcap", capture)
    after = stored(shipper)
    assert after["alert"] > 0
    assert after - Counter(alert=after["alert"]) == before


def test_what_is_no_capture_or_not_whole_is_told_and_the_others_go_on(shipper: Shipper, captures: Path) -> None:
    whole = (PCAPS / NAMES[0]).read_bytes()
    (captures / NAMES[0]).unlink()
    for name, content in (("cut.pcap", whole[:-10]), ("empty.pcap", b""), ("notes.txt", b"no capture\n")):
        (captures / name).write_bytes(content)
    told = shipper("backfill", "pcap", captures, "--json", code=5).json
    assert {Path(name).name for name in told["problems"]} == {"cut.pcap"}
    assert {Path(name).name: what for name, what in told["other_files"].items()} == {
        "empty.pcap": "empty",
        "notes.txt": "no capture: it begins with 6e 6f 20 63",
    }
    assert "cut.pcap: ends in the middle" in next(iter(told["problems"].values()))
    assert told["sums"]["read"] == told["sums"]["accounted"]
    assert all(sum(told["sources"][str(captures / name)].values()) > 0 for name in ("cut.pcap", NAMES[1]))
