"""All live inputs of a process side by side, until told to stop, all have ended, or one meets what concerns all."""

from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Event, Thread
from typing import TypeVar

from shipper.backoff import delays
from shipper.errors import ShipperError, Unavailable
from shipper.interfaces import Log, Wait
from shipper.live import LiveInput
from shipper.model import Waiting

LEAST_MEMORY_BYTES = 4 << 20
"""What an input gets at least, whatever the number of inputs: room for a chunk and its documents."""

_LOOK_SECONDS = 0.5
_TOLD_AFTER_SECONDS = 2.0
_FIRST_SECONDS, _MOST_SECONDS = 0.5, 15.0

T = TypeVar("T")


def when_there(begin: Callable[[], T], *, wait: Wait, random: Callable[[], float], log: Log) -> T | None:
    """What `begin` gives, tried again for as long as the store does not answer. None when told to stop meanwhile."""
    told = ""
    for seconds in delays(random, _FIRST_SECONDS, _MOST_SECONDS):
        try:
            return begin()
        except Unavailable as error:
            if str(error) != told:
                told = str(error)
                log("waiting", "warning", what=told, remedy="it is tried again by itself; nothing is read meanwhile")
            if wait(seconds):
                break
    return None


class LiveRun:
    """All inputs of a process, in the order given."""

    def __init__(self, inputs: Sequence[LiveInput], *, stop: Event, clock: Callable[[], datetime], log: Log) -> None:
        self._inputs = inputs
        self._stop = stop
        self._clock = clock
        self._log = log
        self._told: dict[str, Waiting] = {}

    def run(self, memory_bytes: int) -> None:
        """Until `stop` is set, all inputs have ended, or one meets what concerns all.

        `memory_bytes` is shared out equally. Raises a bug first, then what the store refused, then, where every input
        has failed, the error of the first.
        """
        share = max(memory_bytes // len(self._inputs), LEAST_MEMORY_BYTES)
        threads = [Thread(target=each.run, args=[share], name=each.name) for each in self._inputs]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads) and not any(each.fatal for each in self._inputs):
            if self._stop.wait(_LOOK_SECONDS):
                break
            self._tell_waiting()
        for each in self._inputs:
            each.stop()
        for thread in threads:
            thread.join()
        self._raise()

    def _raise(self) -> None:
        errors = [(each.fatal, each.error) for each in self._inputs if each.error]
        fatal = sorted((error for fatal, error in errors if fatal), key=lambda error: isinstance(error, ShipperError))
        if fatal:
            raise fatal[0]
        if len(errors) == len(self._inputs) and errors[0][1]:
            raise errors[0][1]

    def _tell_waiting(self) -> None:
        """A line when an input begins to wait for something, and one when it goes on."""
        for each in self._inputs:
            now, told = each.waiting(), self._told.get(each.name)
            if now is None:
                if told:
                    del self._told[each.name]
                    self._log("goes on", input=each.name, waited_for=told.what)
            elif now.what != (told.what if told else None) and self._long(now):
                self._told[each.name] = now
                self._log("waiting", "warning", input=each.name, since=now.since, what=now.what, remedy=now.remedy)

    def _long(self, waiting: Waiting) -> bool:
        return (self._clock() - waiting.since).total_seconds() >= _TOLD_AFTER_SECONDS
