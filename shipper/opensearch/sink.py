"""Batches into OpenSearch: sends, judges each document by the verdict table, retries what can be retried.

A document leaves with a verdict or not at all: what the store cannot take now is kept and tried again for as long as it
takes. Waiting is cut short only by the stop event.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from threading import Lock, get_ident
from typing import Protocol

from shipper.errors import Refused, Unavailable
from shipper.interfaces import Wait
from shipper.model import Batch, Body, Traffic, Verdict, Waiting
from shipper.opensearch import bulk
from shipper.opensearch.breadth import Breadth
from shipper.opensearch.bulk import Item
from shipper.opensearch.delivery import Delivery, Schedule, Settled
from shipper.opensearch.gate import Gate
from shipper.opensearch.refusal_guard import RefusalGuard
from shipper.opensearch.reply import Reply
from shipper.opensearch.tally import Tally
from shipper.opensearch.verdicts import Outcome, remedy, request_outcome

BODY_BYTES = 8 << 20
IN_FLIGHT = 3
LEAST_BODY_BYTES = 64 << 10


_COMES_BACK = "nothing here: it goes on by itself as soon as OpenSearch can be reached and keeps up"


class BulkEndpoint(Protocol):
    """What the sink needs of a client."""

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Body | None = None,
        content_type: str = ...,
    ) -> Reply:
        """One request, tried once. Raises Unavailable or Refused."""


class Partitions(Protocol):
    """What the sink needs of partitions."""

    def ensure(self, indices: Collection[str]) -> Mapping[str, Item]:
        """Make these exist. Returns those that cannot be made now, with the reason. Raises Unavailable or Refused."""

    def forget(self, indices: Collection[str]) -> None:
        """These may be gone: look again before the next document."""


class OpenSearchSink:
    """A sink for any number of threads, which share the request size that the store can take."""

    def __init__(
        self,
        endpoint: BulkEndpoint,
        partitions: Partitions,
        *,
        wait: Wait,
        clock: Callable[[], datetime],
        random: Callable[[], float],
        body_bytes: int = BODY_BYTES,
        gate: Gate | None = None,
    ) -> None:
        """`gate` is shared with other sinks of the same store; without one there are IN_FLIGHT requests at a time."""
        self._endpoint = endpoint
        self._partitions = partitions
        self._wait = wait
        self._clock = clock
        self._random = random
        self._most_bytes = body_bytes
        self._body_bytes = body_bytes
        self._gate = gate or Gate(IN_FLIGHT, wait)
        self._breadth = Breadth()
        self._guard = RefusalGuard()
        self._lock = Lock()
        self._waiting: dict[int, Waiting] = {}
        self._tally = Tally(clock)

    @property
    def resent(self) -> int:
        """Documents sent more than once, each time again."""
        return self.traffic().resent

    def traffic(self) -> Traffic:
        """What was asked of the store."""
        return self._tally.seen()

    def write(self, batch: Batch) -> Sequence[Verdict]:
        """One verdict per document, in order. Raises Unavailable only when told to stop, Refused when nothing helps."""
        delivery = Delivery(batch)
        schedule = Schedule(self._random)
        try:
            while not delivery.finished:
                stored = delivery.stored
                self._attempt(delivery)
                if delivery.stored > stored:
                    schedule.begin_anew()
                self._pause(delivery, schedule)
        finally:
            self._resume()
        return delivery.result()

    def waiting(self) -> Waiting | None:
        """The longest of what its threads wait for at this moment."""
        with self._lock:
            return min(self._waiting.values(), key=lambda waiting: waiting.since, default=None)

    def _attempt(self, delivery: Delivery) -> None:
        """Send everything due once. What fails stays due."""
        try:
            wanted = delivery.wanted()
            absent = self._partitions.ensure(wanted)
            delivery.park(absent)
            for item in absent.values():
                self._note(f"{item.error_type}: {item.reason}", remedy(item.error_type))
            pieces: list[Sequence[int]] = [delivery.to_send()]
            while pieces:
                # An earlier request may have parked the partitions of this one, or told that the store takes less.
                now, later = self._cut(delivery, pieces.pop())
                if later:
                    pieces.append(later)
                if now:
                    pieces.extend(reversed(self._send(delivery, now)))
        except Unavailable as error:
            self._note(str(error), _COMES_BACK)

    def _cut(self, delivery: Delivery, piece: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
        """What to send now of a piece, as much as the store is thought to take; and the rest."""
        documents = [number for number in piece if number not in delivery.parked] if delivery.parked else piece
        now = next(bulk.requests(delivery.batch, documents, self._body_bytes, self._breadth.limit), ())
        if len(now) == len(documents):
            return now, ()
        if now == documents[: len(now)]:
            return now, documents[len(now) :]
        sent = set(now)
        return now, [number for number in documents if number not in sent]

    def _send(self, delivery: Delivery, documents: Sequence[int]) -> list[Sequence[int]]:
        """One request. Gives smaller requests to send instead, if it was refused as a whole. Raises Unavailable."""
        with self._gate.entered(), self._tally.asking(delivery.sending(documents)):
            body = bulk.body(delivery.batch, documents)  # perhaps a copy: made by those only who may send
            reply = self._endpoint.request(
                "POST", bulk.PATH, params=bulk.PARAMETERS, body=body, content_type="application/x-ndjson"
            )
        items = bulk.read_items(reply.body, len(documents)) if reply.ok else None
        if items is None:
            return self._whole(delivery, documents, reply)
        settled = delivery.settle(documents, items)
        self._guard.saw(settled.trail)
        self._adapt(settled, len(body))
        self._remark(delivery, documents, settled.remarks)
        return []

    def _adapt(self, settled: Settled, size: int) -> None:
        """What the store took of a request of so many bytes decides on the next ones."""
        if settled.away:
            self._breadth.narrow(settled.touched - settled.away)
        if settled.away and settled.touched == 1 and size > self._body_bytes // 2:
            self._shrink()
        if any(item.status == 429 for item, _ in settled.remarks):
            self._tally.throttled()
            self._gate.narrow()
        else:
            self._grow(settled.touched)

    def _remark(self, delivery: Delivery, documents: Sequence[int], remarks: Sequence[tuple[Item, Outcome]]) -> None:
        for item, outcome in remarks:
            if outcome is Outcome.STOP:
                raise Refused(f"{item.error_type}: {item.reason}; {remedy(item.error_type)}")
            if outcome is not Outcome.REFUSED:
                self._note(f"{item.error_type or item.status}: {item.reason}", remedy(item.error_type))
            if item.error_type == "index_not_found_exception":
                self._partitions.forget({delivery.batch.partitions[number] for number in documents})

    def _whole(self, delivery: Delivery, documents: Sequence[int], reply: Reply) -> list[Sequence[int]]:
        """A reply without items. Gives the halves to send, or nothing if this was booked. Raises Unavailable."""
        item = bulk.read_error(reply)
        outcome = request_outcome(item.status, item.error_type)
        said = f"HTTP {item.status} {item.error_type}: {item.reason}"
        if outcome is Outcome.STOP:
            mends = f"; {remedy(item.error_type)}".rstrip("; ")
            raise Refused(
                f"OpenSearch refuses the writer: {said}. Check opensearch.username or auth, and its roles{mends}"
            )
        if outcome is Outcome.PARKED:
            delivery.park({delivery.batch.partitions[number]: item for number in documents})
            self._note(said, remedy(item.error_type))
            return []
        if outcome is Outcome.SPLIT:
            return self._split(delivery, documents, item)
        if outcome is Outcome.SHRINK:
            self._tally.throttled()
            self._gate.narrow()
            self._shrink()
        raise Unavailable(said)

    def _split(self, delivery: Delivery, documents: Sequence[int], item: Item) -> list[Sequence[int]]:
        if len(documents) == 1:
            delivery.refuse(documents[0], item)
            self._guard.saw([item])
            return []
        self._tally.split()
        middle = len(documents) // 2
        if item.status == 413:
            self._shrink()
        return [documents[:middle], documents[middle:]]

    def _shrink(self) -> None:
        self._body_bytes = max(self._body_bytes // 2, LEAST_BODY_BYTES)

    def _grow(self, touched: int) -> None:
        self._gate.widen()
        self._breadth.widen(touched)
        if self._body_bytes < self._most_bytes:
            self._body_bytes = min(self._body_bytes * 9 // 8, self._most_bytes)

    def _pause(self, delivery: Delivery, schedule: Schedule) -> None:
        """Wait before the next attempt, if one is needed. Raises Unavailable when told to stop."""
        self._tally.parked(len(delivery.parked))
        if delivery.finished:
            return
        if self._wait(schedule.delay(delivery)):
            waiting = self.waiting()
            raise Unavailable(f"told to stop while waiting: {waiting.what if waiting else 'a retry was due'}")

    def _note(self, what: str, mends: str) -> None:
        """This thread waits now; since when stays as it was."""
        with self._lock:
            known = self._waiting.get(get_ident())
            since = known.since if known else self._clock()
            self._waiting[get_ident()] = Waiting(what, since, mends)

    def _resume(self) -> None:
        self._tally.parked(0)
        with self._lock:
            self._waiting.pop(get_ident(), None)
