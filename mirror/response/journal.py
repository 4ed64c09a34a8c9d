"""The file that findings and decisions are appended to, synced before anything goes on; and the memory of a watcher.

In: whole lines. Out: a file of bounded size that `shipper run` follows. One process at a time holds it.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from mirror.errors import JournalUnwritable
from mirror.response.decision import Past
from mirror.response.telling import DECISION

_MOST_BYTES: Final = 64 << 20
_MARK: Final = f'"event_type": "{DECISION}"'


class JournalFile:
    """Appends; a full file becomes NAME.1, and what was that is gone. Raises JournalUnwritable."""

    def __init__(self, path: Path, most_bytes: int = _MOST_BYTES) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._opened = ExitStack()
        try:
            lock = self._opened.enter_context(path.with_name(f"{path.name}.lock").open("a"))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._mend()
        except BlockingIOError as error:
            self.close()
            raise JournalUnwritable(
                f"{path}: another process holds it; give each watcher a journal of its own"
            ) from error
        except OSError as error:
            self.close()
            raise _unwritable(path, error) from error

    def append(self, text: str) -> None:
        """Whole lines; safe when this returns, absent when it raises."""
        try:
            if self._path.exists() and self._path.stat().st_size + len(text) > self._most_bytes:
                self._path.replace(self._path.with_name(f"{self._path.name}.1"))
            with self._path.open("ab") as file:
                begins = file.tell()
                try:
                    file.write(text.encode("ascii"))
                    file.flush()
                    os.fsync(file.fileno())
                except OSError:
                    file.truncate(begins)  # a part of a line would spoil the next
                    raise
            if not begins:
                _sync(self._path.parent)
        except OSError as error:
            raise _unwritable(self._path, error) from error

    def past(self, now: datetime, remembered: timedelta) -> Past:
        """What was decided since then, as far as it is in the two files. Dry runs did nothing, so they are no past."""
        seen: dict[str, datetime] = {}
        begun: list[datetime] = []
        for when, decision in self._decisions():
            if when > now - remembered and not decision.get("dry_run") and decision.get("action") != "failed":
                if version := decision.get("version"):
                    seen[version] = when
                if decision.get("new"):
                    begun.append(when)
        return Past(seen, tuple(begun))

    def close(self) -> None:
        """Somebody else may hold it."""
        self._opened.close()

    def _decisions(self) -> Iterator[tuple[datetime, dict[str, Any]]]:
        try:
            for path in (self._path.with_name(f"{self._path.name}.1"), self._path):
                if not path.exists():
                    continue
                with path.open(encoding="ascii", errors="replace") as lines:
                    for line in lines:
                        if _MARK in line:
                            told = json.loads(line)
                            yield datetime.fromisoformat(told["timestamp"]), told["decision"]
        except (ValueError, KeyError) as error:
            raise JournalUnwritable(f"{self._path}: a line is not what was written: move the file away") from error
        except OSError as error:
            raise _unwritable(self._path, error) from error

    def _mend(self) -> None:
        """Cut off a line that a crash left half written: nothing followed from it."""
        if not self._path.exists():
            return
        with self._path.open("rb+") as file:
            end = whole = file.seek(0, os.SEEK_END)
            while whole:
                begin = max(0, whole - 65536)
                file.seek(begin)
                if (at := file.read(whole - begin).rfind(b"\n")) >= 0:
                    whole = begin + at + 1
                    break
                whole = begin
            if whole < end:
                file.truncate(whole)
                os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unwritable(path: Path, error: OSError) -> JournalUnwritable:
    return JournalUnwritable(f"{path}: {error.strerror}. Nothing is begun that cannot be told of")
