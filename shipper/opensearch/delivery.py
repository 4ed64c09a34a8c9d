"""One batch on its way: which documents are due, which are parked, what became of the others, when to go on. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from shipper.backoff import delays
from shipper.model import Batch, Fate, Verdict
from shipper.opensearch.bulk import Item
from shipper.opensearch.verdicts import Outcome, item_outcome

FAULTS_UNTIL_REFUSED = 10
"""How often a document may meet an item-level 500, while others get through, before it is a dead letter."""

PARKED_FIRST_SECONDS = 5.0
PARKED_MOST_SECONDS = 60.0

_DELIVERED = Verdict(Fate.DELIVERED)
_DUPLICATE = Verdict(Fate.DUPLICATE)


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

    @property
    def finished(self) -> bool:
        """Every document has its verdict."""
        return not self.due and not self.parked

    def sending(self, documents: Sequence[int]) -> int:
        """These are about to be sent; how many of them were sent before."""
        again = sum(self._sent[number] for number in documents)
        for number in documents:
            self._sent[number] = 1
        return again

    def settle(self, documents: Sequence[int], items: Sequence[Item]) -> list[tuple[Item, Outcome]]:
        """Book the answers to one request; what is not settled stays due or is parked.

        Gives the answers that mean something beyond their document: refusals, waits, stops.
        """
        remarks: list[tuple[Item, Outcome]] = []
        gone: set[int] = set()
        for number, item in zip(documents, items, strict=True):
            outcome = self._judge(number, item)
            if self._book(number, item, outcome):
                gone.add(number)
            if outcome not in (Outcome.DELIVERED, Outcome.DUPLICATE):
                remarks.append((item, outcome))
        self._no_longer_due(gone)
        return remarks

    def refuse(self, number: int, item: Item) -> None:
        """This document is the culprit."""
        self._book(number, item, Outcome.REFUSED)
        self._no_longer_due({number})

    def park(self, partitions: Mapping[str, Item]) -> None:
        """Set aside what belongs to these partitions."""
        gone = {number for number in self.due if self.batch.partitions[number] in partitions}
        self.parked.update({number: partitions[self.batch.partitions[number]] for number in gone})
        self._no_longer_due(gone)

    def unpark(self) -> None:
        """Everything parked is due again."""
        self.due = sorted([*self.due, *self.parked])
        self.parked.clear()

    def result(self) -> list[Verdict]:
        """All verdicts, in order."""
        return [verdict for verdict in self.verdicts if verdict is not None]

    def _judge(self, number: int, item: Item) -> Outcome:
        outcome = item_outcome(item.status, item.error_type)
        if outcome is not Outcome.SERVER_FAULT:
            return outcome
        self._faults[number] += 1
        if self._faults[number] >= FAULTS_UNTIL_REFUSED and self.stored:
            return Outcome.REFUSED
        return Outcome.RETRY

    def _book(self, number: int, item: Item, outcome: Outcome) -> bool:
        if outcome is Outcome.DELIVERED:
            self.verdicts[number] = _DELIVERED
            self.stored += 1
        elif outcome is Outcome.DUPLICATE:
            self.verdicts[number] = _DUPLICATE
            self.stored += 1
        elif outcome is Outcome.REFUSED:
            self.verdicts[number] = Verdict(Fate.REFUSED, f"{item.error_type}: {item.reason}")
        elif outcome is Outcome.PARKED:
            self.parked[number] = item
        else:
            return False
        return True

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
                delivery.unpark()
        return seconds
