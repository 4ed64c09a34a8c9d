"""One costly step (a commit, a request) for all threads that come while the one before it lasts."""

from collections.abc import Callable, Sequence
from threading import Condition
from typing import Generic, TypeVar

T = TypeVar("T")


class Together(Generic[T]):
    """`keep` is called with what several threads brought, in order, by one of them at a time."""

    def __init__(self, keep: Callable[[Sequence[T]], None]) -> None:
        self._keep = keep
        self._changed = Condition()
        self._waiting: list[T] = []
        self._brought = self._kept = 0
        self._keeping = False

    def __call__(self, thing: T) -> None:
        """This thing is kept when this returns. Raises as `keep` does; what others brought is then tried by them."""
        with self._changed:
            self._waiting.append(thing)
            self._brought += 1
            mine = self._brought
            self._changed.wait_for(lambda: self._kept >= mine or not self._keeping)
            if self._kept >= mine:
                return
            self._keeping = True
            batch, self._waiting, upto = self._waiting, [], self._brought
        try:
            self._keep(batch)
        except BaseException:
            with self._changed:
                self._waiting = [*(each for each in batch if each is not thing), *self._waiting]
                self._keeping = False
                self._changed.notify_all()
            raise
        with self._changed:
            self._kept, self._keeping = upto, False
            self._changed.notify_all()
