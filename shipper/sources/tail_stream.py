"""One file's worth of records: where it is read, what stood before that place, and the file it is in at the moment.

A stream outlives names and inodes: it is found again by its content (`tail_search`), renamed, copied or compressed.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from shipper.errors import SourceDamaged
from shipper.identity import CHUNK_BYTES, followed_identity, line_count
from shipper.sources.tail_files import WINDOW_BYTES, Found, PackedFile, PlainFile, Window, window_at
from shipper.sources.tail_lines import LONGEST, hole, ready

NOWHERE = (-1, -1)
"""The number of no file."""

_MOST_SAMPLES = 256


@dataclass(frozen=True, slots=True)
class Cut:
    """What is handed out: bytes, where they stand, the ordinal of their first line, and where the stream is then."""

    records: bytes
    offset: int
    first_ordinal: int
    mid_line: bool
    end: int
    lines: int
    window: Window
    mid_line_after: bool


@dataclass(slots=True)
class Stream:
    """`number` is the device and inode of the file; `behind` the last bytes before `offset`, as they were read.

    `live`: it stands where it is written. `ended`: nothing more comes, so that an unfinished line is its last.
    `replaced`: the file holds something else now. `size` and `modified_ns` are the file's at the last look.
    """

    origin: str
    path: Path
    number: tuple[int, int]
    identity: str = ""
    offset: int = 0
    lines: int = 0
    window: Window = field(default_factory=Window)
    mid_line: bool = False
    file: PlainFile | PackedFile | None = None
    behind: bytes = b""
    live: bool = False
    ended: bool = False
    replaced: bool = False
    done: bool = False
    size: int = 0
    modified_ns: int = -1
    grown_at: float = 0.0
    handed_at: float = 0.0
    hole_until: int = 0
    growth: tuple[tuple[int, float], ...] = ()
    strangers: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    @property
    def orphaned(self) -> bool:
        """Its file is gone from where it was, and may lie somewhere else."""
        return self.file is None and not self.done

    def attach(self, file: PlainFile | PackedFile, found: Found) -> bool:
        """Go on in this file, if it holds this stream up to here. Raises SourceDamaged."""
        before = window_at(file, self.offset, self.window) if self.offset else b""
        if before is None:
            return False
        self.file, self.behind, self.number, self.path = file, before, found.number, found.path
        self.size, self.modified_ns = found.size, found.modified_ns
        self.ended, self.done, self.replaced = file.packed, False, False
        return True

    def detach(self) -> None:
        """Let go of the file."""
        if self.file is not None:
            self.file.close()
            self.file = None

    def look(self, now: float, committed: int) -> bool:
        """See how large the file is; whether there may be something new. `committed` bytes are safe."""
        if self.file is None:
            return False
        self.grown_at = self.grown_at or now
        if self.file.packed:
            return True
        status = self.file.status()
        changed = (status.st_size, status.st_mtime_ns) != (self.size, self.modified_ns)
        if status.st_size > self.size:
            samples = [each for each in self.growth if each[0] > committed]
            # Every second one will do: lag is then told a little too large, never too small.
            self.growth = (*samples[:: 2 if len(samples) > _MOST_SAMPLES else 1], (status.st_size, now))
        if changed:
            self.grown_at = now
        self.size, self.modified_ns = status.st_size, status.st_mtime_ns
        return changed or self.size != self.offset

    def unchanged(self) -> bool:
        """Whether the file still holds what was read of it last."""
        if self.file is None or self.file.packed:
            return True
        with suppress(SourceDamaged):
            return self.file.read(self.offset - len(self.behind), len(self.behind)) == self.behind
        return True

    def lag(self, committed: int, now: float) -> tuple[int, float]:
        """Bytes that are not safe, and for how many seconds the oldest of them have been there."""
        behind = (self.offset if self.done else max(self.size, self.offset)) - committed
        if behind <= 0:
            return 0, 0.0
        return behind, now - next((at for end, at in self.growth if end > committed), self.grown_at)

    def cut(self, max_bytes: int) -> Cut | None:
        """The next lines, as many as are there; None where there are none, or the file was `replaced`."""
        fresh = self._fresh(max_bytes)
        if fresh and not self.mid_line:
            fresh = self._past_hole(fresh, max_bytes)
        length = ready(fresh, ended=self.ended and len(fresh) < max_bytes)
        if not length and len(fresh) >= max_bytes:
            fresh = self._fresh(LONGEST)
            length = ready(fresh, ended=self.ended and len(fresh) < LONGEST)
        return self._advanced(fresh[:length]) if length else None

    def _fresh(self, max_bytes: int) -> bytes:
        """What stands behind the offset, read in one go with what stands before it: both or neither are ours."""
        assert self.file is not None  # noqa: S101  (for the type checker: only open streams are cut)
        begin = len(self.behind)
        block = self.file.read(self.offset - begin, begin + max_bytes)
        if block[:begin] != self.behind:
            self.replaced = True
            return b""
        return block[begin:]

    def _past_hole(self, fresh: bytes, max_bytes: int) -> bytes:
        """The same without NULs before its first line. None are passed over that nothing follows yet: that may be room
        made for a write to come."""
        empty = hole(fresh)
        if not empty:
            return fresh
        place = self.offset + empty if empty < len(fresh) else self._data_after(self.offset + empty)
        if place < 0:
            return b""
        assert self.file is not None  # noqa: S101
        self.offset, self.behind = place, self.file.read(max(place - WINDOW_BYTES, 0), min(place, WINDOW_BYTES))
        return self._fresh(max_bytes)

    def _data_after(self, place: int) -> int:
        """Where something other than NUL stands; -1 if nowhere. Goes on where it ended last time."""
        assert self.file is not None  # noqa: S101
        place = max(place, self.hole_until)
        while True:
            place = self.file.data_after(place)
            block = self.file.read(place, CHUNK_BYTES)
            if hole(block) < len(block):
                return place + hole(block)
            if not block:
                self.hole_until = place
                return -1
            place += len(block)

    def _advanced(self, records: bytes) -> Cut:
        if not self.identity:
            self.identity = followed_identity(records[: records.find(b"\n")], *self.number)
        begin, ordinal, inside = self.offset, self.lines, self.mid_line
        self.offset += len(records)
        self.lines += line_count(records)
        self.mid_line = not records.endswith(b"\n")
        self.behind = (self.behind + records)[-WINDOW_BYTES:]
        self.window = Window.of(self.behind)
        return Cut(records, begin, ordinal, inside, self.offset, self.lines, self.window, self.mid_line)
