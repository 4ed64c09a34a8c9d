"""What is needed of a queue, and how one is worked through."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from aws.sqs import Depth, Message
from shipper.model import Checkpoint, StreamKey


class Messages(Protocol):
    """What is needed of a queue; `aws.sqs.Queue` is one."""

    def receive(self, wait_seconds: int, visibility_seconds: int) -> Sequence[Message]:
        """Up to ten messages, as soon as there is one; hidden from others for so long."""

    def hide(self, messages: Sequence[Message], seconds: int) -> None:
        """Hide these for so long from now; 0 gives them back."""

    def delete(self, messages: Sequence[Message]) -> None:
        """These are dealt with."""

    def depth(self) -> Depth:
        """How many messages there are, about."""


@dataclass(frozen=True, slots=True)
class QueueRules:
    """How a queue is worked through. `prefixes` of keys that are wanted, none: all; `once` ends when it is empty.

    A message is hidden for `visibility_seconds` at a time. An object that could not be read `most_receives` times
    becomes a dead letter; before, it is tried again `retry_seconds` later.
    """

    prefixes: tuple[str, ...] = ()
    once: bool = False
    visibility_seconds: int = 120
    wait_seconds: int = 5
    most_receives: int = 3
    retry_seconds: int = 60
    most_messages: int = 100
    parallel: int = 16


class NoCheckpoints:
    """The queue itself knows what is left."""

    def read(self, key: StreamKey) -> Checkpoint | None:
        """None."""
        del key
        return None

    def write(self, key: StreamKey, checkpoint: Checkpoint) -> None:
        """Nothing."""

    def write_all(self, entries: Sequence[tuple[StreamKey, Checkpoint]]) -> None:
        """Nothing."""
