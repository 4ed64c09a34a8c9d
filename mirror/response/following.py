"""A queue of findings followed: each message answered, then deleted; what is over ended in between. For one thread.

A message is deleted when what was decided about it is in the journal. Until then it comes again, at this watcher or at
the next one. AWS that cannot be reached is waited for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from aws.errors import AwsUnavailable
from aws.sqs import Message
from mirror.response.decision import Decision
from mirror.response.watching import Watching

VISIBILITY_SECONDS: Final = 300
WAIT_SECONDS: Final = 5
SWEEP_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 30.0
MOST_RECEIVES: Final = 8
"""A message that was taken more often and never dealt with is set aside."""
MOST_FAILURES: Final = 3
"""Tries at what AWS refuses."""

Tell = Callable[[tuple[Decision, ...]], object]


class Messages(Protocol):
    """What is asked of a queue."""

    def receive(self, wait_seconds: int, visibility_seconds: int) -> Sequence[Message]:
        """Messages, hidden from others for so long."""

    def delete(self, messages: Sequence[Message]) -> None:
        """They are dealt with."""


@dataclass(slots=True)
class Following:
    """`wait` waits so many seconds, less when told to stop; `monotonic` counts seconds; `tell` hears of decisions."""

    queue: Messages
    watching: Watching
    stopped: Callable[[], bool]
    wait: Callable[[float], object]
    monotonic: Callable[[], float]
    tell: Tell
    trouble: Callable[[str], object]
    _swept: float | None = None

    def run(self, *, once: bool = False) -> None:
        """Until told to stop; with `once` until the queue gives nothing. Raises AwsRefused, JournalUnwritable."""
        while not self.stopped():
            try:
                self._sweep()
                messages = self.queue.receive(1 if once else WAIT_SECONDS, VISIBILITY_SECONDS)
                for message in messages:
                    if self.stopped():
                        return  # what is not answered yet comes again
                    self._one(message)
            except AwsUnavailable as error:
                self.trouble(str(error))
                if once:
                    raise
                self.wait(PAUSE_SECONDS)
                continue
            if once and not messages:
                return

    def _one(self, message: Message) -> None:
        if message.receives > MOST_RECEIVES:
            found = self.watching.set_aside(message.body, f"it was taken {message.receives} times and never dealt with")
        else:
            found = self.watching.answer(message.body)
        self.tell(found)
        if message.receives >= MOST_FAILURES or all(each.action != "failed" for each in found):
            self.queue.delete((message,))

    def _sweep(self) -> None:
        now = self.monotonic()
        if self._swept is None or now - self._swept >= SWEEP_SECONDS:
            self._swept = now
            self.tell(self.watching.sweep())
