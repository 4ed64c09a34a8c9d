"""An input's bytes → pieces: the one place that knows how a file is packed. A new format of files is a branch here."""

from collections.abc import Iterator

from shipper.errors import NotRecords, SourceDamaged
from shipper.identity import Framing, Piece, pieces
from shipper.sources.compression import decompressed
from shipper.sources.inputs import Input, Reader, SeekableReader, is_seekable
from shipper.sources.parquet import is_parquet, parquet_lines


def framed(item: Input, file: Reader, framing: Framing) -> Iterator[Piece]:
    """All pieces of an input, from its start; what its bytes are is told by the first of them. `file` is at its start.

    Raises SourceDamaged at the place where it cannot be read further; what came before is good. Raises NotRecords.
    """
    return pieces(_lines(item, file, framing), item.origin, framing.find_header)


def _lines(item: Input, file: Reader, framing: Framing) -> Iterator[bytes]:
    if what := framing.other_name(item.origin):
        raise NotRecords(what)
    if is_seekable(file) and _is_parquet(item, file):
        yield from parquet_lines(file, item.title, framing.find_header)
    else:
        yield from framing.record_lines(decompressed(file, item.title))


def _is_parquet(item: Input, file: SeekableReader) -> bool:
    try:
        return is_parquet(file)
    except OSError as error:
        raise SourceDamaged(f"{item.title}: read error: {error.strerror or error}") from error
