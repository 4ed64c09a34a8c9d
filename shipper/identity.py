"""Who a record is: chunk identities and document ids. Fixed before data exists: changing one is a migration.

A document id is the identity (72 bits, base64url, 12 characters) and the record's ordinal in base 36. The ordinal
counts physical lines from where the identity begins, header and blank lines included.

- An object that AWS delivered (its base name has AWS's form) is its name: identity = hash of the base name without
  compression suffix, ordinals from the start of the object, wherever the bytes are read from.
- Any other stream is its content: a hash chain over chunks, ordinals from the start of each chunk. The same bytes from
  the start are the same records; two streams part in the chunk where they first differ.

- An event of CloudWatch Logs that comes with its id is that id: 96 bits of its hash, 16 characters, no ordinal.
- A file that is followed while it is written, for kinds whose document ids do not depend on it (EVE): see
  `followed_identity`; ordinals count from the start of the file.

Chunk borders are part of the identity: `cut` makes them the same for whatever sizes the bytes arrive in.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from shipper.errors import SourceDamaged

CHUNK_BYTES = 1 << 20
"""A chunk is this many bytes and the rest of its last line."""

MAX_RECORD_BYTES = 1 << 20
"""A longer line is no record of ours. One that makes a chunk twice its size is cut, so that memory stays bounded."""

OVER_LONG = "over-long line"
"""Why such a line is a reject."""

_DIGEST_BYTES = 9
_EVENT_DIGEST_BYTES = 12
BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"

# Amazon VPC User Guide, "Flow log files": aws_account_id_vpcflowlogs_region_flow_log_id_YYYYMMDDTHHmmZ_hash.log.gz
_AWS_OBJECT = re.compile(
    r"(?P<account>\d{12})_vpcflowlogs_(?P<region>[a-z]{2}[a-z0-9-]+)_(?P<flow_log>fl-[0-9a-f]+)"
    r"_(?P<stamp>\d{8}T\d{4}Z)_(?P<hash>[0-9a-zA-Z]+)\.log(?:\.parquet)?"
)
_COMPRESSION = re.compile(r"\.(gz|zst)\Z")


@dataclass(frozen=True, slots=True)
class ObjectName:
    """What the base name of a delivered flow-log object says."""

    account: str
    region: str
    flow_log_id: str
    stamp: str = ""
    """Begin of its five minutes: YYYYMMDDTHHmmZ."""


def object_name(origin: str) -> ObjectName | None:
    """The parts of an AWS flow-log object's base name, or None if `origin` does not end in one."""
    match = _AWS_OBJECT.fullmatch(_base_name(origin))
    return ObjectName(match["account"], match["region"], match["flow_log"], match["stamp"]) if match else None


def document_id(identity: str, ordinal: int) -> str:
    """The `_id` of a record."""
    return identity + base36(ordinal)


def event_document_id(event_id: str) -> str:
    """The `_id` of a CloudWatch event, by whatever way it comes: 96 bits of a hash of CloudWatch's own id."""
    digest = blake2b(
        event_id.encode("utf-8", "surrogatepass"), digest_size=_EVENT_DIGEST_BYTES, person=b"event"
    ).digest()
    return _text(digest)


def message_identity(message_id: str) -> str:
    """Of a queue's message that is kept as a dead letter: the same each time it is received."""
    return blake2b(message_id.encode(), digest_size=_DIGEST_BYTES, person=b"message").hexdigest()[:12]


def followed_identity(first_line: bytes, device: int, inode: int) -> str:
    """Of a file that is followed: its first line and the number it had when that was read.

    Names its dead letters the same again after a crash, however its lines were cut then.
    """
    return _text(_digest(b"followed", b"%d %d " % (device, inode) + first_line))


def base36(number: int) -> str:
    """A non-negative number in base 36, lower case, without padding."""
    if number < 36:
        return BASE36[number]
    digits: list[str] = []
    while number:
        number, rest = divmod(number, 36)
        digits.append(BASE36[rest])
    return "".join(reversed(digits))


def _base_name(origin: str) -> str:
    return _COMPRESSION.sub("", origin.rsplit("/", 1)[-1])


def _text(digest: bytes) -> str:
    return urlsafe_b64encode(digest).decode("ascii")


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk's bytes with its identity, before it is given an id, an origin and a time of arrival.

    `chain` is the hash chain's value after it: with it a resumed read can prove that it reads the same stream.
    """

    records: bytes
    offset: int
    identity: str
    first_ordinal: int
    chain: str
    header: bytes
    mid_line: bool


FindHeader = Callable[[bytes], bytes | None]
"""The last line in these whole lines that names columns, or None."""


RecordLines = Callable[[Iterable[bytes]], Iterator[bytes]]
"""A stream's bytes as lines of one record each; what it makes of the same bytes never changes. Raises NotRecords."""


def as_it_is(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The RecordLines of a kind that comes in lines."""
    return iter(blocks)


@dataclass(frozen=True, slots=True)
class Framing:
    """How a kind of records lies in a stream of bytes.

    `other_name` says what an input is that by its name surely holds none of them; empty for any other name.
    """

    find_header: FindHeader
    record_lines: RecordLines = as_it_is
    other_name: Callable[[str], str] = lambda _: ""


def pieces(blocks: Iterable[bytes], origin: str, find_header: FindHeader, header: bytes = b"") -> Iterator[Piece]:
    """Cut a stream into pieces and give each its identity.

    `blocks` are the stream's bytes from its start, in any sizes. `header` is what is known before the first line.
    """
    named = object_name(origin) is not None
    name_identity = _text(_digest(b"object", _base_name(origin).encode("utf-8", "surrogateescape")))
    chain = b""
    offset = lines = 0
    mid_line = False
    for records in cut(blocks):
        chain = _digest(b"chunk", chain + records)
        yield Piece(
            records=records,
            offset=offset,
            identity=name_identity if named else _text(chain),
            first_ordinal=lines if named else 0,
            chain=_text(chain),
            header=header,
            mid_line=mid_line,
        )
        offset += len(records)
        lines += line_count(records)
        begun = (records.find(b"\n") + 1 or len(records)) if mid_line else 0  # the rest of a cut line names nothing
        mid_line = not records.endswith(b"\n")
        header = find_header(records[begun:]) or header


def line_count(records: bytes) -> int:
    """Physical lines, an unfinished last one included."""
    return records.count(b"\n") + (not records.endswith(b"\n") and bool(records))


def cut(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Chunks of CHUNK_BYTES and the rest of the last line, which is cut where it adds MAX_RECORD_BYTES.

    Where reading ends in SourceDamaged, the whole lines before that place come first.
    """
    held = bytearray()
    try:
        for block in blocks:
            held += block
            while end := _border(held):
                yield bytes(held[:end])
                del held[:end]
    except SourceDamaged:
        if whole := bytes(held[: held.rfind(b"\n") + 1]):
            yield whole
        raise
    if held:
        yield bytes(held)


def _border(held: bytearray) -> int:
    """Where the chunk that begins here ends; 0 if that is not known yet."""
    longest = CHUNK_BYTES + MAX_RECORD_BYTES
    if len(held) < CHUNK_BYTES:
        return 0
    return held.find(b"\n", CHUNK_BYTES - 1, longest) + 1 or (longest if len(held) >= longest else 0)


def _digest(purpose: bytes, content: bytes) -> bytes:
    return blake2b(content, digest_size=_DIGEST_BYTES, person=purpose).digest()
