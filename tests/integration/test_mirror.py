"""Mirrored packets of overlapping networks, through a real Suricata into OpenSearch: every event names whose it is."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from integration.command import Shipper
from integration.containers import OpenSearchNode
from integration.suricata_runs import eve_of
from mirrored_traffic import write_mirrored

VNIS = (1, 0xFFF, 0x1000, 0x123456, 0xFFF000, 0xFFFFFF)
START = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
TELLING = {
    "alert": "url.original",
    "http": "url.original",
    "fileinfo": "file.name",
    "dns": "dns.question.name",
}


@pytest.fixture
def shipper(opensearch3: OpenSearchNode, tmp_path: Path) -> Iterator[Shipper]:
    with Shipper(opensearch3, f"flowtapm{os.getpid()}", tmp_path / "state").with_schema() as found:
        yield found


def inventory(path: Path, vnis: tuple[int, ...]) -> Path:
    sessions = [
        {
            "vni": vni, "session_id": f"tms-{vni}", "eni": f"eni-{vni}", "instance_id": f"i-{vni}",
            "vpc_id": f"vpc-{vni}", "valid_from": "2026-05-06T00:00:00Z",
        }
        for vni in vnis
    ]  # fmt: skip
    former = {"vni": 1, "eni": "eni-before", "valid_to": "2026-05-06T00:00:00Z"}
    path.write_text(json.dumps({"sessions": [former, *sessions]}))
    return path


def load(shipper: Shipper, eve: Path, known: Path, *more: str) -> None:
    told = shipper("--set", f"mirror.inventory={known}", "backfill", "eve", eve, "--vlan-is-vni", "--json", *more).json
    assert told["sums"]["dead_lettered"] == 0


def leaf(document: Any, path: str) -> Any:
    for part in path.split("."):
        document = document[part]
    return document


def test_six_sessions_of_the_same_addresses_stay_apart(shipper: Shipper, tmp_path: Path, suricata_image: str) -> None:
    del suricata_image
    mirrored, tagged = tmp_path / "mirrored.pcap", tmp_path / "tagged.pcap"
    write_mirrored(str(mirrored), VNIS, START.timestamp())
    told = shipper("mirror", "decode", mirrored, "--out", tagged, "--json").json
    assert {int(vni) for vni in told["vnis"]} == {*VNIS}
    assert (told["frames"], told["mirrored"], told["truncated"]) == (12 * 6, 12 * 6, 0)
    eve = eve_of([tagged], tmp_path / "suricata")

    load(shipper, eve, inventory(tmp_path / "inventory.json", VNIS[:-1]))
    documents = [hit["_source"] for hit in shipper.documents(dataset="suricata.*")]
    events = [each for each in documents if each["event"]["dataset"] != "suricata.stats"]
    assert {each["@timestamp"][:10] for each in events} == {"2026-05-06"}
    counted = Counter((leaf(each, "suricata.eve.event_type"), leaf(each, "flowtap.mirror.vni")) for each in events)
    for vni in VNIS:
        assert counted["flow", vni] == 2  # TCP and DNS
        assert all(counted[event_type, vni] for event_type in TELLING), counted
    for each in events:
        check(each, known=VNIS[:-1])

    load(shipper, eve, inventory(tmp_path / "inventory.json", VNIS), "--replace")
    mended = [hit["_source"] for hit in shipper.documents(dataset="suricata.*")]
    assert len(mended) == len(documents)
    for each in mended:
        if each["event"]["dataset"] != "suricata.stats":
            check(each, known=VNIS)


def check(document: dict[str, Any], known: tuple[int, ...]) -> None:
    """An event says its VNI, what that stands for if it is known, and what was said in that network."""
    mirror = leaf(document, "flowtap.mirror")
    vni = mirror["vni"]
    if vni in known:
        ids = {"session_id": "tms", "eni": "eni", "instance_id": "i", "vpc_id": "vpc"}
        assert mirror == {"vni": vni, **{name: f"{kind}-{vni}" for name, kind in ids.items()}}
        assert document["cloud"] == {"instance": {"id": f"i-{vni}"}}
    else:
        assert mirror == {"vni": vni}
    said = TELLING.get(leaf(document, "suricata.eve.event_type"))
    if said:
        assert leaf(document, said) in {f"/of/{vni}", f"vni-{vni}.example"}
