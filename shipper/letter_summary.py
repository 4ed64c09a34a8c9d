"""Dead letters told of in OpenSearch: a summary of each, under the letter's id, once it is safe on disk.

A marker file says that summaries may be missing. It is there before the first letter of a run and goes when all are
written; where a run finds it, it sends the summaries of everything on disk again. (`create`: what is there stays.)
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from shipper.deadletter import letter_id
from shipper.durable import make_directory, write_file
from shipper.errors import CorruptState, StateUnwritable
from shipper.figures import cut
from shipper.model import DeadLetter

DATASET = "deadletter"
MARKER = "summaries-due"
MOST_RAW_BYTES = 1024

_AT_A_TIME = 500
_MOST_QUEUED = 2_000


@dataclass(frozen=True, slots=True)
class Summary:
    """A document, its id, and the time that decides its partition."""

    id: str
    dead_at: datetime
    source: dict[str, Any]


def summary(letter: DeadLetter) -> Summary:
    """What is searched and shown. The whole letter, and the folders of its input, stay on disk."""
    told: dict[str, Any] = {
        "kind": cut(letter.kind.name),
        "reason": cut(letter.reason),
        "origin": cut(letter.position.origin.rpartition("/")[2]),
        "document_id": letter_id(letter),
        "identity": letter.identity,
        "offset": letter.position.offset,
        "ordinal": letter.ordinal,
        "bytes": len(letter.raw),
        "received_at": letter.received_at.isoformat(),
        "dead_at": letter.dead_at.isoformat(),
        "raw": _text(letter.raw),
        "raw_cut": len(letter.raw) > MOST_RAW_BYTES,
    }
    if letter.index:
        told |= {"index": cut(letter.index), "error_type": cut(letter.reason.partition(":")[0])}
    if letter.header:
        told["header"] = _text(letter.header)
    moment = letter.dead_at.isoformat()
    event = {"dataset": DATASET, "kind": "pipeline_error", "ingested": moment}
    source = {"@timestamp": moment, "event": event, "flowtap": {"deadletter": told}}
    return Summary(letter_id(letter), letter.dead_at, source)


class LettersOnDisk(Protocol):
    """What is needed of the store of dead letters."""

    def append(self, letters: Sequence[DeadLetter]) -> None:
        """Durable when this returns."""

    def read(self) -> Iterable[DeadLetter]:
        """Everything on disk. Raises CorruptState."""


class SummarisedDeadLetters:
    """A store of dead letters that has them told of. `append` may come from several threads, the rest from one.

    `write` tries once to write some summaries; False: not now. What waits in memory is bounded; what does not fit is
    read from disk again.
    """

    def __init__(self, letters: LettersOnDisk, state: Path, write: Callable[[Sequence[Summary]], bool]) -> None:
        self._letters = letters
        self._marker = state / MARKER
        self._write = write
        self._lock = Lock()
        self._queue: deque[Summary] = deque()
        self._due = self._reread = self._marker.exists()
        self._stored: Iterator[DeadLetter] = iter(())
        self._group: list[Summary] = []
        self._unreadable = False

    def append(self, letters: Sequence[DeadLetter]) -> None:
        """On disk first. Raises what the store raises, and nothing because of a summary."""
        if letters:
            self._mark()
        self._letters.append(letters)
        with self._lock:
            room = max(_MOST_QUEUED - len(self._queue), 0)
            self._queue.extend(summary(letter) for letter in letters[:room])
            self._reread |= len(letters) > room

    def flush(self, go_on: Callable[[], bool]) -> bool:
        """Write what is due while `go_on` says so. Whether nothing is left."""
        while go_on():
            self._group = self._group or self._queued() or self._from_disk()
            if not self._group:
                return True
            if not self._write(self._group):
                return False
            self._group = []
        return False

    def finish(self, go_on: Callable[[], bool]) -> None:
        """The same after the last append. What is not written now is for the next run."""
        if self.flush(go_on) and self._due and not self._unreadable:
            with suppress(OSError):
                self._marker.unlink(missing_ok=True)

    def _queued(self) -> list[Summary]:
        with self._lock:
            return [self._queue.popleft() for _ in range(min(_AT_A_TIME, len(self._queue)))]

    def _from_disk(self) -> list[Summary]:
        """The next ones of a pass over the disk; a new pass is begun where one is due."""
        group = self._read_some()
        if group or not self._reread:
            return group
        self._reread = False
        self._stored = iter(self._letters.read())
        return self._read_some()

    def _read_some(self) -> list[Summary]:
        group: list[Summary] = []
        try:
            group.extend(summary(letter) for letter in islice(self._stored, _AT_A_TIME))
        except (CorruptState, OSError):  # `deadletter list` says so; what comes after it is told of once it is mended
            self._unreadable = True
        return group

    def _mark(self) -> None:
        with self._lock:
            if self._due:
                return
            self._due = True
            with suppress(StateUnwritable):  # then the letter cannot be written either, and that is said
                make_directory(self._marker.parent)
                write_file(self._marker, b"")


def _text(raw: bytes) -> str:
    return raw[:MOST_RAW_BYTES].decode("utf-8", "backslashreplace")
