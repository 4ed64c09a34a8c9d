"""SIGINT and SIGTERM as a stop event: the first asks for a clean stop, the second ends at once."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

from shipper.cli.output import note


class Stop:
    """`event` is set by the first signal; `signal_number` tells which it was."""

    def __init__(self) -> None:
        self.event = Event()
        self.signal_number = 0

    @property
    def exit_code(self) -> int:
        """What a shell expects of a command that a signal ended."""
        return 128 + self.signal_number


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """Signals set the event while entered; afterwards they are handled as before."""
    stop = Stop()

    def handle(number: int, frame: FrameType | None) -> None:
        del frame
        if stop.event.is_set():
            os._exit(128 + number)  # at once, as kill -9 would: every state on disk is made for that
        stop.signal_number = number
        stop.event.set()
        note("Stopping: what is on its way is finished and committed. Once more ends at once (that is safe too).")

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
