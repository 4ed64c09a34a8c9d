"""Blocks of frames in; mirrored frames counted, chosen, tagged and handed on. The same for files and for sockets."""

from dataclasses import dataclass, field

from mirror.capture_writer import FrameWriter
from mirror.columns import decode
from mirror.duplicates import Duplicates
from mirror.frames import Block, Mirrored
from mirror.outer import Ports
from mirror.selection import Selection
from mirror.tagging import tag
from mirror.tally import Tally


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is taken, and how it is handed on."""

    ports: Ports = field(default_factory=Ports)
    strict_reserved: bool = False
    selection: Selection = field(default_factory=Selection)
    look_for_duplicates: bool = True
    remove_duplicates: bool = False
    untagged: bool = False


class Decoding:
    """Takes blocks. `tally` counts all that is mirrored; only what is chosen is handed on."""

    def __init__(self, wanted: Wanted, writer: FrameWriter | None = None) -> None:
        self.tally = Tally()
        self._wanted = wanted
        self._writer = writer
        self._duplicates = Duplicates()

    def take(self, block: Block) -> None:
        """Decodes a block and hands on what is chosen of it."""
        self.write(block, self.chosen(block))

    def chosen(self, block: Block) -> Mirrored:
        """The frames of a block that are wanted; all are counted."""
        wanted = self._wanted
        found = decode(block, wanted.ports, strict_reserved=wanted.strict_reserved)
        self.tally.add(found)
        if wanted.look_for_duplicates or wanted.remove_duplicates:
            repeated = self._duplicates.found(block.data, found, block.times_ns[found.rows])
            self.tally.duplicates += int(repeated.sum())
            if wanted.remove_duplicates:
                found = found.only(~repeated)
        if not wanted.selection.everything:
            found = found.only(wanted.selection.wanted(block.data, found))
        return found

    def write(self, block: Block, found: Mirrored) -> None:
        """Tags these frames, unless that is not wanted, and writes them. They are no longer where they were."""
        if self._writer is None or not len(found):
            return
        starts, ends = (found.starts, found.ends) if self._wanted.untagged else tag(block.data, found)
        self._writer.write(block.data, starts, ends, block.times_ns[found.rows])
