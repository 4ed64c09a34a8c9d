"""How much of what was just read is handed out: whole lines, bounded pieces of endless ones. Pure."""

from shipper.identity import CHUNK_BYTES, MAX_RECORD_BYTES

LONGEST = CHUNK_BYTES + MAX_RECORD_BYTES
"""A line is held up to here; then it is handed out in pieces, which the decoder refuses as such."""


def hole(block: bytes) -> int:
    """How many NULs stand before the first byte of a line; all of a block may be such.

    A writer that keeps its offset while its file is truncated leaves a hole before what it writes next, and a power cut
    may leave one where a write was promised.
    """
    return len(block) - len(block.lstrip(b"\0"))


def ready(block: bytes, *, ended: bool) -> int:
    """How many bytes of this block may go: up to its last line's end, all where it has `ended` or is too long."""
    whole = block.rfind(b"\n") + 1
    if whole:
        return whole
    return len(block) if ended or len(block) >= LONGEST else 0
