"""Fakes: small real implementations of the seams, with faults that a test writes down beforehand."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING

import orjson

from shipper.errors import EndOfInput, Unavailable
from shipper.identity import document_id
from shipper.interfaces import CheckpointStore, DeadLetterStore, Decoder, Sink, Source
from shipper.model import (
    Batch,
    Checkpoint,
    Chunk,
    ChunkId,
    DeadLetter,
    Fate,
    Position,
    Reject,
    StreamKey,
    Sums,
    Verdict,
    Waiting,
)
from shipper.opensearch.bulk import Item
from shipper.opensearch.reply import Reply
from shipper.opensearch.sink import BulkEndpoint, Partitions
from shipper.sources.inputs import Input
from shipper.sources.local_paths import expand

NOW = datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class FakeWait:
    """Waits in no time and keeps a list. `then` is called in each wait; True from it means told to stop."""

    def __init__(self, clock: FakeClock | None = None, then: Callable[[int], bool] = lambda _: False) -> None:
        self.seconds: list[float] = []
        self._clock = clock
        self._then = then

    def __call__(self, seconds: float) -> bool:
        self.seconds.append(seconds)
        if self._clock is not None:
            self._clock.advance(seconds)
        return self._then(len(self.seconds))


def inputs(*names: str, stdin: bytes = b"") -> list[Input]:
    """What these names mean; a pipe holds `stdin`."""
    return expand(names, lambda _: BytesIO(stdin))


class FakeSource:
    """Chunks given beforehand. `safe` is what a durable low-water mark would be: so many chunks from the start."""

    def __init__(self, chunks: Sequence[bytes], *, safe: int = 0, origin: str = "fake") -> None:
        self.safe = safe
        self.closed = False
        self._origin = origin
        self._chunks = chunks
        self._next = safe
        self._committed: set[int] = set()
        self._lock = Lock()

    def poll(self, max_bytes: int) -> Chunk | None:
        del max_bytes
        if self._next >= len(self._chunks):
            raise EndOfInput
        number = self._next
        self._next += 1
        return Chunk(
            id=ChunkId(number),
            records=self._chunks[number],
            position=Position(self._origin, sum(map(len, self._chunks[:number]))),
            identity=f"chunk{number:07d}",
            first_ordinal=0,
            received_at=NOW,
        )

    def commit(self, *chunk_ids: ChunkId) -> None:
        with self._lock:
            self._committed.update(chunk_ids)
            while self.safe in self._committed:
                self.safe += 1

    def close(self) -> None:
        self.closed = True

    @property
    def unsafe(self) -> int:
        """How many chunks were handed out and not committed."""
        with self._lock:
            return self._next - self.safe - len([number for number in self._committed if number >= self.safe])


class FakeDecoder:
    """`<partition> <text>` is a document; lines that begin with `!` are rejects, blank lines are skipped."""

    def decode(self, chunk: Chunk) -> Batch:
        body, cuts, partitions, ordinals, rejects = b"", [0], [], [], []
        offset, lines = chunk.position.offset, chunk.records.split(b"\n")
        for ordinal, line in enumerate(lines if lines[-1] else lines[:-1], chunk.first_ordinal):
            if line.startswith(b"!"):
                rejects.append(Reject(ordinal, offset, line, "begins with !"))
            elif line:
                partition = line.split(b" ")[0].decode()
                action = {"create": {"_index": partition, "_id": document_id(chunk.identity, ordinal)}}
                body += orjson.dumps(action) + b"\n" + orjson.dumps({"line": line[:60].decode()}) + b"\n"
                cuts.append(len(body))
                partitions.append(partition)
                ordinals.append(ordinal)
            offset += len(line) + 1
        read = len(lines) - (not lines[-1])
        sums = Sums(read=read, skipped=read - len(rejects) - len(ordinals))
        return Batch(chunk, body, cuts, partitions, ordinals, rejects, sums=sums)


class FakeSink:
    """One verdict per document by `verdict` (its number within the batch → fate); `before` may raise."""

    def __init__(
        self,
        verdict: Callable[[Batch, int], Verdict] = lambda _batch, _number: Verdict(Fate.DELIVERED),
        before: Callable[[Batch], None] = lambda _: None,
    ) -> None:
        self.written: list[Batch] = []
        self._verdict = verdict
        self._before = before
        self._lock = Lock()

    def write(self, batch: Batch) -> Sequence[Verdict]:
        self._before(batch)
        with self._lock:
            self.written.append(batch)
        return [self._verdict(batch, number) for number in range(len(batch))]

    def waiting(self) -> Waiting | None:
        return None


class FakeDeadLetters:
    """Letters in a list. `before` may raise: then nothing is kept."""

    def __init__(self, before: Callable[[Sequence[DeadLetter]], None] = lambda _: None) -> None:
        self.letters: list[DeadLetter] = []
        self._before = before
        self._lock = Lock()

    def append(self, letters: Sequence[DeadLetter]) -> None:
        if letters:
            self._before(letters)
            with self._lock:
                self.letters.extend(letters)


class FakeCheckpoints:
    """Checkpoints in a dictionary. `before` may raise: then the old one stays."""

    def __init__(self, before: Callable[[Checkpoint], None] = lambda _: None) -> None:
        self.known: dict[StreamKey, Checkpoint] = {}
        self.before = before

    def read(self, key: StreamKey) -> Checkpoint | None:
        return self.known.get(key)

    def write(self, key: StreamKey, checkpoint: Checkpoint) -> None:
        self.before(checkpoint)
        self.known[key] = checkpoint

    def write_all(self, entries: Sequence[tuple[StreamKey, Checkpoint]]) -> None:
        for key, checkpoint in entries:
            self.write(key, checkpoint)

    def entries(self) -> Iterator[tuple[StreamKey, Checkpoint]]:
        yield from list(self.known.items())

    def remove(self, key: StreamKey) -> bool:
        return self.known.pop(key, None) is not None


@dataclass(frozen=True, slots=True)
class Sent:
    """One document of a bulk request."""

    operation: str
    index: str
    id: str
    document: bytes


Apply = Callable[[], Reply]
RequestFault = Callable[[Sequence[Sent], Apply], Reply]
"""Answers a whole request; with `apply` the store does what it was asked, and gives the reply it would send."""


def answer(status: int, error_type: str = "", reason: str = "made up") -> RequestFault:
    """The store does nothing and says so."""
    return lambda _sent, _apply: Reply(status, orjson.dumps({"error": {"type": error_type, "reason": reason}}))


def page(status: int) -> RequestFault:
    """A proxy's HTML instead of an answer."""
    return lambda _sent, _apply: Reply(status, b"<html><body>Bad gateway</body></html>")


def lost_before(_sent: Sequence[Sent], _apply: Apply) -> Reply:
    """The request never arrives."""
    raise Unavailable("connection reset")


def lost_after(_sent: Sequence[Sent], apply: Apply) -> Reply:
    """The store does it; the reply is lost."""
    apply()
    raise Unavailable("read timeout")


def cut_short(_sent: Sequence[Sent], apply: Apply) -> Reply:
    """The store does it; half of the reply arrives."""
    reply = apply()
    return Reply(reply.status, reply.body[: len(reply.body) // 2])


def items_missing(_sent: Sequence[Sent], apply: Apply) -> Reply:
    """The store does it; the reply lacks its last item."""
    reply = apply()
    answered = orjson.loads(reply.body)
    return Reply(reply.status, orjson.dumps({**answered, "items": answered["items"][:-1]}))


def limited_to(max_bytes: int, status: int = 413) -> RequestFault:
    """Larger requests are refused."""

    def fault(sent: Sequence[Sent], apply: Apply) -> Reply:
        return apply() if sum(len(each.document) for each in sent) <= max_bytes else page(status)(sent, apply)

    return fault


@dataclass
class FakeEndpoint:
    """A bulk store in memory. Faults: `requests` answers one request each, then `always`; `item` one document."""

    item: Callable[[Sent], Item | None] = lambda _: None
    always: RequestFault = lambda _sent, apply: apply()
    requests: deque[RequestFault] = field(default_factory=deque)
    documents: dict[tuple[str, str], bytes] = field(default_factory=dict)
    sent: list[Sequence[Sent]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | memoryview | None = None,
        content_type: str = "",
    ) -> Reply:
        assert (method, path, content_type) == ("POST", "/_bulk", "application/x-ndjson")
        assert params is not None
        assert "items.*.status" in params["filter_path"]
        sent = _parsed(bytes(body or b""))
        with self._lock:
            self.sent.append(sent)
            fault = self.requests.popleft() if self.requests else self.always
            return fault(sent, lambda: self._apply(sent))

    def ids_sent(self) -> list[list[str]]:
        """What each request held."""
        return [[each.id for each in sent] for sent in self.sent]

    def _apply(self, sent: Sequence[Sent]) -> Reply:
        answers = [self._store(each) for each in sent]
        errors = any("error" in each for item in answers for each in item.values())
        return Reply(200, orjson.dumps({"errors": errors, "items": answers}))

    def _store(self, sent: Sent) -> dict[str, dict[str, object]]:
        fault = self.item(sent)
        key = (sent.index, sent.id)
        if fault is None and sent.operation == "create" and key in self.documents:
            fault = Item(409, "version_conflict_engine_exception", "document already exists")
        if fault is not None:
            error = {"type": fault.error_type, "reason": fault.reason}
            return {sent.operation: {"status": fault.status, "error": error}}
        status = 200 if key in self.documents else 201
        self.documents[key] = sent.document
        return {sent.operation: {"status": status}}


class FakePartitions:
    """Every partition is there but those in `refused`; `before` may raise."""

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        self.refused: dict[str, Item] = {}
        self.forgotten: list[str] = []
        self._before = before

    def ensure(self, indices: Collection[str]) -> Mapping[str, Item]:
        self._before()
        return {index: item for index, item in self.refused.items() if index in indices}

    def forget(self, indices: Collection[str]) -> None:
        self.forgotten.extend(indices)


class Faults:
    """For `FakeEndpoint.item`: the answers each document gets before it is stored, by id; an endless one is a rule."""

    def __init__(self, before: Mapping[str, Iterable[Item]]) -> None:
        self._before = {document: iter(items) for document, items in before.items()}

    def __call__(self, sent: Sent) -> Item | None:
        return next(self._before.get(sent.id, iter(())), None)


class WriteQueue:
    """For `FakeEndpoint.always` and `.item`: so many partitions of a request find a place, the others are turned away.

    `most_bytes`: a request with more finds no place at all.
    """

    def __init__(self, places: int, most_bytes: int = 1 << 30) -> None:
        self.places = places
        self.most_bytes = most_bytes
        self._taken: Collection[str] = ()

    def __call__(self, sent: Sequence[Sent], apply: Apply) -> Reply:
        fits = sum(len(each.document) for each in sent) <= self.most_bytes
        self._taken = list(dict.fromkeys(each.index for each in sent))[: self.places if fits else 0]
        return apply()

    def item(self, sent: Sent) -> Item | None:
        """What becomes of a document of this request."""
        return None if sent.index in self._taken else Item(429, "rejected_execution_exception", "queue is full")


def _parsed(body: bytes) -> list[Sent]:
    lines = body.split(b"\n")
    assert lines.pop() == b""
    sent = []
    for action, document in zip(lines[::2], lines[1::2], strict=True):
        ((operation, where),) = orjson.loads(action).items()
        sent.append(Sent(operation, where["_index"], where["_id"], document))
    return sent


if TYPE_CHECKING:  # each fake keeps its Protocol
    _source: Source = FakeSource(())
    _decoder: Decoder = FakeDecoder()
    _sink: Sink = FakeSink()
    _dead_letters: DeadLetterStore = FakeDeadLetters()
    _checkpoints: CheckpointStore = FakeCheckpoints()
    _endpoint: BulkEndpoint = FakeEndpoint()
    _partitions: Partitions = FakePartitions()
