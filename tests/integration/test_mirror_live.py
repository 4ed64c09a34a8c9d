"""Mirrored packets over UDP, listener, pipe, a real Suricata that reads it, `run`: each event comes, with its VNI."""

import os
import socket
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.vxlan import VXLAN

from integration.command import Shipper
from integration.containers import OpenSearchNode, wait_for
from integration.mirrored_pipe import PATIENCE_SECONDS, events, sensing
from integration.running import Running
from mirrored_traffic import conversations

VNIS = (1, 0xFFF, 0x1000, 0x123456, 0xFFF000, 0xFFFFFF)
CLOSED_SECONDS = 60
"""Suricata's timeout of a closed connection (suricata/templates/suricata.yaml, flow-timeouts)."""
LATEST_SECONDS = 15
"""After it the record of the connection is there."""
_EVENTS = ("alert", "dns", "fileinfo", "flow", "http")


def closed(shipper: Shipper) -> dict[int, dict[str, Any]]:
    """Records of closed connections by VNI, as whoever asks now finds them."""
    body = {"size": 100, "query": {"term": {"suricata.eve.flow.state": "closed"}}}
    status, answer = shipper.node.request("POST", f"/{shipper.prefix}-suricata.flow-*/_search", body)
    hits = answer["hits"]["hits"] if status == 200 else []
    return {hit["_source"]["flowtap"]["mirror"]["vni"]: hit["_source"] for hit in hits}


def after_the_end(record: dict[str, Any]) -> float:
    """Seconds from a connection's last packet until `run` had its record, which is searchable a second or two later."""
    ended, taken = (datetime.fromisoformat(record["event"][leaf]) for leaf in ("end", "ingested"))
    return (taken - ended).total_seconds()


@pytest.mark.slow
@pytest.mark.usefixtures("suricata_image")
def test_events_come_while_the_stream_goes_on_and_nothing_else_is_sent(
    opensearch3: OpenSearchNode, tmp_path: Path
) -> None:
    began = datetime.now(UTC)
    settings = tmp_path / "shipper.toml"
    settings.write_text(f'[inputs.eve]\ntype = "eve"\npaths = ["{tmp_path}/logs/eve.json"]\nvlan_is_vni = true\n')
    with (
        Shipper(opensearch3, f"flowtapl{os.getpid()}", tmp_path / "state").with_schema() as shipper,
        sensing(tmp_path) as sensor,
        Running(shipper, settings),
    ):
        eve = sensor.eve
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
            sending.connect(("127.0.0.1", sensor.port))
            for row in zip(*(conversations(f"/of/{vni}", f"vni-{vni}.example") for vni in VNIS), strict=True):
                for vni, frame in zip(VNIS, row, strict=True):
                    sending.send(bytes(VXLAN(vni=vni, flags=8) / frame))

        def counted() -> Counter[tuple[str, int]]:
            found = (each for each in events(eve) if each["event_type"] in _EVENTS)
            return Counter((each["event_type"], each["vlan"][0] << 12 | each["vlan"][1]) for each in found)

        def complete() -> bool:
            """The flow that ended by FIN is told a minute after it; the DNS ones only after five."""
            found = counted()
            return all(found[kind, vni] for kind in _EVENTS for vni in VNIS)

        wait_for(complete, PATIENCE_SECONDS, lambda: f"{counted()}")
        wait_for(lambda: set(closed(shipper)) == set(VNIS), PATIENCE_SECONDS, lambda: str(closed(shipper)))
        assert sensor.listener.poll() is None  # the stream goes on: nothing came because it ended
        # By their own times, so that this test may be slow; the median, as one may meet a machine that stood still.
        took = sorted(after_the_end(record) for record in closed(shipper).values())
        assert took[len(took) // 2] <= CLOSED_SECONDS + LATEST_SECONDS, took
        told = sensor.end()
    assert (told["mirrored"], told["kernel_drops"], told["not_handed_on"]) == (12 * len(VNIS), 0, 0)
    for each in events(eve):
        when = datetime.fromisoformat(each["timestamp"])
        assert began - timedelta(minutes=1) < when < datetime.now(UTC) + timedelta(minutes=1)
        if "url" in each.get("http", {}):
            assert each["http"]["url"] == f"/of/{each['vlan'][0] << 12 | each['vlan'][1]}"
    assert {each["event_type"] for each in events(eve)} <= {*_EVENTS, "netflow", "stats"}  # none tells of keepalives
