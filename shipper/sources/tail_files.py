"""Files that are written while they are read: opened once, read at offsets, and compared with what was read before.

A file is what it holds: `holds` decides whether bytes up to an offset are those of a stream, by the bytes just before
it. Names, device and inode numbers only say where to look first: rotation changes names, copies have other inodes, and
inodes are used again.
"""

import glob
import os
import stat
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, Protocol

from shipper.errors import SourceDamaged
from shipper.sources.compression import decompressed

WINDOW_BYTES = 4096
"""So many bytes before an offset are compared. An event's own time and ids are in them."""

_PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file at this moment."""

    path: Path
    device: int
    inode: int
    size: int
    modified_ns: int

    @property
    def number(self) -> tuple[int, int]:
        """What the kernel calls it, for as long as it exists."""
        return self.device, self.inode


@dataclass(frozen=True, slots=True)
class Window:
    """The last bytes before an offset, as a length and a hash."""

    length: int = 0
    digest: str = ""

    @classmethod
    def of(cls, before: bytes) -> "Window":
        """Of these bytes, which end at the offset."""
        kept = before[-WINDOW_BYTES:]
        return cls(len(kept), blake2b(kept, digest_size=12, person=b"tail").hexdigest() if kept else "")


def found_files(pattern: str) -> list[Path]:
    """Regular files that fit a path or glob, in order."""
    return [found.path for found in look(map(Path, sorted(glob.glob(os.path.expanduser(pattern)))))]  # noqa: PTH111, PTH207


def look(paths: Iterator[Path] | list[Path]) -> Iterator[Found]:
    """Those of them that are regular files, links followed."""
    for path in paths:
        with suppress(OSError):
            status = path.stat()
            if stat.S_ISREG(status.st_mode):
                yield Found(path, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def siblings(folder: Path) -> list[Found]:
    """All regular files of a folder, the newest first."""
    try:
        return sorted(look([*folder.iterdir()]), key=lambda found: -found.modified_ns)
    except OSError:
        return []


class Tailed(Protocol):
    """A file of a stream, whose bytes are asked for from the first to the last."""

    packed: bool
    """Compressed: it has ended."""

    def status(self) -> os.stat_result:
        """As it is now, whatever it is called."""

    def read(self, offset: int, size: int) -> bytes:
        """Up to so many bytes; fewer at its end. Raises SourceDamaged."""

    def close(self) -> None:
        """Let go of it."""


class PlainFile:
    """Any offset may be read, again and again."""

    packed = False

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name

    def status(self) -> os.stat_result:
        """As it is now."""
        return os.fstat(self._file.fileno())

    def read(self, offset: int, size: int) -> bytes:
        """In one call, so that it is what the file held at one moment."""
        try:
            return os.pread(self._file.fileno(), size, offset)
        except OSError as error:
            raise SourceDamaged(f"{self._name}: read error: {error.strerror or error}") from error

    def data_after(self, offset: int) -> int:
        """Where the next bytes are that were really written (lseek(2), SEEK_DATA); `offset` where that is unknown."""
        try:
            return os.lseek(self._file.fileno(), offset, os.SEEK_DATA)
        except OSError:
            return offset

    def close(self) -> None:
        """Let go of it."""
        self._file.close()


class PackedFile:
    """A compressed file; what is asked for must not lie before what was asked for last, but for WINDOW_BYTES."""

    packed = True

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._blocks = decompressed(file, name)
        self._held = bytearray()
        self._start = 0

    def status(self) -> os.stat_result:
        """As it is now."""
        return os.fstat(self._file.fileno())

    def read(self, offset: int, size: int) -> bytes:
        """Decompresses what lies before it, too, and forgets that."""
        keep = max(offset - WINDOW_BYTES, 0)
        while self._start + len(self._held) < offset + size:
            block = next(self._blocks, b"")
            if not block:
                break
            self._held += block
            self._forget(keep)
        self._forget(keep)
        begin = offset - self._start
        return bytes(self._held[begin : begin + size]) if begin >= 0 else b""

    def data_after(self, offset: int) -> int:
        """A compressed file has no holes."""
        return offset

    def close(self) -> None:
        """Let go of it."""
        self._file.close()

    def _forget(self, before: int) -> None:
        gone = min(before - self._start, len(self._held))
        if gone > 0:
            del self._held[:gone]
            self._start += gone


def open_file(path: Path) -> PlainFile | PackedFile:
    """Raises OSError."""
    file = path.open("rb", buffering=0)
    try:
        packed = os.pread(file.fileno(), 4, 0).startswith(_PACKED)
    except OSError:
        file.close()
        raise
    return PackedFile(file, str(path)) if packed else PlainFile(file, str(path))


def window_at(file: Tailed, offset: int, window: Window) -> bytes | None:
    """The bytes of this window, if the file has them before this offset. Raises SourceDamaged."""
    before = file.read(offset - window.length, window.length)
    return before if Window.of(before) == window else None


def holds(path: Path, offset: int, window: Window) -> bool:
    """Whether this file holds a stream up to this offset. A file that cannot be read does not."""
    with suppress(OSError, SourceDamaged), closing(open_file(path)) as file:
        if not file.packed and file.status().st_size < offset:
            return False
        return window_at(file, offset, window) is not None
    return False
