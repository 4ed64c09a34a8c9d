"""A queue in memory: hidden messages come back when their time is over or they are given back."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from aws.sqs import Depth, Message
from shipper.sources.queue_rules import Messages


@dataclass
class FakeQueue:
    """`bodies` by message id. Time is what a test says: `expire` ends all hiding. `before` may raise."""

    bodies: dict[str, str] = field(default_factory=dict)
    before: Callable[[str], None] = lambda _: None
    receives: dict[str, int] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    renewed: list[tuple[str, int]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def put(self, body: str) -> None:
        with self._lock:
            self.bodies[f"m{len(self.receives) + len(self.bodies)}"] = body

    def receive(self, wait_seconds: int, visibility_seconds: int) -> Sequence[Message]:
        del wait_seconds, visibility_seconds
        self.before("receive")
        with self._lock:
            found = [name for name in self.bodies if name not in self.hidden][:10]
            self.hidden.update(found)
            for name in found:
                self.receives[name] = self.receives.get(name, 0) + 1
            return [
                Message(name, f"{name}/{self.receives[name]}", self.bodies[name], self.receives[name]) for name in found
            ]

    def hide(self, messages: Sequence[Message], seconds: int) -> None:
        self.before("hide")
        with self._lock:
            for each in messages:
                self.renewed.append((each.id, seconds))
                if not seconds:
                    self.hidden.discard(each.id)

    def delete(self, messages: Sequence[Message]) -> None:
        self.before("delete")
        with self._lock:
            for each in messages:
                self.bodies.pop(each.id, None)

    def depth(self) -> Depth:
        self.before("depth")
        with self._lock:
            taken = len(self.hidden & self.bodies.keys())
            return Depth(len(self.bodies) - taken, taken)

    def expire(self) -> None:
        with self._lock:
            self.hidden.clear()


def created(*keys: str, bucket: str = "logs", size: int = 1 << 30) -> str:
    """S3's own message about new objects."""
    return json.dumps(
        {
            "Records": [
                {
                    "eventSource": "aws:s3",
                    "eventName": "ObjectCreated:Put",
                    "s3": {"bucket": {"name": bucket}, "object": {"key": quote_plus(key, safe="/"), "size": size}},
                }
                for key in keys
            ]
        }
    )


if TYPE_CHECKING:
    _queue: Messages = FakeQueue()
