"""A capture from end to end, whatever its size."""

import tracemalloc
from pathlib import Path

import numpy as np

from mirror.capture import blocks
from mirror.capture_writer import FILE_HEADER, records
from mirror.decoding import Decoding, Wanted
from mirrored_frames import block_of, inner, mirrored


def test_memory_stays_flat(tmp_path: Path) -> None:
    """A capture of many buffers takes the memory of one: what is measured is what numpy and Python allocate."""
    path = tmp_path / "long.pcap"
    block = block_of([mirrored(number, inner(bytes(1000))) for number in range(1000)])
    part = records(block.data, block.starts, block.ends, np.zeros(1000, np.int64))
    with path.open("wb") as out:
        out.write(FILE_HEADER)
        for _ in range(40):
            out.write(part)
    tracemalloc.start()
    try:
        decoding = Decoding(Wanted())
        with path.open("rb") as stream:
            for found in blocks(stream, "long"):
                decoding.take(found)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert decoding.tally.mirrored == 40_000
    assert peak < 16_000_000 < path.stat().st_size
