"""Reading a source as the pipeline does: None means that nothing is there yet, EndOfInput that no more comes."""

from collections.abc import Iterator

from shipper.errors import EndOfInput
from shipper.identity import CHUNK_BYTES
from shipper.interfaces import Source
from shipper.model import Chunk


def next_chunk(source: Source) -> Chunk:
    """Waits for it. Raises EndOfInput."""
    while (chunk := source.poll(CHUNK_BYTES)) is None:
        pass
    return chunk


def polled(source: Source) -> Iterator[Chunk]:
    """Chunk by chunk until the end: what is done with one comes before the next is asked for."""
    while True:
        try:
            chunk = next_chunk(source)
        except EndOfInput:
            return
        yield chunk


def poll_all(source: Source) -> list[Chunk]:
    """Everything, before anything is done with it."""
    return list(polled(source))
