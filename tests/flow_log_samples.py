"""Chunks of flow logs and what came of them, in words that tests can compare."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from shipper.decoders.flow_log.exact import FlowLogDecoder
from shipper.model import Batch, Chunk, ChunkId, Position
from shipper.partition import PartitionRule

ARRIVED = datetime(2024, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)
AWS_NAME = "123456789012_vpcflowlogs_us-east-1_fl-0123456789abcdef0_20240203T0405Z_1a2b3c4d.log.gz"
IDENTITY = "IDENTITY-12c"

RECORD = b"2 123456789010 eni-1 10.0.0.5 10.0.0.9 40000 443 6 20 4249 1700000000 1700000060 ACCEPT OK"


@dataclass(frozen=True)
class Written:
    """One document as it would be sent."""

    action: str
    index: str
    id: str
    document: dict[str, Any]
    ordinal: int

    def __getitem__(self, path: str) -> Any:
        found: Any = self.document
        for key in [path] if path == "@timestamp" else path.split("."):
            found = found[key]
        return found

    def __contains__(self, path: str) -> bool:
        try:
            self[path]
        except KeyError:
            return False
        return True


def chunk(records: bytes, origin: str = "some.log", **changes: Any) -> Chunk:
    made = {"id": ChunkId(1), "position": Position(origin, 0), "identity": IDENTITY, "first_ordinal": 0}
    return Chunk(**{**made, "records": records, "received_at": ARRIVED, **changes})


def decoder(**options: Any) -> FlowLogDecoder:
    return FlowLogDecoder(PartitionRule("flowtap", "aws.vpcflow"), PartitionRule("flowtap", "aws.tgwflow"), **options)


def written(batch: Batch) -> list[Written]:
    found = []
    for at in range(len(batch)):
        action_line, document_line, rest = batch.body[batch.cuts[at] : batch.cuts[at + 1]].split(b"\n")
        ((action, where),) = orjson.loads(action_line).items()
        assert rest == b""
        assert where["_index"] == batch.partitions[at]
        document = orjson.loads(document_line)
        found.append(Written(action, where["_index"], where["_id"], document, batch.ordinals[at]))
    return found


def decode(records: bytes, origin: str = "some.log", **changes: Any) -> list[Written]:
    """The documents of records that all become documents, headers and blank lines aside."""
    batch = decoder().decode(chunk(records, origin, **changes))
    assert batch.rejects == ()
    return written(batch)


def row(header: str, cells: str) -> Written:
    """The document of one record in a format of its own."""
    (only,) = decode(f"{header}\n{cells}\n".encode())
    return only


def lines(*each: bytes) -> bytes:
    return b"".join(line + b"\n" for line in each)


def leaves(document: Any, above: str = "") -> Iterable[str]:
    """Dotted paths of all leaves."""
    if isinstance(document, list):
        for element in document:
            yield from leaves(element, above)
    elif isinstance(document, dict):
        for key, inner in document.items():
            yield from leaves(inner, f"{above}.{key}" if above else key)
    else:
        yield above
