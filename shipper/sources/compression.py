"""Bytes of a file as they were before compression. What it is is told by its first bytes, never by its name."""

import zlib
from collections.abc import Iterator

from shipper.errors import SourceDamaged
from shipper.sources.inputs import Readable

BLOCK_BYTES = 256 << 10

_GZIP = b"\x1f\x8b"
_NOT_YET = {
    b"\x28\xb5\x2f\xfd": "zstd: decompress it first (`zstd -d`)",
    b"PAR1": "Parquet: deliver flow logs as text",
    b"PK\x03\x04": "zip: unpack it first",
    b"BZh": "bzip2: decompress it first",
    b"\xfd7zXZ\x00": "xz: decompress it first",
}
_GZIP_WINDOW = 16 + zlib.MAX_WBITS  # 16: expect a gzip header (zlib manual, inflateInit2)


def decompressed(file: Readable, origin: str) -> Iterator[bytes]:
    """Blocks of the decompressed stream, at most BLOCK_BYTES each, until its end.

    Raises SourceDamaged at the place where it cannot be read further; what came before is good.
    """
    try:
        first = _first_block(file)
        for magic, advice in _NOT_YET.items():
            if first.startswith(magic):
                raise SourceDamaged(f"{origin} is {advice}")
        if first.startswith(_GZIP):
            yield from _gunzipped(file, first, origin)
        else:
            block = first
            while block:
                yield block
                block = file.read(BLOCK_BYTES)
    except OSError as error:
        raise SourceDamaged(f"{origin}: read error: {error.strerror or error}") from error


def _first_block(file: Readable) -> bytes:
    """Enough to see any magic, even from a pipe that hands out single bytes."""
    first = file.read(BLOCK_BYTES)
    while 0 < len(first) < 8:
        more = file.read(BLOCK_BYTES)
        if not more:
            break
        first += more
    return first


def _gunzipped(file: Readable, block: bytes, origin: str) -> Iterator[bytes]:
    """All members of a gzip file (RFC 1952 section 2.2). Zero bytes between and after them are padding (gzip(1))."""
    try:
        while block:
            inflate = zlib.decompressobj(_GZIP_WINDOW)
            yield from _member(inflate, file, block)
            if not inflate.eof:
                raise SourceDamaged(f"{origin}: gzip ends in the middle (truncated)")
            block = _next_member(file, inflate.unused_data)
    except zlib.error as error:
        raise SourceDamaged(f"{origin}: corrupt gzip: {error}") from error


def _member(inflate: "zlib._Decompress", file: Readable, block: bytes) -> Iterator[bytes]:
    """One member, or what there is of it."""
    while block and not inflate.eof:
        if out := inflate.decompress(block, BLOCK_BYTES):
            yield out
        block = inflate.unconsumed_tail or (b"" if inflate.eof else file.read(BLOCK_BYTES))
    if not inflate.eof and (out := inflate.flush()):
        yield out


def _next_member(file: Readable, block: bytes) -> bytes:
    """Where the next member begins, padding left out; empty at the end of the file."""
    block = block.lstrip(b"\0")
    while not block:
        more = file.read(BLOCK_BYTES)
        if not more:
            break
        block = more.lstrip(b"\0")
    return block
