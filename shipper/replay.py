"""Dead letters once more: decoded and written under the same ids as the first time. What gets through is forgotten."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from shipper.deadletter import letter_id
from shipper.dispatch import joined
from shipper.interfaces import Decoder, Sink
from shipper.model import Batch, Chunk, ChunkId, DeadLetter, Fate, RecordKind

AT_A_TIME = 500
BYTES_AT_A_TIME = 8 << 20
"""A group of letters is at most so many, and ends with the one that makes it so large."""

_FRAGMENT = "a piece of an over-long line: no record can be made of it"
_NO_RECORD = "no record: a header or blank line, or one that is older than the retention or not selected"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one letter: `fate` REFUSED means it stays a dead letter, and why."""

    id: str
    fate: Fate
    reason: str = ""


def replay(
    letters: Iterable[DeadLetter],
    decoder: Callable[[RecordKind], Decoder],
    sink: Sink,
    forget: Callable[[frozenset[str]], int],
) -> Iterator[Replayed]:
    """Try each letter again. What got through is forgotten once, at the end or when an error ends it.

    Raises as the sink does. A crash before the end leaves letters that are duplicates next time.
    """
    through: set[str] = set()
    try:
        for group in _groups(letters):
            for result in _replay_group(group, decoder, sink):
                if result.fate is not Fate.REFUSED:
                    through.add(result.id)
                yield result
    finally:
        forget(frozenset(through))


def _groups(letters: Iterable[DeadLetter]) -> Iterator[Sequence[DeadLetter]]:
    group: list[DeadLetter] = []
    held = 0
    for letter in letters:
        group.append(letter)
        held += len(letter.raw) + len(letter.header)
        if len(group) >= AT_A_TIME or held >= BYTES_AT_A_TIME:
            yield group
            group, held = [], 0
    if group:
        yield group


def _replay_group(
    group: Sequence[DeadLetter], decoder: Callable[[RecordKind], Decoder], sink: Sink
) -> Iterator[Replayed]:
    batches: list[tuple[DeadLetter, Batch]] = []
    for letter in group:
        batch = decoder(letter.kind).decode(_chunk(letter))
        if len(batch) and not letter.fragment:
            batches.append((letter, batch))
        else:
            reason = _FRAGMENT if letter.fragment else next((reject.reason for reject in batch.rejects), _NO_RECORD)
            yield Replayed(letter_id(letter), Fate.REFUSED, reason)
    if batches:
        verdicts = sink.write(joined([batch for _, batch in batches]))
        for (letter, _), verdict in zip(batches, verdicts, strict=True):
            yield Replayed(letter_id(letter), verdict.fate, verdict.reason)


def _chunk(letter: DeadLetter) -> Chunk:
    return Chunk(
        id=ChunkId(0),
        records=letter.raw + b"\n",
        position=letter.position,
        identity=letter.identity,
        first_ordinal=letter.ordinal,
        received_at=letter.received_at,
        header=letter.header,
    )
