"""A stream of flow logs in whatever layout → one record per physical line, as it is read. Pure.

Text passes as it is. JSON is told by its first sign and laid out by `json_documents`; lines of base64 over gzip (as
subscriptions hand data to Lambda and Kinesis) are unpacked first. What this makes of the same bytes never changes: ids
are counted over its lines (ADR 0008).
"""

import zlib
from base64 import b64decode
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, Final

import orjson

from shipper.decoders.flow_log.likeness import LOOKED_AT_BYTES, other_file
from shipper.decoders.json_documents import json_lines
from shipper.errors import NotRecords
from shipper.identity import MAX_RECORD_BYTES

_BOM = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"
_GZIP_AS_BASE64: Final = b"H4sI"  # 1f 8b 08: RFC 1952 section 2.3.1, deflate
_LONGEST_LINE: Final = 2 * MAX_RECORD_BYTES
_BLOCK_BYTES: Final = 1 << 18
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS


def record_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The stream's lines, several or parts of one at a time. Raises NotRecords for what is surely no flow log."""
    rest = iter(blocks)
    first = _beginning(rest)
    begin = first.removeprefix(_BOM).lstrip(_SPACE)
    if begin[:1] in (b"{", b"["):
        yield from _unpacked_lines(json_lines(_chained(begin, rest)), _packed_in_json)
    elif begin.startswith(_GZIP_AS_BASE64):
        yield from _unpacked_lines(_chained(begin, rest), _packed_line)
    elif what := other_file(first):
        raise NotRecords(what)
    else:
        yield from _chained(first, rest)


def _beginning(blocks: Iterator[bytes]) -> bytes:
    """Enough of it to tell what it is."""
    first = b""
    for block in blocks:
        first += block
        if len(first) >= LOOKED_AT_BYTES:
            break
    return first


def _chained(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _unpacked_lines(blocks: Iterable[bytes], packed: Callable[[bytes], bytes]) -> Iterator[bytes]:
    """The same lines, but a line with packed data is what was packed. One that cannot be unpacked stays."""
    held = b""
    for block in blocks:
        held += block
        whole, line_end, held = held.rpartition(b"\n")
        yield from _unpacked(whole + line_end, packed)
        if len(held) > _LONGEST_LINE:
            yield held
            held = b""
    yield from _unpacked(held, packed)


def _unpacked(lines: bytes, packed: Callable[[bytes], bytes]) -> Iterator[bytes]:
    if _GZIP_AS_BASE64 not in lines:
        yield lines
        return
    *whole, last = lines.split(b"\n")
    for line in [*(each + b"\n" for each in whole), last]:
        data = packed(line)
        if not data or not (yield from _records_in(data)):
            yield line


def _records_in(data: bytes) -> Generator[bytes, None, bool]:
    """The records packed in base64 over gzip; returns whether that could be read to its end."""
    inflate = zlib.decompressobj(_GZIP_WINDOW)
    try:
        yield from json_lines(_inflated(inflate, b64decode(data, validate=True)))
    except (ValueError, zlib.error):
        return False
    return not inflate.unused_data


def _inflated(inflate: "zlib._Decompress", block: bytes) -> Iterator[bytes]:
    while block and not inflate.eof:
        yield inflate.decompress(block, _BLOCK_BYTES)
        block = inflate.unconsumed_tail
    if not inflate.eof:
        raise zlib.error("truncated")


def _packed_line(line: bytes) -> bytes:
    """A line of base64 by itself."""
    return line.strip() if line.startswith(_GZIP_AS_BASE64) else b""


def _packed_in_json(line: bytes) -> bytes:
    """What subscriptions call it. AWS Lambda Developer Guide, CloudWatch Logs event (awslogs.data) and Kinesis event
    (kinesis.data); Kinesis Data Streams API Reference, Record (Data).
    """
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return b""
    found = [_at(value, *path) for path in (("awslogs", "data"), ("kinesis", "data"), ("Data",), ("data",))]
    text = next((text for text in found if isinstance(text, str) and text.startswith(_GZIP_AS_BASE64.decode())), "")
    return text.encode()


def _at(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value
