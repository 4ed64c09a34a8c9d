"""Waiting until something happens in folders: inotify(7) where the kernel has it, a look at intervals elsewhere.

Only wakes its caller, who looks for himself: what happened is not believed, and what happened on another machine (NFS)
is not told here at all. So no event needs parsing, and three system calls are all there is.
"""

import ctypes
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from select import select

_MODIFY, _MOVED, _CREATE, _DELETE = 0x2, 0xC0, 0x100, 0x200
_WANTED = _MODIFY | _MOVED | _CREATE | _DELETE
_EVENTS_BYTES = 64 << 10


class Changes:
    """For one thread. A folder that cannot be watched is looked at only when `wait` ends by itself."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._folders: dict[Path, int] = {}
        self._descriptor = self._begun()

    def watch(self, folders: Iterable[Path]) -> None:
        """These folders from now on. One that was removed and made again is watched again."""
        for folder in folders:
            with suppress(OSError):
                inode = folder.stat().st_ino
                if self._folders.get(folder) != inode and self._add(folder):
                    self._folders[folder] = inode

    def wait(self, seconds: float) -> bool:
        """Until something changes or so many seconds are over; whether something did."""
        watched = [self._descriptor] if self._descriptor >= 0 else []
        if not select(watched, [], [], seconds)[0]:
            return False
        with suppress(OSError):  # nothing left, or too many for the queue: the look that follows sees everything
            while len(os.read(self._descriptor, _EVENTS_BYTES)) > _EVENTS_BYTES // 2:
                pass
        return True

    def close(self) -> None:
        """Let go of the folders."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _begun(self) -> int:
        """A descriptor, or -1 where there is no inotify or no more of it."""
        try:
            return int(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        except AttributeError:
            return -1

    def _add(self, folder: Path) -> bool:
        if self._descriptor < 0:
            return False
        return int(self._libc.inotify_add_watch(self._descriptor, os.fsencode(folder), _WANTED)) >= 0
