"""Whether the beginning of a stream could be of a flow log at all. A doubt is answered by yes: then lines are judged.

A picture or a README in the folder is one remark, not a dead letter for each of its lines; a damaged flow log stays a
flow log.
"""

import re
from io import BytesIO
from itertools import islice
from typing import Final

from shipper.decoders.flow_log.csv_rows import csv_columns
from shipper.decoders.flow_log.header import header_columns
from shipper.decoders.other_logs import other_text_log

LOOKED_AT_BYTES: Final = 1 << 16

# The file formats' own documents; only formats in which no flow log is delivered or kept.
_OTHER_FILES: Final = (
    (b"\x89PNG\r\n\x1a\n", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"GIF8", "GIF image"),
    (b"%PDF-", "PDF document"),
    (b"\x7fELF", "program"),
    (b"SQLite format 3\0", "SQLite database"),
    (b"\xd4\xc3\xb2\xa1", "packet capture"),
    (b"\xa1\xb2\xc3\xd4", "packet capture"),
    (b"\x0a\x0d\x0d\x0a", "packet capture"),
)

_MARK = re.compile(
    rb"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|[0-9a-fA-F]{1,4}:[0-9a-fA-F:]*:[0-9a-fA-F]"  # an address
    rb"|ACCEPT|REJECT|NODATA|SKIPDATA|(?:eni|vpc|subnet|tgw|fl|i)-[0-9a-f]{8}"
    rb"|srcaddr|dstaddr|src_?port|dst_?port|interface.?id|account.?id|log.?status|@message|CWL CONTROL"
    rb"|(?<!\d)1\d{9}(?:\d{3})?(?!\d)"  # seconds or milliseconds since 1970
)

_CELL = re.compile(rb'[^\s,;|"]++')
_WORD = re.compile(rb"[A-Za-z\x80-\xff][a-z\x80-\xff'-]*+[.,;:!?)]*+")
_VALUE = re.compile(rb"-|[A-Z]++|\d++")
_LEAST_WORDS = 4
_MARKS, _MARKS_AMONG_WORDS = 2, 4  # columns that nobody knows may hold words


def other_file(beginning: bytes) -> str:
    """What a stream that begins so is, if it is surely no flow log; else empty. Less than LOOKED_AT_BYTES is all."""
    named = next((name for magic, name in _OTHER_FILES if beginning.startswith(magic)), "")
    if named or b"\0" not in beginning or _MARK.search(beginning):
        return named or _prose(beginning)
    return "binary"


def _prose(beginning: bytes) -> str:
    """Text that has sentences, and no line that could be a record, a header, or a line of another log."""
    lines = sentences = 0
    for line in filter(None, map(bytes.strip, BytesIO(beginning))):
        lines += 1
        sentence = _is_sentence(line)
        if _could_be_read(line, sentence=sentence):
            return ""
        sentences += sentence
    if not sentences:
        return ""
    if len(beginning) < LOOKED_AT_BYTES:
        return f"text without a record: {lines:,} lines, {len(beginning):,} bytes"
    return f"text without a record in its first {lines:,} lines"


def _is_sentence(line: bytes) -> bool:
    """Most of it is words."""
    cells = _CELL.findall(line)
    words = sum(_WORD.fullmatch(cell) is not None for cell in cells)
    return words >= _LEAST_WORDS and 2 * words > len(cells)


def _could_be_read(line: bytes, *, sentence: bool) -> bool:
    enough = _MARKS_AMONG_WORDS if sentence else _MARKS
    if sum(1 for _ in islice(_MARK.finditer(line), enough)) == enough:
        return True
    if not sentence and all(_VALUE.fullmatch(cell) or _MARK.fullmatch(cell) for cell in _CELL.findall(line)):
        return True
    return bool(header_columns(line) or csv_columns(line) or other_text_log(line.decode("latin-1")))
