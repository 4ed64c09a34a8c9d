"""The inventory file, read again when it changes: a path in, the snapshot in force out.

A file that is being replaced, or became wrong, leaves the snapshot before it in force, and is told once.
"""

from collections.abc import Callable
from pathlib import Path
from threading import Lock

from mirror.errors import BadInventory
from mirror.inventory import read_inventory
from shipper.decoders.eve.sessions import MirrorSessions
from shipper.errors import ConfigError

_State = tuple[int, int, int]


def ignore(_problem: str) -> None:
    """For those who have nobody to tell."""


class InventoryFile:
    """For any number of threads. Raises ConfigError when made from a file that cannot be read."""

    def __init__(self, path: Path, tell: Callable[[str], None] = ignore) -> None:
        self._path = path
        self._tell = tell
        self._lock = Lock()
        self._seen: _State | None = None
        try:
            self._seen, self._sessions = self._read()
        except (OSError, BadInventory) as trouble:
            raise ConfigError(f"mirror.inventory: {self._said(trouble)}") from trouble

    def current(self) -> MirrorSessions:
        """What holds now; one look at the file's change time where nothing has changed."""
        with self._lock:
            try:
                state = self._state()
                if state != self._seen:
                    self._seen = state  # before it is read: what changes meanwhile is read next time
                    _, self._sessions = self._read()
            except (OSError, BadInventory) as trouble:
                if not isinstance(trouble, FileNotFoundError) or self._seen is not None:
                    self._tell(self._said(trouble))
                self._seen = None if isinstance(trouble, FileNotFoundError) else self._seen
            return self._sessions

    def _read(self) -> tuple[_State, MirrorSessions]:
        state = self._state()
        try:
            text = self._path.read_text("utf-8")
        except UnicodeDecodeError as trouble:
            raise BadInventory(f"not UTF-8 at byte {trouble.start}") from trouble
        return state, MirrorSessions(read_inventory(text))

    def _state(self) -> _State:
        found = self._path.stat()
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _said(self, trouble: Exception) -> str:
        why = trouble.strerror if isinstance(trouble, OSError) else trouble
        return f"{self._path}: {why}"
