"""What each sample decodes to, pinned: ids, partitions, documents with their key order, rejects, sums.

One folder per kind of record; a new kind is a row in KINDS. `--rewrite-golden` (`make golden`) writes outputs anew.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

import eve_samples
from flow_log_samples import chunk, decoder
from shipper.decoders.eve.sessions import MirrorSessions
from shipper.decoders.flow_log.header import find_header
from shipper.decoders.flow_log.lines import record_lines
from shipper.identity import pieces
from shipper.model import Batch, Sums

HERE = Path(__file__).parent


def decode_flow_log(raw: bytes, settings: Mapping[str, str]) -> list[Batch]:
    options = {"origin": "golden.log", **settings}
    origin = options.pop("origin")
    decode = decoder(**options).decode
    return [
        decode(
            chunk(
                piece.records,
                origin,
                identity=piece.identity,
                first_ordinal=piece.first_ordinal,
                header=piece.header,
                mid_line=piece.mid_line,
            )
        )
        for piece in pieces(record_lines([raw]), origin, find_header)
    ]


def decode_eve(raw: bytes, settings: Mapping[str, Any]) -> list[Batch]:
    sessions = MirrorSessions if settings.get("vlan_is_vni") else None
    return [eve_samples.decoder(sessions=sessions).decode(chunk(raw, "eve.json"))]


KINDS: Mapping[str, Callable[[bytes, Mapping[str, str]], list[Batch]]] = {
    "flow_log": decode_flow_log,
    "eve": decode_eve,
}
SAMPLES = sorted(path for kind in KINDS for path in HERE.glob(f"{kind}/*.in"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_golden(sample: Path, request: pytest.FixtureRequest) -> None:
    settings_file = sample.with_name("settings.json")
    settings = json.loads(settings_file.read_text()) if settings_file.exists() else {}
    batches = KINDS[sample.parent.name](sample.read_bytes(), settings.get(sample.stem, {}))
    found = json.dumps(shown(batches), indent=1, ensure_ascii=True) + "\n"
    output = sample.with_suffix(".out.json")
    if request.config.getoption("--rewrite-golden"):
        output.write_text(found)
    assert output.read_text() == found


@pytest.mark.parametrize("kind", KINDS)
def test_every_sample_says_where_it_comes_from(kind: str) -> None:
    readme = (HERE / kind / "README.md").read_text()
    named = {
        name.strip() for line in readme.splitlines() if line.startswith("|") for name in line.split("|")[1].split(",")
    }
    samples = {path.stem for path in HERE.glob(f"{kind}/*.in")}
    assert samples <= named
    assert {path.name.removesuffix(".out.json") for path in HERE.glob(f"{kind}/*.out.json")} == samples


def shown(batches: list[Batch]) -> dict[str, Any]:
    others: Counter[str] = Counter()
    for batch in batches:
        others.update(batch.other_logs)
    return {
        "sums": {
            name: count for name, count in asdict(sum((batch.sums for batch in batches), Sums())).items() if count
        },
        "unknown_columns": sorted(frozenset().union(*(batch.unknown_columns for batch in batches))),
        **({"other_logs": dict(sorted(others.items()))} if others else {}),
        "rejects": [
            {**asdict(reject), "raw": reject.raw.decode("latin-1")} for batch in batches for reject in batch.rejects
        ],
        "documents": [
            {"line": ordinal, **_bulk_lines(batch.body[batch.cuts[at] : batch.cuts[at + 1]])}
            for batch in batches
            for at, ordinal in enumerate(batch.ordinals)
        ],
        "bulk_sha256": hashlib.sha256(b"".join(batch.body for batch in batches)).hexdigest(),
    }


def _bulk_lines(piece: bytes) -> dict[str, Any]:
    action, document = piece.removesuffix(b"\n").split(b"\n")
    return {"action": json.loads(action), "document": json.loads(document)}
