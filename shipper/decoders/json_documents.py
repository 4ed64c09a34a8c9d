"""JSON of any layout → one record per line, as it is read: pure, bounded, the same for blocks of any sizes.

In: the bytes of a stream that begins with `{` or `[`. Out: the same bytes in lines. A line that is a complete object
stays as it is. Of anything else each record becomes a line without white space: an element of an array at the top, of
a known list in a document (`events`, `logEvents`, `results`, `Records`), or a whole object. What a document says of all
its events goes with each: `{"event":…,"of":{…}}`.

Nothing is lost: what is no JSON, and what is broken off or too long, is passed on line by line as it is, and reading
goes on behind it.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from shipper.identity import MAX_RECORD_BYTES

EVENT: Final = "event"
OF: Final = "of"

_LISTS: Final = ("events", "logEvents", "results", "Records")
_TOLD: Final = ("messageType", "owner", "logGroup", "logStream")

_STRING = rb'"(?:[^"\\\n]++|\\[^\n])*+"'
_TO_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|' + _STRING + rb")*+")
_NO_SPACE = re.compile(_STRING + rb'|[^" \t\r\n]++')
_BETWEEN = re.compile(rb"[ \t\r\n,]*+")
_LIST = re.compile(rb'"(?:' + b"|".join(name.encode() for name in _LISTS) + rb')"[ \t\r\n]*:[ \t\r\n]*\Z')
_LOOK_BACK: Final = 256
_OPENED_BY = {ord("}"): ord("{"), ord("]"): ord("[")}


def json_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Whole lines, several at a time."""
    reading = _Reading()
    for block in blocks:
        if found := reading.feed(block):
            yield b"".join(found)
    yield b"".join(reading.end())


class _Reading:
    """The bytes not passed on yet. `_begin` is where the record that is read begins, `_at` how far it was looked at.

    `_open` are the brackets open at `_at`; records are what lies below the first `_outer` of them.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._begin = self._at = 0
        self._open: list[int] = []
        self._outer = 0
        self._told = b""
        self._rest_of_line = False
        self._ended = False
        self._found: list[bytes] = []

    def feed(self, block: bytes) -> list[bytes]:
        """The lines that are complete with this block."""
        self._held += block
        while self._step():
            pass
        del self._held[: self._begin]
        self._at -= self._begin
        self._begin = 0
        found, self._found = self._found, []
        return found

    def end(self) -> list[bytes]:
        """What is left."""
        self._ended = True
        return self.feed(b"")

    def _step(self) -> bool:
        """One step forward; False where that takes more bytes than there are."""
        if self._rest_of_line:
            return self._pass_rest_of_line()
        if len(self._open) == self._outer:
            return self._between_records()
        return self._inside_record()

    # Between records

    def _between_records(self) -> bool:
        self._begin = self._at = _match_end(_BETWEEN, self._held, self._begin)
        if self._begin == len(self._held):
            return False
        first = self._held[self._begin]
        if self._open:
            return self._next_of_list(first)
        if first not in b"{[":
            return self._junk_line()
        return self._whole_line(first)

    def _next_of_list(self, first: int) -> bool:
        """In a list of records, or in what its document says after it."""
        if first in b"{[":
            self._enter(first)
            return True
        if first == ord("]"):
            self._open.pop()
            self._begin = self._at = self._begin + 1
            self._outer = 0
            if not self._open:
                self._told = b""
            return True
        return self._junk_line()

    def _whole_line(self, first: int) -> bool:
        """A line that is a complete object is a record as it is; anything else is read bracket by bracket."""
        line_end = self._held.find(b"\n", self._begin)
        end = line_end if line_end >= 0 else len(self._held)
        if line_end < 0 and not self._ended and end - self._begin <= MAX_RECORD_BYTES:
            return False
        line = bytes(self._held[self._begin : end])
        if len(line) <= MAX_RECORD_BYTES and first == ord("{") and _is_record(line):
            self._emit(line)
            self._begin = self._at = min(end + 1, len(self._held))
        elif first == ord("["):
            self._open, self._outer, self._told = [first], 1, b""
            self._begin = self._at = self._begin + 1
        else:
            self._told = b""
            self._enter(first)
        return True

    def _enter(self, bracket: int) -> None:
        self._open.append(bracket)
        self._at = self._begin + 1

    # Inside a record

    def _inside_record(self) -> bool:
        place = _match_end(_TO_BRACKET, self._held, self._at)
        if place == len(self._held) or place - self._begin > MAX_RECORD_BYTES:
            return self._more_or_too_long(place)
        sign = self._held[place]
        if sign == ord('"'):
            return self._half_a_string(place)
        return self._opening(place, sign) if sign in b"{[" else self._closing(place, sign)

    def _more_or_too_long(self, seen_to: int) -> bool:
        if seen_to - self._begin > MAX_RECORD_BYTES:
            self._give_up(self._begin + MAX_RECORD_BYTES)
            return True
        self._at = seen_to
        return self._give_up_at_end()

    def _half_a_string(self, quote: int) -> bool:
        """A string that is not closed yet; where its line ends before it, it never is."""
        line_end = self._held.find(b"\n", quote)
        end = line_end + 1 or len(self._held)
        if line_end >= 0 or end - self._begin > MAX_RECORD_BYTES:
            self._give_up(min(end, self._begin + MAX_RECORD_BYTES))
            return True
        self._at = quote
        return self._give_up_at_end()

    def _opening(self, place: int, sign: int) -> bool:
        before = bytes(self._held[max(self._begin, place - _LOOK_BACK) : place])
        if before.rstrip()[-1:] not in (b":", b",", b"["):
            self._give_up(place)  # a new value where none may be: the one before was broken off
        elif sign == ord("[") and len(self._open) == 1 and self._outer == 0 and (key := _LIST.search(before)):
            return self._list_of_records(place, place - len(before) + key.start())
        else:
            self._open.append(sign)
            self._at = place + 1
        return True

    def _list_of_records(self, place: int, key: int) -> bool:
        """Its elements are records if they are objects or lists."""
        first = _match_end(_BETWEEN, self._held, place + 1)
        if first == len(self._held) and not self._ended and first - self._begin <= MAX_RECORD_BYTES:
            self._at = place
            return False
        self._open.append(ord("["))
        self._at = place + 1
        if bytes(self._held[first : first + 1]) in (b"{", b"[") and first - self._begin <= MAX_RECORD_BYTES:
            self._told = self._told or _told(bytes(self._held[self._begin : key]))
            self._begin = self._at
            self._outer = 2
        return True

    def _closing(self, place: int, sign: int) -> bool:
        if self._open[-1] != _OPENED_BY[sign]:
            self._give_up(place + 1)
            return True
        self._open.pop()
        self._at = place + 1
        if len(self._open) == self._outer:
            record = bytes(self._held[self._begin : self._at])
            if record.startswith((b"{", b"[")):  # else it is the end of a document whose records were passed on
                self._emit(_compact(record) if not self._told else self._with_document(record))
            self._begin = self._at
            self._told = self._told if self._open else b""
        return True

    def _with_document(self, record: bytes) -> bytes:
        return b'{"%b":%b,"%b":%b}' % (EVENT.encode(), _compact(record), OF.encode(), self._told)

    # What is no JSON

    def _junk_line(self) -> bool:
        self._give_up(self._begin)
        return True

    def _give_up_at_end(self) -> bool:
        """False for more bytes; at the end of the stream there are none."""
        if self._ended:
            self._give_up(len(self._held))
        return self._ended and self._begin < len(self._held)

    def _give_up(self, seen_to: int) -> None:
        """Pass on what was read of a record, to the last line end before `seen_to`, and begin anew behind it."""
        end = self._held.rfind(b"\n", self._begin, seen_to) + 1
        if end:
            self._found.append(bytes(self._held[self._begin : end]))
            self._begin = end
        else:
            self._rest_of_line = True
        self._at = self._begin
        self._open, self._outer, self._told = [], 0, b""

    def _pass_rest_of_line(self) -> bool:
        line_end = self._held.find(b"\n", self._begin)
        end = line_end + 1 or len(self._held)
        self._found.append(bytes(self._held[self._begin : end]))
        self._begin = self._at = end
        self._rest_of_line = line_end < 0
        return line_end >= 0

    def _emit(self, record: bytes) -> None:
        self._found.append(record + b"\n")


def _match_end(pattern: re.Pattern[bytes], held: bytearray, at: int) -> int:
    match = pattern.match(held, at)
    return match.end() if match else at


def _is_record(line: bytes) -> bool:
    """Whether this is one whole object, and no document with a list of records."""
    value = _loaded(line)
    return isinstance(value, dict) and not any(_holds_records(value.get(name)) for name in _LISTS)


def _holds_records(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict | list)


def _loaded(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _told(before: bytes) -> bytes:
    """What a document said before its list, of what matters to its events; empty if nothing."""
    value = _loaded(before.rstrip(b", \t\r\n") + b"}")
    if not isinstance(value, dict):
        return b""
    told = {name: value[name] for name in _TOLD if isinstance(value.get(name), str)}
    return orjson.dumps(told) if told else b""


def _compact(record: bytes) -> bytes:
    return b"".join(_NO_SPACE.findall(record))
