"""The fast way for events like others before: a pattern for lines of one form, and their documents with gaps in them.

Suricata writes millions of lines of a few hundred forms. The exact way (`event`) is the definition of right: from
how it decodes one line with marks in place of values, this learns where each value goes, and keeps that only if it
makes the very document that the exact way made of the line itself. A line that fits no pattern to the last byte, or
has a value that must be looked at and is not plainly good, goes the exact way.

Values that decide anything but their own leaf are part of a pattern: event type, protocol, direction, flags, severity.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import orjson

from shipper.decoders.eve.event import Event
from shipper.decoders.eve.hours import Hours
from shipper.decoders.eve.marks import ARRIVED, SPANNED, Marked, Marks, marked
from shipper.decoders.eve.pattern import Made, Pattern, mirror_text
from shipper.decoders.eve.physical_lines import PhysicalLines, printable
from shipper.decoders.eve.table import Table
from shipper.decoders.eve.values import moment

MOST_FORMS: Final = 4096
"""Forms kept; then all is forgotten and learned again."""
MOST_TRIES: Final = 12
"""Lines of one form that are learned from: learning costs as much as decoding twenty."""

Exactly = Callable[[dict[str, Any], str], tuple[Event, bytes]]
"""Decodes an event the exact way, as if it had arrived at the time given. Raises as writing does."""


_TOGETHER: Final = 128  # lines by columns: with more, values leave the processor's cache before they are used
_EVENT_TYPE: Final = b'"event_type":"'
_TO_KEY: Final = len(_EVENT_TYPE) + 8

_Key = tuple[bytes, int]


@dataclass(slots=True)
class _Form:
    """Lines with one event type and as many quotation marks."""

    patterns: list[Pattern] = field(default_factory=list)
    tried: int = 0


class Learned:
    """The patterns of one decoder. Safe for several threads: what one forgets or learns twice is only slower."""

    def __init__(self, table: Callable[[str], Table], hours: Callable[[str], Hours], exactly: Exactly) -> None:
        self._table = table
        self._hours = hours
        self._exactly = exactly
        self._forms: dict[_Key, _Form] = {}
        self.patterns = 0
        """How many were learned, also those forgotten since."""

    def add(self, lines: PhysicalLines, numbers: Iterable[int], arrived: bytes, made: Made) -> list[int]:
        """Adds documents of these lines; gives the numbers of those that must go the exact way, ascending."""
        unusual, raws = lines.unusual, lines.raws
        left: list[int] = []
        of_form: defaultdict[_Key, list[int]] = defaultdict(list)
        for number in numbers:
            raw = raws[number]
            if number not in unusual:
                at = raw.find(_EVENT_TYPE)
                of_form[raw[at : at + _TO_KEY], raw.count(b'"')].append(number)
            elif number not in lines.cut and printable(raw):
                of_form[_key(raw)].append(number)
            else:
                left.append(number)
        for key, alike in of_form.items():
            for at in range(0, len(alike), _TOGETHER):
                some = alike[at : at + _TOGETHER]
                left += self._add(key, some, [raws[number] for number in some], arrived, made)
        return sorted(left)

    def _add(self, key: _Key, numbers: list[int], raws: list[bytes], arrived: bytes, made: Made) -> list[int]:
        form = self._forms.get(key)
        if form is None:
            return numbers
        fitted = []
        for pattern in form.patterns:
            left = pattern.add(numbers, raws, arrived, made)
            fitted.append(len(numbers) - len(left))
            if left and fitted[-1]:
                kept = {*left}
                raws = [raw for number, raw in zip(numbers, raws, strict=True) if number in kept]
                numbers = [number for number in numbers if number in kept]
            elif not left:
                numbers = []
                break
        if len(fitted) > 1 and fitted[0] < max(fitted):
            most = fitted.index(max(fitted))
            form.patterns = [form.patterns[most], *form.patterns[:most], *form.patterns[most + 1 :]]
        return numbers

    def learn(self, raw: bytes, event: Event, written: bytes, arrived: str) -> None:
        """From a line that went the exact way, and what became of it: later lines of its form go the fast way."""
        if not printable(raw):
            return
        key = _key(raw)
        form = self._forms.get(key)
        if form is None:
            if len(self._forms) >= MOST_FORMS:
                self._forms.clear()
            self._forms[key] = _Form()  # learned from when it comes again: most that come once never do
        elif form.tried < MOST_TRIES and not any(each.document(raw, arrived.encode()) for each in form.patterns):
            form.tried += 1
            pattern = self._learned(raw, event)
            if pattern is not None and pattern.document(raw, arrived.encode()) == written:
                form.patterns = [*form.patterns, pattern]
                self.patterns += 1

    def _learned(self, raw: bytes, event: Event) -> Pattern | None:
        if event.malformed or event.moment is None or "unknown" in event.document["suricata"]["eve"]:
            return None
        parsed = orjson.loads(raw)
        if orjson.dumps(parsed) != raw:
            return None
        sides = _sides(event.document)
        with_marks = marked(parsed, self._table(event.dataset), forward=sides.forward, escaped=b"\\" in raw)
        if with_marks is None:
            return None
        try:
            told, document = self._exactly(with_marks.event, ARRIVED)
        except orjson.JSONEncodeError:
            return None
        if told.malformed or _sides(told.document) != sides:
            return None
        return _pattern(event, with_marks, document, self._hours(event.dataset))


def _key(raw: bytes) -> _Key:
    """What lines of one form have in common. Escaped quotation marks do not count; lines with escapes stand apart."""
    at = raw.find(_EVENT_TYPE)
    head, quotes = raw[at : at + _TO_KEY], raw.count(b'"')
    return (head, quotes) if b"\\" not in raw else (head, raw.count(b'\\"') - quotes)


class _Sides(NamedTuple):
    how: str
    forward: bool


def _sides(document: Mapping[str, Any]) -> _Sides:
    """How a document tells who began, and whether that is the source."""
    client = document.get("client", {}).get("ip")
    return _Sides(document["flowtap"].get("initiator", ""), client == document.get("source", {}).get("ip"))


def _pattern(event: Event, with_marks: Marked, document: bytes, hours: Hours) -> Pattern | None:
    marks = with_marks.marks
    how, forward = _sides(event.document)
    spanned = event.document["suricata"]["eve"]["event_type"] in SPANNED
    times = tuple(at for at, _ in marks.times)
    tags = [at for at, _ in marks.tags[:2]] if "mirror" in event.document["flowtap"] else []
    places = _places(marks, 2 if spanned else 0, spanned=spanned, mirrored=bool(tags))
    cuts = re.split(b"(%b)" % b"|".join(re.escape(text) for text in sorted(places, key=len, reverse=True)), document)
    if len(cuts) < 5:
        return None
    return Pattern(
        match=re.compile(with_marks.pattern).fullmatch,
        hours=hours,
        sensor=marks.sensor,
        addresses=tuple(marks.addresses),
        dated=times[2 if spanned else 0],
        template=b"".join(b"%b" if at % 2 else cut.replace(b"%", b"%%") for at, cut in enumerate(cuts)),
        order=tuple(places[text] for text in cuts[1::2]),
        ports=tuple(marks.ports),
        forward=forward if how == "port" else None,
        macs=tuple(at for at, _ in marks.macs),
        tags=tuple(tags),
        span=(times[1], times[0]) if spanned else None,
    )


def _places(marks: Marks, dated: int, *, spanned: bool, mirrored: bool) -> dict[bytes, int]:
    """What stands in a document made with these marks → which value takes its place, in the order of `document`."""
    times = [found for _, text in marks.times if (found := moment(text))]
    later = [ARRIVED.encode()]
    if spanned:
        later.append(b"%d" % ((times[2].since_1970 - times[1].since_1970) * 1000))
    later += [mark.encode() for _, mark in marks.macs]
    if mirrored:
        (_, high), (_, low) = marks.tags[:2]
        later.append(mirror_text(high << 12 | low))
    texts = {time.text.removesuffix("Z").encode(): at for (at, _), time in zip(marks.times, times, strict=True)}
    texts[b"%d" % times[dated].microseconds] = marks.times[dated][0] + 2
    return marks.places | texts | {text: marks.groups + at for at, text in enumerate(later)}
