"""An input's bytes → pieces: the one place that knows how a file is packed. A new format of files is a branch here."""

from collections.abc import Iterator

from shipper.identity import Framing, Piece, pieces
from shipper.sources.compression import decompressed
from shipper.sources.inputs import Input, Reader


def framed(item: Input, file: Reader, framing: Framing) -> Iterator[Piece]:
    """All pieces of an input, from its start; what its bytes are is told by the first of them. `file` is at its start.

    Raises SourceDamaged at the place where it cannot be read further; what came before is good. Raises NotRecords.
    """
    return pieces(framing.record_lines(decompressed(file, item.title)), item.origin, framing.find_header)
