"""A whole trace as people see it, pinned: flow-log lines and events decoded, joined, told."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import eve_samples
from flow_log_samples import chunk, decoder
from shipper.decoders.flow_log.header import find_header
from shipper.decoders.flow_log.lines import record_lines
from shipper.identity import pieces
from shipper.model import Batch
from shipper.views.trace.connection import grouped
from shipper.views.trace.find import Trace
from shipper.views.trace.network import Interfaces
from shipper.views.trace.silence import Surroundings
from shipper.views.trace.text import lines, summary
from shipper.views.trace.witness import events, records

HERE = Path(__file__).parent / "trace"
NOW = datetime(2026, 11, 18, tzinfo=UTC)


@pytest.mark.parametrize("name", ["attack", "refused"])
def test_the_view_is_the_pinned_one(name: str, request: pytest.FixtureRequest) -> None:
    raw = (HERE / f"{name}.log").read_bytes()
    flow_logs = [hit for piece in pieces(record_lines([raw]), "x", find_header) for hit in hits(_decoded(piece))]
    seen = hits(eve_samples.decoder().decode(chunk((HERE / f"{name}.json").read_bytes(), "eve.json")))
    (one,) = grouped(records(flow_logs), events(seen), Interfaces())
    around = Surroundings(NOW, newest_record=NOW, records=9, of_either=2, with_packets=9, events=3)
    found = "\n".join([summary(one), "", *lines(Trace(one, around, Interfaces(), cut=False), payloads=True)]) + "\n"
    pinned = HERE / f"{name}.txt"
    if request.config.getoption("--rewrite-golden"):
        pinned.write_text(found)
    assert pinned.read_text() == found, "look at the difference, then: make golden"


def _decoded(piece: Any) -> Batch:
    return decoder().decode(
        chunk(
            piece.records, "x", identity=piece.identity, first_ordinal=piece.first_ordinal, header=piece.header,
            mid_line=piece.mid_line,
        )
    )  # fmt: skip


def hits(batch: Batch) -> list[dict[str, Any]]:
    told = [json.loads(line) for line in batch.body.splitlines()]
    return [
        {"_id": action["create"]["_id"], "_source": document}
        for action, document in zip(told[::2], told[1::2], strict=True)
    ]
