"""From several writing threads to one reading thread: bounded, in each writer's order, and left by all when closed."""

from collections import deque
from threading import Condition
from typing import Generic, TypeVar

from shipper.errors import EndOfInput

T = TypeVar("T")


class Handover(Generic[T]):
    """Holds what was put and not yet got. A writer waits while this is full; the reader, while it is empty."""

    def __init__(self, writers: int, *, max_bytes: int, max_things: int) -> None:
        """Full at either limit; one thing larger than `max_bytes` fits where nothing else is."""
        self._writers = writers
        self._max_bytes = max_bytes
        self._max_things = max_things
        self._things: deque[tuple[T, int]] = deque()
        self._bytes = 0
        self._error: BaseException | None = None
        self._closed = False
        self._changed = Condition()

    def put(self, thing: T, size: int) -> bool:
        """Hand it over as soon as there is room. False if nobody reads any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._room(size))
            if self._closed:
                return False
            self._things.append((thing, size))
            self._bytes += size
            self._changed.notify_all()
            return True

    def get(self, seconds: float) -> T | None:
        """The next thing, None after so long. Raises EndOfInput when all writers have left, or what one failed with."""
        with self._changed:
            self._changed.wait_for(lambda: self._things or self._error or not self._writers, seconds)
            if self._error is not None:
                raise self._error
            if self._things:
                thing, size = self._things.popleft()
                self._bytes -= size
                self._changed.notify_all()
                return thing
            if not self._writers:
                raise EndOfInput
            return None

    def leave(self, error: BaseException | None = None) -> None:
        """A writer puts nothing more, because of `error` if there is one: the reader gets that next."""
        with self._changed:
            self._writers -= 1
            self._error = self._error or error
            self._changed.notify_all()

    def close(self) -> None:
        """What waits here is dropped; whoever puts is told."""
        with self._changed:
            self._closed = True
            self._things.clear()
            self._changed.notify_all()

    def _room(self, size: int) -> bool:
        return not self._things or (len(self._things) < self._max_things and self._bytes + size <= self._max_bytes)
