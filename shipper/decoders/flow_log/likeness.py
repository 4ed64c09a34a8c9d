"""Whether the beginning of a stream could be of a flow log at all. A doubt is answered by yes: then lines are judged.

A picture in the folder is one remark, not a dead letter for each of its lines; a damaged flow log stays a flow log, and
so does any text.
"""

import re
from typing import Final

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


def other_file(beginning: bytes) -> str:
    """What a stream that begins so is, if it is surely no flow log; else empty."""
    named = next((name for magic, name in _OTHER_FILES if beginning.startswith(magic)), "")
    if named or b"\0" not in beginning or _MARK.search(beginning):
        return named
    return "binary"
