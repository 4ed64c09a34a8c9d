"""Zstandard (RFC 8878): frames one after the other, in bounded memory."""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Final

from shipper.errors import SourceDamaged
from shipper.sources.inputs import Readable

if TYPE_CHECKING:
    from zstandard import ZstdDecompressionObj

MAX_WINDOW_BYTES: Final = 128 << 20
"""What `zstd --ultra -22` needs. A larger window (`--long`) would be that much memory for each file that is read."""

_BLOCK_BYTES: Final = 256 << 10
_LONGEST_HEADER: Final = 18
_FED_BYTES: Final = 512  # a block of 4 bytes may stand for 128 KiB (RFC 8878 section 3.1.1.2): at most 16 MiB at a time


def unzstandard(file: Readable, block: bytes, origin: str) -> Iterator[bytes]:
    """The content of all frames, skippable ones left out; `block` is what was read already. Raises SourceDamaged."""
    from zstandard import ZstdDecompressor, ZstdError, get_frame_parameters  # noqa: PLC0415  (only where it is met)

    try:
        while block := _at_least(file, block, _LONGEST_HEADER):
            window = get_frame_parameters(block).window_size
            if window > MAX_WINDOW_BYTES:
                needs = f"needs a window of {window >> 20} MiB, and {MAX_WINDOW_BYTES >> 20} MiB are allowed"
                raise SourceDamaged(f"{origin}: zstd {needs}: compress it without --long")
            frame = ZstdDecompressor(max_window_size=MAX_WINDOW_BYTES).decompressobj()
            rest = yield from _frame(frame, file, block)
            if not frame.eof:
                raise SourceDamaged(f"{origin}: zstd ends in the middle (truncated)")
            block = rest
    except ZstdError as error:
        raise SourceDamaged(f"{origin}: corrupt zstd: {error}") from error


def _at_least(file: Readable, block: bytes, size: int) -> bytes:
    while len(block) < size and (more := file.read(_BLOCK_BYTES)):
        block += more
    return block


def _frame(frame: "ZstdDecompressionObj", file: Readable, block: bytes) -> Generator[bytes, None, bytes]:
    """One frame, or what there is of it; returns what was read of what follows it."""
    while block:
        for at in range(0, len(block), _FED_BYTES):
            out = frame.decompress(block[at : at + _FED_BYTES])
            yield from (out[begin : begin + _BLOCK_BYTES] for begin in range(0, len(out), _BLOCK_BYTES))
            if frame.eof:
                return frame.unused_data + block[at + _FED_BYTES :]
        block = file.read(_BLOCK_BYTES)
    return b""
