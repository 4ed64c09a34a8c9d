"""Which spans of time are of one connection: ports are used again, and an idle connection goes on. Pure.

A span is what one witness saw without a break: a flow of Suricata, exact; a flow-log record, which may cover the end
of one connection and the beginning of the next.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

IDLE: Final = timedelta(minutes=10)
"""Silence after which it is another connection, where no TCP flags say otherwise: Suricata's own patience with an
established flow, and the longest aggregation interval of flow logs."""

SKEW: Final = timedelta(seconds=2)
"""Two clocks of one network, one of which tells whole seconds."""

_EXACT, _FLAGGED, _PLAIN = range(3)


@dataclass(slots=True)
class Span:
    """From `start` to `end`. `opens`: it begins with a SYN; `closes`: a FIN or RST is in it; None: not known."""

    start: datetime
    end: datetime
    opens: bool | None
    closes: bool | None
    exact: bool
    of: list[int] = field(default_factory=list)
    """What it was made of, as its maker numbers it."""


def connections(spans: Iterable[Span]) -> list[Span]:
    """A span for each connection; a record that covers parts of several is of each, and of no one's begin and end.

    Those that know most of begin and end come first: flows of Suricata, records with TCP flags, other records.
    """
    spans = list(spans)
    made: list[Span] = []
    for knows in (_EXACT, _FLAGGED, _PLAIN):
        rest = []
        for span in spans:
            if _knows(span) != knows:
                continue
            covered = _covered(span, made) if knows != _EXACT else []
            for each in covered:
                each.of.extend(span.of)
            if len(covered) == 1:  # what it says of begin and end is said of this one alone
                _take_in(covered[0], span, numbers=False)
            elif not covered:
                rest.append(span)
        made = _chained([*made, *rest])
    return made


def _knows(span: Span) -> int:
    if span.exact:
        return _EXACT
    return _PLAIN if span.opens is None else _FLAGGED


def _covered(span: Span, made: Sequence[Span]) -> list[Span]:
    """Those that it overlaps; else the ones that two clocks may have put beside it."""
    at_all = [each for each in made if each.start < span.end and span.start <= each.end]
    return at_all or [each for each in made if each.start < span.end + SKEW and span.start - SKEW <= each.end]


def _chained(spans: Sequence[Span]) -> list[Span]:
    """In the order of their begin, each goes on with the one before or begins another."""
    made: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        if made and _goes_on(made[-1], span):
            _take_in(made[-1], span)
        else:
            made.append(Span(span.start, span.end, span.opens, span.closes, span.exact, list(span.of)))
    return made


def _goes_on(before: Span, span: Span) -> bool:
    silence = span.start - before.end
    if silence <= timedelta() or (silence <= SKEW and not (before.exact and span.exact)):
        return True
    if before.closes and span.opens is not False:
        return False
    if silence <= IDLE:
        return True
    return span.opens is False and before.closes is False


def _take_in(into: Span, span: Span, *, numbers: bool = True) -> None:
    into.start, into.end = min(into.start, span.start), max(into.end, span.end)
    into.opens = _either(into.opens, span.opens)
    into.closes = _either(into.closes, span.closes)
    if numbers:
        into.of.extend(span.of)


def _either(one: bool | None, other: bool | None) -> bool | None:
    """Whether one of them says so; None where both say nothing."""
    known = [each for each in (one, other) if each is not None]
    return any(known) if known else None
