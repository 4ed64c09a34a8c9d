"""The fast way for events like others before: a pattern for lines of one form, and their documents with gaps in them.

Suricata writes millions of lines of a few hundred forms. The exact way (`event`) is the definition of right: from
how it decodes one line with marks in place of values, this learns where each value goes, and keeps that only if it
makes the very document that the exact way made of the line itself. A line that fits no pattern to the last byte, or
has a value that must be looked at and is not plainly good, goes the exact way.

Values that decide anything but their own leaf are part of a pattern: event type, protocol, direction, flags, severity.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import orjson

from shipper.decoders.eve.event import Event
from shipper.decoders.eve.hours import Hours
from shipper.decoders.eve.layout import cut, layout
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

_SELDOM: Final = 1 / 3
"""More lines of an event type that do not fit its usual pattern, and it has none: trying costs twice a look."""

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
        self._usual: dict[bytes, Pattern] = {}  # that most lines of an event type fit: they need no look at their form
        self.patterns = 0
        """How many were learned, also those forgotten since."""

    def add(self, lines: PhysicalLines, numbers: Iterable[int], arrived: bytes, made: Made) -> list[int]:
        """Adds documents of these lines; gives the numbers of those that must go the exact way, ascending."""
        raws = lines.raws
        of_type, of_form, left = _by_head(lines, numbers)
        for head, alike in of_type.items():
            others = alike
            if usual := self._usual.get(head):
                others = _others(usual, alike, raws, arrived, made)
                if len(others) > _SELDOM * len(alike):
                    self._usual.pop(head, None)
            for number in others:
                of_form[head, raws[number].count(b'"')].append(number)
        for key, alike in of_form.items():
            others = alike
            if form := self._forms.get(key):
                others, most = _add(form, alike, raws, arrived, made)
                if most > (1 - _SELDOM) * len(of_type.get(key[0], alike)) and key[1] > 0:
                    self._usual[key[0]] = form.patterns[0]
            left += others
        return sorted(left)

    def learn(self, raw: bytes, event: Event, written: bytes, arrived: str) -> None:
        """From a line that went the exact way, and what became of it: later lines of its form go the fast way."""
        if not printable(raw):
            return
        key = _key(raw)
        form = self._forms.get(key)
        if form is None:
            if len(self._forms) >= MOST_FORMS:
                self._forms.clear()
                self._usual.clear()
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


def _by_head(
    lines: PhysicalLines, numbers: Iterable[int]
) -> tuple[dict[bytes, list[int]], defaultdict[_Key, list[int]], list[int]]:
    """Lines by event type; by form those with backslashes; those that no pattern may be tried on."""
    unusual, raws = lines.unusual, lines.raws
    left: list[int] = []
    of_type: defaultdict[bytes, list[int]] = defaultdict(list)
    of_form: defaultdict[_Key, list[int]] = defaultdict(list)
    usual = [number for number in numbers if number not in unusual]
    heads = [raw[(at := raw.find(_EVENT_TYPE)) : at + _TO_KEY] for raw in map(raws.__getitem__, usual)]
    for number, head in zip(usual, heads, strict=True):
        of_type[head].append(number)
    for number in sorted(unusual.intersection(numbers)):
        if number not in lines.cut and printable(raws[number]):
            of_form[_key(raws[number])].append(number)
        else:
            left.append(number)
    return of_type, of_form, left


def _add(form: _Form, numbers: list[int], raws: Sequence[bytes], arrived: bytes, made: Made) -> tuple[list[int], int]:
    """What fits no pattern of a form, and how many lines fit the one that most do; that one is tried first from now."""
    fitted = []
    for pattern in form.patterns:
        left = _others(pattern, numbers, raws, arrived, made)
        fitted.append(len(numbers) - len(left))
        numbers = left
        if not left:
            break
    most = max(fitted, default=0)
    if fitted and fitted[0] < most:
        at = fitted.index(most)
        form.patterns = [form.patterns[at], *form.patterns[:at], *form.patterns[at + 1 :]]
    return numbers, most


def _others(pattern: Pattern, numbers: list[int], raws: Sequence[bytes], arrived: bytes, made: Made) -> list[int]:
    """Adds the documents of lines that fit; gives the others."""
    left: list[int] = []
    for at in range(0, len(numbers), _TOGETHER):
        some = numbers[at : at + _TOGETHER]
        left += pattern.add(some, [raws[number] for number in some], arrived, made)
    return left


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
    texts, order = cut(document, places)
    if len(order) < 2:
        return None
    made = layout(with_marks.line, marks.holes, texts, order, marks.plain - {marks.sensor})
    new = made.numbers
    return Pattern(
        find=re.compile(b"\n%b(?=\n)" % made.pattern).findall,
        hours=hours,
        sensor=new.get(marks.sensor, -1),
        addresses=tuple(new[at] for at in marks.addresses),
        dated=new[times[2 if spanned else 0]],
        template=made.template,
        order=tuple(new[at] if at < marks.groups else at - marks.groups + made.groups for at in made.order),
        ports=tuple(new[at] for at in marks.ports),
        forward=forward if how == "port" else None,
        macs=tuple(new[at] for at, _ in marks.macs),
        tags=tuple(new[at] for at in tags),
        span=(new[times[1]], new[times[0]]) if spanned else None,
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
