"""Flow-log lines from the command line, a file or standard input → documents, as a backfill would make them."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from shipper.decoders.flow_log.exact import FlowLogDecoder
from shipper.errors import ConfigError
from shipper.model import Batch, Chunk, ChunkId, Position
from shipper.partition import PartitionRule

_MOST_BYTES: Final = 1 << 20


def documents_of(what: str, line_format: str | None) -> list[dict[str, Any]]:
    """What these lines say of traffic. Raises ConfigError for lines that cannot be read, and where there is none."""
    import orjson

    batch = _decoded(_text(what), line_format)
    documents = [
        orjson.loads(bytes(batch.body[begin:end]).splitlines()[1])
        for begin, end in zip(batch.cuts, batch.cuts[1:], strict=False)
    ]
    if batch.rejects:
        raise ConfigError(f"line {batch.rejects[0].ordinal + 1} is no flow-log record: {batch.rejects[0].reason}")
    if not documents:
        raise ConfigError("there is no flow-log record in it")
    traffic = [each for each in documents if each.get("event", {}).get("kind") == "event"]
    return traffic or documents


def _text(what: str) -> bytes:
    if what == "-":
        return sys.stdin.buffer.read(_MOST_BYTES)
    if " " in what:
        return what.encode()
    with Path(what).open("rb") as file:
        return file.read(_MOST_BYTES)


def _decoded(text: bytes, line_format: str | None) -> Batch:
    decoder = FlowLogDecoder(
        PartitionRule("explain", "aws.vpcflow"), PartitionRule("explain", "aws.tgwflow"), given_format=line_format
    )
    return decoder.decode(Chunk(ChunkId(0), text, Position("explain", 0), "", 0, datetime.now(UTC)))
