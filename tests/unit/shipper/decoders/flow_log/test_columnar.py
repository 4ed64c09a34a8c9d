"""A long stream takes no more memory than a short one. (What comes out is compared in tests/property.)"""

import tracemalloc
from collections.abc import Iterator

from flow_log_samples import RECORD, chunk, decoder
from shipper.decoders.flow_log.columnar import ColumnarFlowLogDecoder
from shipper.decoders.flow_log.header import find_header
from shipper.identity import CHUNK_BYTES, pieces

BLOCKS = 24
RECORDS_A_BLOCK = 4_000


def test_memory_does_not_grow_with_the_stream() -> None:
    decode = ColumnarFlowLogDecoder(decoder()).decode
    read = 0
    peaks: list[int] = []
    tracemalloc.start()
    try:
        for piece in pieces(blocks(), "some.log", find_header):
            tracemalloc.reset_peak()
            read += decode(chunk(piece.records, identity=piece.identity, header=piece.header)).sums.read
            peaks.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()
    assert read == BLOCKS * RECORDS_A_BLOCK
    assert len(peaks) > 5
    assert max(peaks[2:-1]) < max(peaks[:2]) + CHUNK_BYTES
    assert max(peaks) < 64 * CHUNK_BYTES


def blocks() -> Iterator[bytes]:
    for number in range(BLOCKS):
        yield b"".join(
            RECORD.replace(b"10.0.0.5", b"10.%d.%d.5" % (number, each % 250)) + b"\n" for each in range(RECORDS_A_BLOCK)
        )
