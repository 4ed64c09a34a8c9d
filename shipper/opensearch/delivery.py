"""One batch on its way: which documents are due, which are parked, what became of the others, when to go on. Pure."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from shipper.backoff import delays
from shipper.model import Batch, Fate, Verdict
from shipper.opensearch.bulk import STORED, Item, is_run
from shipper.opensearch.verdicts import Outcome, item_outcome

FAULTS_UNTIL_REFUSED = 10
"""How often a document may meet an item-level 500, while one beside it in its partition gets through."""

PARKED_FIRST_SECONDS = 5.0
PARKED_MOST_SECONDS = 60.0

_STORED = {Outcome.DELIVERED: Verdict(Fate.DELIVERED), Outcome.DUPLICATE: Verdict(Fate.DUPLICATE)}


@dataclass(frozen=True, slots=True)
class Settled:
    """What one reply came to beyond its documents' verdicts.

    `remarks` are the answers that neither stored a document nor found it there; `trail` is, in order, None for each
    document that is stored and the answer for each that was refused. Of the `touched` partitions the store turned
    so many `away`, with all their documents, because it is overloaded.
    """

    remarks: Sequence[tuple[Item, Outcome]]
    trail: Sequence[Item | None]
    touched: int
    away: int


class Delivery:
    """`due` are document numbers to send, ascending. A document is due, parked, or has its verdict."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.due: list[int] = list(range(len(batch)))
        self.parked: dict[int, Item] = {}
        self.verdicts: list[Verdict | None] = [None] * len(batch)
        self.stored = 0
        self._sent = bytearray(len(batch))
        self._faults: Counter[int] = Counter()
        self._witnesses: dict[str, int] = {}

    @property
    def finished(self) -> bool:
        """Every document has its verdict."""
        return not self.due and not self.parked

    def wanted(self) -> set[str]:
        """The partitions of what is due."""
        if len(self.due) == len(self.batch):
            return set(self.batch.partitions)
        return {self.batch.partitions[number] for number in self.due}

    def to_send(self) -> list[int]:
        """What is due, and beside documents that met a fault one of their partition that is stored: a witness.

        Its answer (a duplicate) tells whether the partition is well, and so whose fault the fault is.
        """
        faulty = {self.batch.partitions[number] for number in self._faults if self.verdicts[number] is None}
        witnesses = {self._witnesses[partition] for partition in faulty & self._witnesses.keys()}
        return sorted({*self.due, *witnesses}) if witnesses and self.due else self.due

    def sending(self, documents: Sequence[int]) -> int:
        """These are about to be sent; how many of them were sent before."""
        if is_run(documents):
            begin, end = documents[0], documents[-1] + 1
            again = self._sent.count(1, begin, end)
            self._sent[begin:end] = b"\1" * (end - begin)
            return again
        again = sum(self._sent[number] for number in documents)
        for number in documents:
            self._sent[number] = 1
        return again

    def settle(self, documents: Sequence[int], items: Sequence[Item]) -> Settled:
        """Book the answers to one request; what is not settled stays due or is parked."""
        if not self.parked and is_run(documents) and items.count(STORED) == len(items):
            begin, end = documents[0], documents[-1] + 1
            if self.verdicts[begin:end].count(None) == len(documents) == len(items):
                return self._settle_stored(begin, end)
        outcomes = [item_outcome(item.status, item.error_type) for item in items]
        well = {
            self.batch.partitions[number]
            for number, outcome in zip(documents, outcomes, strict=True)
            if outcome in _STORED
        }
        remarks: list[tuple[Item, Outcome]] = []
        trail: list[Item | None] = []
        gone: set[int] = set()
        for number, item, answer in zip(documents, items, outcomes, strict=True):
            if self.verdicts[number] is not None:
                continue  # a witness
            outcome = self._blame(number, well) if answer is Outcome.SERVER_FAULT else answer
            if self._book(number, item, outcome):
                gone.add(number)
            if outcome not in _STORED:
                remarks.append((item, outcome))
            if outcome in _STORED or outcome is Outcome.REFUSED:
                trail.append(item if outcome is Outcome.REFUSED else None)
        self._no_longer_due(gone)
        self._unpark(number for number in self.parked if self.batch.partitions[number] in well)
        touched, away = self._turned_away(documents, items, outcomes)
        return Settled(remarks, trail, touched, away)

    def _settle_stored(self, begin: int, end: int) -> Settled:
        """Book a run of documents that were due and are all stored: the same as above, without a look at each."""
        self.verdicts[begin:end] = [_STORED[Outcome.DELIVERED]] * (end - begin)
        self.stored += end - begin
        touched = set(self.batch.partitions[begin:end])
        for partition in touched:
            self._witnesses.setdefault(partition, self.batch.partitions.index(partition, begin))
        first = bisect_left(self.due, begin)
        self.due = self.due[:first] + self.due[first + end - begin :]
        return Settled((), (None,) * (end - begin), len(touched), 0)

    def refuse(self, number: int, item: Item) -> None:
        """This document is the culprit (a witness that is stored already cannot be)."""
        if self.verdicts[number] is not None:
            return
        self._book(number, item, Outcome.REFUSED)
        self._no_longer_due({number})

    def park(self, partitions: Mapping[str, Item]) -> None:
        """Set aside what belongs to these partitions."""
        gone = {number for number in self.due if self.batch.partitions[number] in partitions}
        self.parked.update({number: partitions[self.batch.partitions[number]] for number in gone})
        self._no_longer_due(gone)

    def probe(self) -> None:
        """One document of each parked partition is due; the others follow when it gets through (`settle`)."""
        first: dict[str, int] = {}
        for number in sorted(self.parked):
            first.setdefault(self.batch.partitions[number], number)
        self._unpark(first.values())

    def result(self) -> list[Verdict]:
        """All verdicts, in order."""
        return [verdict for verdict in self.verdicts if verdict is not None]

    def _turned_away(
        self, documents: Sequence[int], items: Sequence[Item], outcomes: Sequence[Outcome]
    ) -> tuple[int, int]:
        """How many partitions there are, and how many of them met nothing but overload."""
        touched = {self.batch.partitions[number] for number in documents}
        taken = {
            self.batch.partitions[number]
            for number, item, outcome in zip(documents, items, outcomes, strict=True)
            if item.status != 429 or outcome is not Outcome.RETRY
        }
        return len(touched), len(touched - taken)

    def _blame(self, number: int, well: Set[str]) -> Outcome:
        """Whose fault an item-level 500 is: the document's, once its partition was well often enough beside it."""
        self._faults[number] += self.batch.partitions[number] in well
        return Outcome.REFUSED if self._faults[number] >= FAULTS_UNTIL_REFUSED else Outcome.RETRY

    def _book(self, number: int, item: Item, outcome: Outcome) -> bool:
        if outcome in _STORED:
            self.verdicts[number] = _STORED[outcome]
            self.stored += 1
            self._witnesses.setdefault(self.batch.partitions[number], number)
        elif outcome is Outcome.REFUSED:
            self.verdicts[number] = Verdict(Fate.REFUSED, f"{item.error_type}: {item.reason}")
        elif outcome is Outcome.PARKED:
            self.parked[number] = item
        else:
            return False
        return True

    def _unpark(self, numbers: Iterable[int]) -> None:
        due = list(numbers)
        for number in due:
            del self.parked[number]
        if due:
            self.due = sorted([*self.due, *due])

    def _no_longer_due(self, gone: set[int]) -> None:
        if gone:
            self.due = [number for number in self.due if number not in gone]


class Schedule:
    """When a batch is tried again: what is due soon, what is parked at slow times of its own, whatever else is due."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._soon = delays(random)
        self._late = delays(random, PARKED_FIRST_SECONDS, PARKED_MOST_SECONDS)
        self._parked_seconds: float | None = None

    def begin_anew(self) -> None:
        """Something got through: what is due is tried again at short intervals."""
        self._soon = delays(self._random)

    def delay(self, delivery: Delivery) -> float:
        """Seconds to wait before the next attempt. What is parked becomes due where its time comes in them."""
        if delivery.parked and self._parked_seconds is None:
            self._parked_seconds = next(self._late)
        seconds = next(self._soon) if delivery.due else self._parked_seconds or 0.0
        if self._parked_seconds is not None:
            self._parked_seconds -= seconds
            if self._parked_seconds <= 0:
                self._parked_seconds = None
                delivery.probe()
        return seconds
