"""Records that could not be delivered: append-only segments on disk, synced before anything is committed.

A segment is lines of JSON, raw bytes in base64. A crash can tear only the last line of a segment, because a new run
begins a new segment; a torn line was never acknowledged, so its record is read again from its source.
"""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock

from shipper.durable import make_directory, sync_directory, unwritable, write_file
from shipper.errors import CorruptState, StateUnwritable
from shipper.identity import document_id
from shipper.model import DeadLetter, Position, RecordKind

FORMAT = 1
SEGMENT_BYTES = 16 << 20
DEFAULT_QUOTA_BYTES = 1 << 30


def letter_id(letter: DeadLetter) -> str:
    """The id its document has, or would have had."""
    return document_id(letter.identity, letter.ordinal)


@dataclass(frozen=True, slots=True)
class Torn:
    """A segment's last line that a crash cut short."""

    path: Path
    size: int


class DeadLetterDirectory:
    """A store of dead letters. Appends may come from several threads."""

    def __init__(
        self, directory: Path, quota_bytes: int = DEFAULT_QUOTA_BYTES, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        self._directory = directory
        self._quota_bytes = quota_bytes
        self._segment_bytes = segment_bytes
        self._lock = Lock()
        self._segment: Path | None = None

    def append(self, letters: Sequence[DeadLetter]) -> None:
        """Durable when this returns; raises StateUnwritable when it cannot be, or when the quota is used up."""
        lines = b"".join(_line(letter) for letter in letters)
        if not lines:
            return
        with self._lock:
            self._keep_quota(len(lines))
            path = self._current_segment()
            try:
                _append(path, lines)
            except OSError as error:
                self._segment = None  # it may end in half a line
                raise unwritable(path, error) from error

    def read(self) -> Iterator[DeadLetter]:
        """Each letter of a store once, oldest first, however often it was appended. Raises CorruptState."""
        seen: set[tuple[str, str, str]] = set()
        for path in self._segments():
            for letter in _read_segment(path):
                key = (letter.target, letter.kind.name, letter_id(letter))
                if key not in seen:
                    seen.add(key)
                    yield letter

    def torn(self) -> Iterator[Torn]:
        """Last lines that a crash cut short: never acknowledged, so nothing is missing because of them."""
        for path in self._segments():
            tail = path.read_bytes().rpartition(b"\n")[2]
            if tail:
                yield Torn(path, len(tail))

    def remove(self, document_ids: frozenset[str], target: str = "") -> int:
        """Forget these letters of this store; returns how many went. A crash leaves some, never half a letter."""

        def goes(letter: DeadLetter) -> bool:
            return letter.target == target and letter_id(letter) in document_ids

        removed: set[str] = set()
        with self._lock:
            self._segment = None
            for path in self._segments():
                letters = list(_read_segment(path))
                kept = [letter for letter in letters if not goes(letter)]
                if len(kept) == len(letters):
                    continue
                removed.update(letter_id(letter) for letter in letters if goes(letter))
                if kept:
                    write_file(path, b"".join(map(_line, kept)))
                else:
                    path.unlink()
                    sync_directory(self._directory)
        return len(removed)

    def count(self) -> int:
        """How many letters the segments hold, each as often as it was appended."""
        return sum(path.read_bytes().count(b"\n") for path in self._segments())

    def size_bytes(self) -> int:
        """What the segments take on disk."""
        return sum(path.stat().st_size for path in self._segments())

    def _segments(self) -> list[Path]:
        return sorted(self._directory.glob("[0-9]*.jsonl"))

    def _keep_quota(self, more_bytes: int) -> None:
        used = self.size_bytes()
        if used + more_bytes > self._quota_bytes:
            raise StateUnwritable(
                f"dead letters in {self._directory} take {used} bytes and may take {self._quota_bytes} "
                "(state.dead_letter_quota_bytes). Look at them with `shipper deadletter list`, then replay or purge; "
                "nothing was dropped."
            )

    def _current_segment(self) -> Path:
        make_directory(self._directory)
        if self._segment is None or self._segment.stat().st_size >= self._segment_bytes:
            names = [path.stem for path in self._segments()]
            self._segment = self._directory / f"{int(names[-1]) + 1 if names else 1:08d}.jsonl"
        return self._segment


def _append(path: Path, lines: bytes) -> None:
    """Write and sync; a write that fails half-way is taken back, so that the segment stays whole."""
    new = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        try:
            rest = memoryview(lines)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)
    if new:
        sync_directory(path.parent)


def _line(letter: DeadLetter) -> bytes:
    entry = {
        "format": FORMAT,
        "id": letter_id(letter),
        "kind": letter.kind.name,
        "target": letter.target,
        "reason": letter.reason,
        "origin": letter.position.origin,
        "offset": letter.position.offset,
        "identity": letter.identity,
        "ordinal": letter.ordinal,
        "received_at": letter.received_at.isoformat(),
        "dead_at": letter.dead_at.isoformat(),
        "index": letter.index,
        "fragment": letter.fragment,
        "settings": dict(letter.kind.settings),
        "header": b64encode(letter.header).decode("ascii"),
        "raw": b64encode(letter.raw).decode("ascii"),
    }
    return json.dumps(entry).encode("ascii") + b"\n"


def _read_segment(path: Path) -> Iterator[DeadLetter]:
    """Its whole lines; none if it was removed meanwhile, as a replay does while it reads."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        for number, line in enumerate(file, 1):
            if line.endswith(b"\n"):
                yield _parse(path, number, line)


def _parse(path: Path, number: int, line: bytes) -> DeadLetter:
    try:
        entry = json.loads(line)
        if entry["format"] != FORMAT:
            raise CorruptState(f"{path}, line {number}: dead-letter format {entry['format']!r}; expected {FORMAT}")
        return DeadLetter(
            kind=RecordKind(entry["kind"], entry["settings"]),
            raw=b64decode(entry["raw"], validate=True),
            position=Position(entry["origin"], entry["offset"]),
            identity=entry["identity"],
            ordinal=entry["ordinal"],
            header=b64decode(entry["header"], validate=True),
            reason=entry["reason"],
            received_at=datetime.fromisoformat(entry["received_at"]),
            dead_at=datetime.fromisoformat(entry["dead_at"]),
            index=entry["index"],
            fragment=entry["fragment"],
            target=entry["target"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptState(f"{path}, line {number} is no dead letter of ours ({error}); move the file aside") from error
