"""Which file belongs to which stream: decided by content, with device, inode and time only as hints.

In: files found in folders, and streams. Out: streams attached to the files they go on in, and new streams. Survives
renaming, copying and truncating, inodes used again, and compression, also while nobody looked.
"""

import re
from collections.abc import Iterable, Mapping
from contextlib import closing
from enum import Enum
from pathlib import Path

from shipper.errors import SourceDamaged
from shipper.interfaces import Log
from shipper.sources.compression import BLOCK_BYTES
from shipper.sources.local_paths import origin_of
from shipper.sources.tail_files import (
    WINDOW_BYTES,
    Found,
    PackedFile,
    PlainFile,
    found_files,
    look,
    open_file,
    siblings,
)
from shipper.sources.tail_stream import NOWHERE, Stream


class _Kin(Enum):
    """What a file is to a stream."""

    CONTINUES = "holds it up to its offset, and is where it goes on"
    COPY = "a copy of what the stream's own file holds"
    STRANGER = "something else"
    UNREADABLE = "cannot be told yet: a compression that is not finished, no permission"


class Search:
    """Keeps `streams`. For one thread."""

    def __init__(
        self, patterns: Iterable[str], streams: Iterable[Stream], first_seen: Mapping[str, int], log: Log
    ) -> None:
        self._patterns = tuple(patterns)
        self._first_seen = first_seen
        self._log = log
        self._copies: dict[tuple[int, int], int] = {}
        self._unreadable: dict[tuple[int, int], tuple[tuple[int, int], str]] = {}
        self.streams = list(streams)
        self.troubles: dict[str, str] = {}

    def folders(self) -> list[Path]:
        """Where files of these patterns are, and where rotated ones may be."""
        named = [Path(pattern).expanduser() for pattern in self._patterns]
        return sorted({path.parent for path in [*named, *self._paths()] if path.parent.is_dir()})

    def scan(self) -> int:
        """Attach every file to its stream; how many files fit the patterns."""
        self.troubles.clear()
        for stream in self.streams:
            self._drop_replaced(stream)
        live = list(look(self._paths()))
        numbers = {found.number for found in live}
        for stream in self.streams:
            stream.live = stream.live and stream.number in numbers
        known = {each.number for each in self.streams}
        met = [(found, origin_of(found.path)) for found in live] + self._rotated_unseen(live)
        for found, origin in sorted(met, key=lambda each: each[0].number not in known):  # strangers last
            met_stream = self._meet(found, origin)
            if met_stream is not None:
                met_stream.live = found.number in numbers
        for stream in [each for each in self.streams if each.orphaned and each.offset]:
            self._find(stream)
        return len(live)

    def _paths(self) -> list[Path]:
        return [path for pattern in self._patterns for path in found_files(pattern)]

    def _rotated_unseen(self, live: list[Found]) -> list[tuple[Found, str]]:
        """Files that were begun and rotated while nobody looked: named after a followed one, and written since.

        Not those from before it was ever followed: they were not asked for.
        """
        known = {found.number for found in live} | {each.number for each in self.streams}
        unseen: list[tuple[Found, str]] = []
        for found in live:
            origin = origin_of(found.path)
            times = [each.modified_ns for each in self.streams if each.origin == origin and each.offset]
            times = times or ([self._first_seen[origin]] if origin in self._first_seen else [])
            if times:
                unseen += [
                    (other, origin)
                    for other in siblings(found.path.parent)
                    if other.number not in known
                    and _named_after(other.path, found.path)
                    and other.modified_ns >= min(times)
                ]
        return unseen[::-1]

    def _meet(self, found: Found, origin: str) -> Stream | None:
        """The stream that this file is, made where there is none; None for a copy and for what cannot be read yet."""
        if self._still_unreadable(found):
            return None
        stream = next((each for each in self.streams if each.number == found.number), None)
        if stream is None:
            return self._meet_stranger(found, origin)
        if stream.file is not None or (
            stream.done and (found.size, found.modified_ns) == (stream.size, stream.modified_ns)
        ):
            stream.path = found.path
            return stream
        kin = self._attach(stream, found)
        if kin is _Kin.STRANGER:
            stream.number = NOWHERE  # it has a new owner
            return self._meet_stranger(found, origin)
        return stream if kin is _Kin.CONTINUES else None

    def _meet_stranger(self, found: Found, origin: str) -> Stream | None:
        if self._copies.get(found.number) == found.size:
            return None
        for stream in [each for each in self.streams if each.offset or each.file]:
            kin = self._copy(stream, found) if stream.file is not None else self._attach(stream, found)
            if kin is _Kin.CONTINUES:
                return stream
            if kin is not _Kin.STRANGER:
                return None
        return self._begin(found, origin)

    def _begin(self, found: Found, origin: str) -> Stream | None:
        stream = Stream(origin, found.path, found.number)
        if self._attach(stream, found) is not _Kin.CONTINUES:
            return None
        if stream.file and stream.file.packed and not stream.file.read(0, 1):  # compressed emptiness
            stream.detach()
            self._copies[found.number] = found.size
            return None
        self.streams.append(stream)
        self._log("file found", file=stream.origin, bytes=found.size)
        return stream

    def _find(self, stream: Stream) -> None:
        """Where an orphan goes on: renamed, copied, or compressed, in the folder where it was."""
        taken = {each.number for each in self.streams if each.file is not None}
        for found in sorted(siblings(stream.path.parent), key=lambda each: each.number != stream.number):
            same = found.number == stream.number
            if found.number in taken or stream.strangers.get(found.number) == (found.size, found.modified_ns):
                continue
            if same or (found.modified_ns >= stream.modified_ns and not self._still_unreadable(found)):
                kin = self._attach(stream, found)
                if kin is _Kin.CONTINUES:
                    self._log("file goes on", file=stream.origin, now=str(found.path))
                    return
                if kin is _Kin.STRANGER:
                    stream.strangers[found.number] = (found.size, found.modified_ns)

    def damaged(self, stream: Stream, error: SourceDamaged) -> None:
        """This stream's file cannot be read further: not before it has changed, or is found to be another."""
        self._cannot_read(stream.number, (stream.size, stream.modified_ns), str(stream.path), str(error))
        stream.detach()

    def replaced(self, stream: Stream) -> None:
        """Something else is in its file now; where this stream goes on, if anywhere, a scan finds out."""
        self._log("file was truncated, or something else written over it", file=stream.origin, at=stream.offset)
        stream.detach()
        stream.number, stream.replaced = NOWHERE, False

    def _drop_replaced(self, stream: Stream) -> bool:
        """Before strangers are met: a copy of what is gone from a stream's file is where that stream goes on."""
        if stream.file is not None and not stream.unchanged():
            self.replaced(stream)
        return stream.file is None

    def _attach(self, stream: Stream, found: Found) -> _Kin:
        try:
            file = open_file(found.path)
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                self.troubles[str(found.path)] = f"{found.path}: {error.strerror}"
            return _Kin.UNREADABLE
        kin = _Kin.UNREADABLE
        try:
            status = file.status()
            if (status.st_dev, status.st_ino) == found.number:  # else another one is there: the next look meets it
                kin = _Kin.CONTINUES if stream.attach(file, found) else _Kin.STRANGER
        except SourceDamaged as error:
            self._cannot_read(found.number, (found.size, found.modified_ns), str(found.path), str(error))
        if kin is not _Kin.CONTINUES:
            file.close()
        return kin

    def _copy(self, stream: Stream, found: Found) -> _Kin:
        """Whether the file, from its first byte to its last, is what the stream's own file begins with."""
        assert stream.file is not None  # noqa: S101  (for the type checker)
        try:
            with closing(open_file(found.path)) as file:
                first = file.read(0, WINDOW_BYTES)
                end, last = _last_window(file, found)
            same = not stream.file.packed and last and stream.file.read(end - len(last), len(last)) == last
            if not same or stream.file.read(0, len(first)) != first:
                return _Kin.UNREADABLE if self._drop_replaced(stream) else _Kin.STRANGER
        except (OSError, SourceDamaged):
            return _Kin.UNREADABLE
        self._copies[found.number] = found.size
        return _Kin.COPY

    def _still_unreadable(self, found: Found) -> bool:
        state, why = self._unreadable.get(found.number, ((-1, -1), ""))
        if state == (found.size, found.modified_ns):
            self.troubles[str(found.path)] = why
            return True
        return False

    def _cannot_read(self, number: tuple[int, int], state: tuple[int, int], path: str, why: str) -> None:
        self._unreadable[number] = (state, why)
        self.troubles[path] = why
        self._log("file cannot be read", "warning", file=path, why=why)


def _named_after(rotated: Path, live: Path) -> bool:
    """eve.json.1, eve.json-20260101.gz, eve-20260101.json, as logrotate(8) and its kind name them."""
    stem, suffix = re.escape(live.stem), re.escape(live.suffix)
    return re.fullmatch(rf"{stem}({suffix})?[-._]\d.*", rotated.name) is not None


def _last_window(file: PlainFile | PackedFile, found: Found) -> tuple[int, bytes]:
    """How long what it holds is, and its last bytes. Raises SourceDamaged."""
    end = 0 if file.packed else found.size
    while file.packed and (block := file.read(end, BLOCK_BYTES)):
        end += len(block)
    begin = max(end - WINDOW_BYTES, 0)
    return end, file.read(begin, end - begin)
