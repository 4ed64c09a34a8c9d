"""Bytes of a file as they were before compression. What it is is told by its first bytes, never by its name."""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Protocol

from shipper.errors import SourceDamaged
from shipper.sources.inputs import Readable
from shipper.sources.zstandard_frames import unzstandard

BLOCK_BYTES = 256 << 10

_ADVICE = {
    b"PAR1": "Parquet inside something else: unpack it, and name the file (a pipe cannot be read from its end)",
    b"PK\x03\x04": "zip: unpack it first",
    b"7z\xbc\xaf\x27\x1c": "7z: unpack it first",
    b"Rar!\x1a\x07": "rar: unpack it first",
}
_TAR = (257, b"ustar")  # POSIX.1-2017, pax: where a header says what it is
_TAR_ADVICE = "tar: unpack it first"
_GZIP_WINDOW = 16 + zlib.MAX_WBITS  # 16: expect a gzip header (zlib manual, inflateInit2)
_XZ_MEMORY_BYTES = 256 << 20
_MOST_LAYERS = 3
_LOOKED_AT_BYTES = 512


def decompressed(file: Readable, origin: str, layers: int = _MOST_LAYERS) -> Iterator[bytes]:
    """Blocks of the decompressed stream, at most BLOCK_BYTES each, until its end; packed twice is unpacked twice.

    Raises SourceDamaged at the place where it cannot be read further; what came before is good.
    """
    try:
        first = _first_block(file)
        _refuse(first, origin)
        unpack = next((unpack for magic, unpack in _UNPACKED.items() if first.startswith(magic)), None)
        if unpack is not None and layers:
            yield from decompressed(_Blocks(unpack(file, first, origin)), origin, layers - 1)
        else:
            block = first
            while block:
                yield block
                block = file.read(BLOCK_BYTES)
    except OSError as error:
        raise SourceDamaged(f"{origin}: read error: {error.strerror or error}") from error


class _Blocks:
    """What was unpacked, to be read again. Where it is damaged it stays so."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._damage: SourceDamaged | None = None

    def read(self, size: int, /) -> bytes:  # noqa: ARG002  (blocks are of BLOCK_BYTES at most)
        if self._damage is None:
            try:
                return next(self._blocks, b"")
            except SourceDamaged as error:
                self._damage = error
        raise self._damage


def _refuse(first: bytes, origin: str) -> None:
    """What holds several files is not read as one. Raises SourceDamaged."""
    for magic, advice in _ADVICE.items():
        if first.startswith(magic):
            raise SourceDamaged(f"{origin} is {advice}")
    if first.startswith(_TAR[1], _TAR[0]):
        raise SourceDamaged(f"{origin} is {_TAR_ADVICE}")


def _first_block(file: Readable) -> bytes:
    """Enough to see any magic, even from a pipe that hands out single bytes."""
    first = file.read(BLOCK_BYTES)
    while 0 < len(first) < _LOOKED_AT_BYTES:
        try:
            more = file.read(BLOCK_BYTES)
        except SourceDamaged:  # met again behind what is good
            break
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


class _Unpacker(Protocol):
    """What bz2 and lzma have in common."""

    @property
    def eof(self) -> bool:
        """Whether its stream has ended."""

    @property
    def needs_input(self) -> bool:
        """Whether it can give nothing more without more bytes."""

    @property
    def unused_data(self) -> bytes:
        """What follows its stream in what it was given."""

    def decompress(self, data: bytes, max_length: int = ...) -> bytes:
        """At most `max_length` bytes."""


def _streams(make: Callable[[], _Unpacker], name: str, file: Readable, block: bytes, origin: str) -> Iterator[bytes]:
    """All streams of a file that may hold several; zero bytes between are padding (xz file format, 2.2)."""
    while block:
        unpacker = make()
        while not unpacker.eof:
            try:
                out = unpacker.decompress(block, BLOCK_BYTES)
            except (OSError, lzma.LZMAError) as error:
                raise SourceDamaged(f"{origin}: corrupt {name}: {error}") from error
            if out:
                yield out
            block = b""
            if unpacker.needs_input and not (block := file.read(BLOCK_BYTES)):
                raise SourceDamaged(f"{origin}: {name} ends in the middle (truncated)")
        block = _next_member(file, unpacker.unused_data)


_UNPACKED: Mapping[bytes, Callable[[Readable, bytes, str], Iterator[bytes]]] = {
    b"\x1f\x8b": _gunzipped,
    b"\x28\xb5\x2f\xfd": unzstandard,
    b"BZh": partial(_streams, bz2.BZ2Decompressor, "bzip2"),
    b"\xfd7zXZ\x00": partial(_streams, partial(lzma.LZMADecompressor, lzma.FORMAT_XZ, _XZ_MEMORY_BYTES), "xz"),
}
"""What a stream begins with → how it is unpacked."""
