"""The fast way for events like others before: a pattern for lines of one form, and their documents with gaps in them.

Suricata writes millions of lines of a few hundred forms. The exact way (`event`) is the definition of right: from
how it decodes one line with marks in place of values, this learns where each value goes, and keeps that only if it
makes the very document that the exact way made of the line itself. A line that fits no pattern to the last byte, or
has a value that must be looked at and is not plainly good, goes the exact way.

Values that decide anything but their own leaf are part of a pattern: event type, protocol, direction, flags, severity.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final, NamedTuple

import orjson

from shipper.decoders.addresses import packed_address
from shipper.decoders.eve.event import Event
from shipper.decoders.eve.marks import ARRIVED, SPANNED, Marked, Marks, marked, signs
from shipper.decoders.eve.table import Table
from shipper.decoders.eve.values import moment, second
from shipper.decoders.initiator import initiator

MOST_FORMS: Final = 4096
"""Forms kept; then all is forgotten and learned again."""
MOST_TRIES: Final = 6
"""Lines of one form that are learned from: learning costs as much as decoding ten."""

Exactly = Callable[[dict[str, Any], str], tuple[Event, bytes]]
"""Decodes an event the exact way, as if it had arrived at the time given. Raises as writing does."""


Made = tuple[str, bytes, bytes, int, bytes]
"""A document: dataset, the sensor the event names, hour (none where undated), microseconds since 1970, its line."""


class Pattern(NamedTuple):
    """Lines of one form, and what their documents look like. Numbers are groups of the match.

    `dated`: the time that dates the document, of a flow its end; `span`: when the flow began, and the event's own time.
    `forward`: whether the source is the client, where that was told from the ports. `plain`: there is neither of these
    nor a MAC address.
    """

    match: Callable[[bytes], re.Match[bytes] | None]
    dataset: str
    sensor: int
    addresses: Sequence[int]
    dated: int
    pieces: Sequence[bytes]
    order: Callable[[Sequence[bytes]], Sequence[bytes]]
    plain: bool
    ports: Sequence[int]
    forward: bool | None
    macs: Sequence[int]
    span: tuple[int, int] | None

    def document(self, raw: bytes, arrived: bytes) -> Made | None:
        """The document of a line, None where it must go the exact way."""
        match, dataset, sensor, addresses, dated, pieces, order, plain = self[:8]
        found = match(raw)
        if found is None:
            return None
        values = [*found.groups(), arrived]
        if addresses and not _good_addresses(values, addresses):
            return None
        whole = _SECONDS[values[dated + 1]]
        if whole is None:
            return None
        text = values[dated]
        sequence = int(text[20:] + values[dated + 2])
        values.append(b"%d" % sequence)
        since_1970 = whole * 1_000_000 + sequence
        if not (plain or self._add(values, since_1970)):
            return None
        line = list(pieces)
        line[1::2] = order(values)
        return dataset, values[sensor] if sensor >= 0 else b"", text[:13], since_1970, b"".join(line)

    def _add(self, values: list[bytes], since_1970: int) -> bool:
        """What few patterns have beside the values of a line: how long a flow lasted, MAC addresses as ECS has them.

        Whether ports and times are like those that were learned from.
        """
        if self.forward is not None and not self._same_sides(values):
            return False
        if self.span is not None:
            start, written = self.span
            whole = _SECONDS[values[start + 1]]
            if whole is None or _SECONDS[values[written + 1]] is None:
                return False
            lasted = since_1970 - whole * 1_000_000 - int(values[start][20:] + values[start + 2])
            if lasted < 0:
                return False
            values.append(b"%d" % (lasted * 1000))
        values += [values[at].upper().replace(b":", b"-") for at in self.macs]
        return True

    def _same_sides(self, values: Sequence[bytes]) -> bool:
        """Whether ports tell the same side for the client as those that were learned from."""
        if len(self.ports) < 2:
            return True
        one, other = (int(values[at]) for at in self.ports[:2])
        return initiator(0, (one, other), False) == ("port", self.forward)


def _good_addresses(values: Sequence[bytes], places: Sequence[int]) -> bool:
    """Whether all are addresses, and different ones."""
    if len(places) == 2:
        one, other = values[places[0]], values[places[1]]
        return one != other and _ADDRESSES[one] and _ADDRESSES[other]
    found = [values[at] for at in places]
    return len(set(found)) == len(found) and all(_ADDRESSES[each] for each in found)


@dataclass(slots=True)
class _Form:
    """Lines with the same signs between their values: patterns, the one that fitted last first."""

    patterns: list[Pattern] = field(default_factory=list)
    tried: int = 0


class Learned:
    """The patterns of one decoder. Safe for several threads: what one forgets or learns twice is only slower."""

    def __init__(self, table: Callable[[str], Table], exactly: Exactly) -> None:
        self._table = table
        self._exactly = exactly
        self._forms: dict[bytes, _Form] = {}

    def document(self, raw: bytes, arrived: bytes) -> Made | None:
        """The document of a line, None where it must go the exact way."""
        form = self._forms.get(signs(raw))
        if form is None:
            return None
        patterns = form.patterns
        for pattern in patterns:
            found = pattern.document(raw, arrived)
            if found is not None:
                if pattern is not patterns[0]:
                    form.patterns = [pattern, *(other for other in patterns if other is not pattern)]
                return found
        return None

    def learn(self, raw: bytes, event: Event, written: bytes, arrived: str) -> None:
        """From a line that went the exact way, and what became of it: later lines of its form go the fast way."""
        common = signs(raw)
        form = self._forms.get(common)
        if form is None:
            if len(self._forms) >= MOST_FORMS:
                self._forms.clear()
            self._forms[common] = _Form()  # learned from when it comes again: most that come once never do
        elif form.tried < MOST_TRIES:
            form.tried += 1
            pattern = self._learned(raw, event)
            made = pattern.document(raw, arrived.encode()) if pattern is not None else None
            if pattern is not None and made is not None and made[4] == written:
                form.patterns = [*form.patterns, pattern]

    def _learned(self, raw: bytes, event: Event) -> Pattern | None:
        if event.malformed or event.moment is None or "unknown" in event.document["suricata"]["eve"]:
            return None
        parsed = orjson.loads(raw)
        if orjson.dumps(parsed) != raw:
            return None
        sides = _sides(event.document)
        ports_differ = parsed.get("src_port") != parsed.get("dest_port")
        with_marks = marked(parsed, self._table(event.dataset), forward=sides.forward, ports_differ=ports_differ)
        if with_marks is None:
            return None
        try:
            told, document = self._exactly(with_marks.event, ARRIVED)
        except orjson.JSONEncodeError:
            return None
        if told.malformed or _sides(told.document) != sides:
            return None
        return _pattern(event, with_marks, document)


class _Sides(NamedTuple):
    how: str
    forward: bool


def _sides(document: Mapping[str, Any]) -> _Sides:
    """How a document tells who began, and whether that is the source."""
    client = document.get("client", {}).get("ip")
    return _Sides(document["flowtap"].get("initiator", ""), client == document.get("source", {}).get("ip"))


def _pattern(event: Event, with_marks: Marked, document: bytes) -> Pattern | None:
    marks = with_marks.marks
    how, forward = _sides(event.document)
    spanned = event.document["suricata"]["eve"]["event_type"] in SPANNED
    times = tuple(at for at, _ in marks.times)
    places = _places(marks, 2 if spanned else 0, spanned=spanned)
    cuts = re.split(b"(%b)" % b"|".join(re.escape(text) for text in sorted(places, key=len, reverse=True)), document)
    if len(cuts) < 5:
        return None
    return Pattern(
        match=re.compile(with_marks.pattern).fullmatch,
        dataset=event.dataset,
        sensor=marks.sensor,
        addresses=tuple(marks.addresses),
        dated=times[2 if spanned else 0],
        pieces=tuple(cuts),
        order=itemgetter(*(places[text] for text in cuts[1::2])),
        plain=not (spanned or marks.macs or how == "port"),
        ports=tuple(marks.ports),
        forward=forward if how == "port" else None,
        macs=tuple(at for at, _ in marks.macs),
        span=(times[1], times[0]) if spanned else None,
    )


def _places(marks: Marks, dated: int, *, spanned: bool) -> dict[bytes, int]:
    """What stands in a document made with these marks → which value takes its place, in the order of `document`."""
    times = [found for _, text in marks.times if (found := moment(text))]
    later = [ARRIVED.encode(), b"%d" % times[dated].microseconds]
    if spanned:
        later.append(b"%d" % ((times[2].since_1970 - times[1].since_1970) * 1000))
    later += [mark.encode() for _, mark in marks.macs]
    texts = {time.text.removesuffix("Z").encode(): at for (at, _), time in zip(marks.times, times, strict=True)}
    return marks.places | texts | {text: marks.groups + at for at, text in enumerate(later)}


class _Addresses(dict[bytes, bool]):
    """Whether a text is an address. A dictionary: `lru_cache` costs three times as much for bytes."""

    def __missing__(self, text: bytes) -> bool:
        if len(self) >= _MOST_ADDRESSES:
            self.clear()
        found = self[text] = packed_address(text.decode()) is not None
        return found


class _Seconds(dict[bytes, int | None]):
    """The seconds since 1970 of a time in UTC that is written as documents write it."""

    def __missing__(self, text: bytes) -> int | None:
        if len(self) >= _MOST_SECONDS:
            self.clear()
        whole = second(text.decode())
        found = self[text] = whole.since_1970 if whole is not None and whole.text == text.decode() else None
        return found


_MOST_ADDRESSES: Final = 1 << 16
_MOST_SECONDS: Final = 1 << 14
_ADDRESSES: Final = _Addresses()
_SECONDS: Final = _Seconds()
