"""Events, chunks of them, and what came of them, in words that tests can compare."""

import json
from typing import Any

from flow_log_samples import Written, chunk, written
from shipper.decoders.eve.decoder import EveDecoder
from shipper.decoders.eve.event import DATASETS
from shipper.partition import PartitionRule

RULES = {name: PartitionRule("flowtap", name) for name in DATASETS}

BASE = {
    "timestamp": "2026-03-04T05:06:07.891234+0000", "flow_id": 1951386254221111, "in_iface": "eth1",
    "event_type": "flow",
    "src_ip": "10.0.0.5", "src_port": 40000, "dest_ip": "192.0.2.9", "dest_port": 443, "proto": "TCP",
    "community_id": "1:YTbTe7RlJn3vRzfb9CL6qkrcSZ8=", "host": "sensor-1",
}  # fmt: skip


def decoder(**options: Any) -> EveDecoder:
    return EveDecoder(RULES, **options)


def line(event_type: str = "flow", **changes: Any) -> bytes:
    """An event as Suricata writes it; a change to None leaves a key out."""
    event = {**BASE, "event_type": event_type, **changes}
    return json.dumps({key: value for key, value in event.items() if value is not None}, separators=(",", ":")).encode()


def decode(*raws: bytes, **options: Any) -> list[Written]:
    """The documents of lines that all become documents."""
    batch = decoder(**options).decode(chunk(b"".join(raw + b"\n" for raw in raws)))
    assert batch.rejects == ()
    return written(batch)


def only(event_type: str = "flow", *, options: dict[str, Any] | None = None, **changes: Any) -> Written:
    """The document of one event."""
    (document,) = decode(line(event_type, **changes), **(options or {}))
    return document


def reason(raw: bytes) -> str:
    """Why a line is a reject."""
    (reject,) = decoder().decode(chunk(raw + b"\n")).rejects
    return reject.reason


def malformed(document: Written) -> dict[str, str]:
    """What moved aside, by path."""
    return {each["path"]: each["text"] for each in document.document["flowtap"].get("malformed", [])}
