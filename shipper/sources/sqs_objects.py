"""Objects that a queue tells of, as one endless stream of chunks; any number of workers may share the queue.

In: messages about new objects. Out: chunks. A message is deleted when every chunk of every object it names is safe, and
until then it is hidden from other workers, again and again. What was not deleted comes back, to any worker, and is read
from its start: what is stored already is a duplicate by its id. Nothing is kept on disk but dead letters: a message
that is none, and an object that cannot be read however often it is tried, with its name.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Condition, Event, Lock, Thread

from aws.errors import AwsError
from aws.s3 import S3Object
from aws.sqs import Depth, Message
from shipper.errors import DecodeError, Unavailable, ours
from shipper.identity import Framing, message_identity
from shipper.interfaces import DeadLetterStore, Wait
from shipper.model import Chunk, ChunkId, DeadLetter, Position, Reading, Stream, StreamKey
from shipper.sources.files import FilesSource
from shipper.sources.inputs import Input
from shipper.sources.queue_rules import Messages, NoCheckpoints, QueueRules
from shipper.sources.s3_layout import Wanted, is_wanted
from shipper.sources.s3_notifications import notices
from shipper.sources.s3_objects import S3Objects

_LOOK_SECONDS = 0.25
_DEPTH_SECONDS = 30.0
"""How often the queue is asked how full it is: SQS counts anew about once a minute."""


@dataclass(slots=True)
class _Held:
    """A message in our hands, how many of its objects are not settled, and whether one of them has to come again."""

    message: Message
    left: int
    failed: bool = False


class SqsSource:
    """A source over one queue. Raises Refused, ConfigError, Unavailable from `poll` as the queue and objects do."""

    def __init__(  # noqa: PLR0913  (all of them by name, and each has one reason)
        self,
        queue: Messages,
        objects: S3Objects,
        rules: QueueRules,
        *,
        dead_letters: DeadLetterStore,
        stream: Stream,
        framing: Framing,
        clock: Callable[[], datetime],
        wait: Wait | None = None,
    ) -> None:
        """`wait` is that of the thread that keeps messages hidden; it is told to end by `close` besides."""
        self._queue = queue
        self._objects = objects
        self._rules = rules
        self._dead_letters = dead_letters
        self._stream = stream
        self._clock = clock
        self._closing = Event()
        self._wait = wait or self._closing.wait
        self._changed = Condition()
        self._held: dict[str, _Held] = {}
        self._of: dict[int, tuple[Input, _Held]] = {}
        self._depth: Depth | None = None
        self._finished: list[Message] = []
        self._deleting = Lock()
        self._sweeper = Thread(target=self._sweep, name="deleted", daemon=True)
        self._keeper = Thread(target=self._keep, name="queue", daemon=True)
        self._files = FilesSource(
            self._arriving(),
            key=lambda origin: StreamKey(stream.kind.name, stream.target, origin),
            checkpoints=NoCheckpoints(),
            framing=framing,
            clock=clock,
            parallel=rules.parallel,
            settled=self._settle,
        )

    def poll(self, max_bytes: int) -> Chunk | None:
        """The next chunk of any object. Raises EndOfInput when told to take the queue only once and it is empty."""
        if self._keeper.ident is None:
            self._keeper.start()
            self._sweeper.start()
        return self._files.poll(max_bytes)

    def commit(self, *chunk_ids: ChunkId) -> None:
        """These chunks are safe. With the last one of it, its message is deleted."""
        self._files.commit(*chunk_ids)
        self._delete()

    def close(self) -> None:
        """Delete what is dealt with, give back the rest."""
        self._closing.set()
        with self._changed:
            self._changed.notify_all()
        self._files.close()
        for thread in (self._keeper, self._sweeper):
            if thread.ident is not None:
                thread.join(30)
        with self._changed:
            held = [each.message for each in self._held.values()]
            self._held.clear()
        self._try(partial(self._queue.hide, held, 0))

    def reading(self) -> Reading:
        """How far it is: what is in our hands, and how long ago the oldest of it was sent. From any thread."""
        with self._changed:
            sent = [each.message.sent_ms for each in self._held.values() if each.message.sent_ms]
            held = len(self._held)
        lag = self._clock().timestamp() - min(sent) / 1000 if sent else 0.0
        return Reading(
            self._files.progress().bytes_read,
            backlog_inputs=held,
            lag_seconds=max(lag, 0.0),
            queue_waiting=self._depth.waiting if self._depth else -1,
            queue_taken=self._depth.taken if self._depth else -1,
        )

    def _arriving(self) -> Iterator[Input]:
        """Objects as messages come; one reading thread at a time asks for the next."""
        while not self._closing.is_set():
            if not self._room():
                continue
            messages = self._receive()
            if not messages and self._rules.once:
                return
            taken = [(message, self._take(message)) for message in messages]
            self._delete()
            for _, inputs in taken:
                yield from inputs

    def _room(self) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: len(self._held) < self._rules.most_messages, _LOOK_SECONDS)

    def _take(self, message: Message) -> list[Input]:
        """The objects of a message that are to be read. Every message taken is in `_held` until it is dealt with."""
        try:
            told = notices(message.body)
        except DecodeError as error:
            self._bury(message, Position("", 0), str(error))
            self._finish(message)
            return []
        inputs = [
            self._objects.input(each.bucket, S3Object(each.key, each.size, each.etag))
            for each in told
            if self._is_wanted(each.key)
        ]
        if not inputs:
            self._finish(message)
            return []
        held = _Held(message, len(inputs))
        with self._changed:
            self._held[message.receipt] = held
            self._of.update({id(item): (item, held) for item in inputs})
        return inputs

    def _is_wanted(self, key: str) -> bool:
        prefixes = self._rules.prefixes
        return is_wanted(key, Wanted()) and (not prefixes or key.startswith(prefixes))

    def _settle(self, item: Input, problem: str) -> None:
        """All that could be read of an object is safe. Its message is done with the last one."""
        with self._changed:
            _, held = self._of.pop(id(item))
        message = held.message
        if problem and message.receives >= self._rules.most_receives:
            self._bury(message, Position(item.origin, 0), f"{problem} (tried {message.receives} times)")
            problem = ""
        with self._changed:
            held.failed = held.failed or bool(problem)
            held.left -= 1
            if held.left or self._held.pop(message.receipt, None) is None:
                return
            failed = held.failed
            self._changed.notify_all()
        if failed:
            self._try(partial(self._queue.hide, [message], self._rules.retry_seconds))
        else:
            self._finish(message)

    def _finish(self, message: Message) -> None:
        """This is dealt with: it is deleted with the next commit, or soon."""
        with self._changed:
            self._finished.append(message)

    def _delete(self) -> None:
        """Delete what is dealt with, all together. What another thread began to delete is deleted when this returns."""
        with self._deleting:
            with self._changed:
                messages, self._finished = self._finished, []
            if messages:
                self._try(partial(self._queue.delete, messages))

    def _sweep(self) -> None:
        """A thread: deletes what no commit follows."""
        while not self._closing.wait(_LOOK_SECONDS):
            self._delete()
        self._delete()

    def _bury(self, message: Message, position: Position, reason: str) -> None:
        """Keep a message as a dead letter. Raises StateUnwritable: then it is not deleted."""
        raw = message.body.encode("utf-8", "replace")
        now = self._clock()
        letter = DeadLetter(
            kind=self._stream.kind,
            raw=raw,
            position=position,
            identity=message_identity(message.id),
            ordinal=0,
            header=b"",
            reason=reason,
            received_at=now,
            dead_at=now,
            fragment=True,  # no decoder can make a document of it
            target=self._stream.target,
        )
        self._dead_letters.append([letter])

    def _keep(self) -> None:
        """A thread: hides what is in our hands anew, before others may see it; and asks how full the queue is."""
        renew_seconds = self._rules.visibility_seconds / 3
        seconds = min(renew_seconds, _DEPTH_SECONDS)
        hidden = asked = 0.0  # seconds since then
        self._ask_depth()
        while not self._wait(seconds) and not self._closing.is_set():
            hidden, asked = hidden + seconds, asked + seconds
            if hidden + seconds > renew_seconds:
                hidden = 0.0
                with self._changed:
                    held = [each.message for each in self._held.values()]
                self._try(partial(self._queue.hide, held, self._rules.visibility_seconds))
            if asked >= _DEPTH_SECONDS:
                asked = 0.0
                self._ask_depth()

    def _ask_depth(self) -> None:
        """It is only shown: where it may not be asked, nothing else suffers."""
        try:
            self._depth = self._queue.depth()
        except AwsError:
            self._depth = None

    def _receive(self) -> Sequence[Message]:
        ask = partial(self._queue.receive, self._rules.wait_seconds, self._rules.visibility_seconds)
        try:
            return self._objects.patience(ask)
        except AwsError as error:
            raise ours(error) from error

    def _try(self, call: Callable[[], None]) -> None:
        """What fails here makes a message come again, and its records duplicates; nothing is lost by it."""
        with suppress(AwsError, Unavailable):
            call()
