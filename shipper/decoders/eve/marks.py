"""Marks in place of an event's values: what `learned` needs to see where each value goes.

A mark is a value that occurs nowhere else and passes the same checks. Lines are patterns in which each marked value
may be any that passes without being looked at further, or that is looked at by `learned` (addresses, ports, times,
MAC addresses). Equal addresses, ports and list entries stay equal: they get one mark.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import orjson

from shipper.decoders.addresses import packed_address
from shipper.decoders.eve.layout import Hole
from shipper.decoders.eve.table import Kind, Leaf, Table

# Lines that hold no backslash have patterns of their own: there a text needs no look at each character. What escapes
# stay is what documents have, too. `++` and the like never try a shorter match: that is half the time.
_TEXT: Final = rb'[^"]*+'
_SOME_TEXT: Final = rb'[^"]++'
_ESCAPED: Final = rb'(?:[^"\\]++|\\["\\bfnrt])*+'
_SOME_UNESCAPED: Final = rb'[^"\\]++'
_COUNT: Final = rb"[1-9][0-9]{0,14}+|0"
_ID: Final = rb"[1-9][0-9]{0,16}+|0"
_PORT: Final = rb"[1-5][0-9]{0,4}+|[6-9][0-9]{0,3}+|0|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
_TAG: Final = rb"[1-9][0-9]{0,2}+|0|[1-3][0-9]{3}|40[0-8][0-9]|409[0-5]"
_IPV4: Final = rb"[0-9.]{7,15}"
_IPV6: Final = rb"[0-9a-f:.]{2,45}"
_MAC: Final = rb"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}"
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+0000", re.ASCII)
_TIME_PATTERN: Final = rb'(([^"]{13}):[0-5][0-9]:[0-5][0-9]\.(?=0{0,5}+([0-9]++)\+)[0-9]{3})[0-9]{3}\+0000'
_MAC_TEXT: Final = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
_PLAIN: Final = re.compile(r"[ -~\b\f\n\r\t]*")

_HOLE: Final = re.compile(rb'"@hole(\d+)@"')

# Values that decide more than their own leaf.
_DECIDING: Final = frozenset({
    "event_type", "proto", "direction", "vlan", "dns.type", "dns.rdata", "dns.answer.type", "alert.severity",
    "alert.action",
})  # fmt: skip
SPANNED: Final = frozenset({"flow", "netflow"})
_TEXT_KINDS: Final = frozenset({Kind.TEXT, Kind.UNINDEXED})
_ESCAPES: Final = frozenset('"\\')
_ENVELOPE: Final = frozenset({"host", "in_iface", "community_id", "app_proto"})
_ADDRESS_RECORDS: Final = frozenset({"A", "AAAA"})

ARRIVED: Final = "2097-08-09T10:11:12Z"
"""The mark of the time of arrival."""


class Marked(NamedTuple):
    """An event with marks, its line as texts and by turns with them the numbers of holes, and the marks."""

    event: dict[str, Any]
    line: Sequence[bytes]
    marks: "Marks"


@dataclass(slots=True)
class Marks:
    """The marks made so far. Numbers are groups of the pattern, counted from 0; `places` are those of texts.

    `plain` are the groups whose values are only written where they belong.
    """

    groups: int = 0
    places: dict[bytes, int] = field(default_factory=dict)
    plain: set[int] = field(default_factory=set)
    holes: list[Hole] = field(default_factory=list)
    same: dict[Any, tuple[int, Any]] = field(default_factory=dict)
    addresses: list[int] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)
    macs: list[tuple[int, str]] = field(default_factory=list)
    tags: list[tuple[int, int]] = field(default_factory=list)
    times: list[tuple[int, str]] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    sensor: int = -1
    forward: bool = True
    escaped: bool = False

    def hole(self, pattern: bytes, quoted: bool) -> tuple[int, str]:
        """One more group; its number, and what stands for it in the line that becomes the pattern."""
        at = self.groups
        self.groups += 1
        return at, self._hole(Hole(pattern, quoted, at))

    def _hole(self, hole: Hole) -> str:
        self.holes.append(hole)
        return f"@hole{len(self.holes) - 1}@"

    def text(self) -> tuple[str, str]:
        """Any text. Gives what stands for it in the line, and its mark."""
        return self._text(_ESCAPED if self.escaped else _TEXT)

    def some_text(self) -> tuple[str, str]:
        """Text that is not empty, without escapes."""
        return self._text(_SOME_UNESCAPED if self.escaped else _SOME_TEXT)

    def _text(self, pattern: bytes) -> tuple[str, str]:
        at, hole = self.hole(pattern, quoted=True)
        self.plain.add(at)
        mark = f"@m{at:03}@"
        self.places[mark.encode()] = at
        return hole, mark

    def count(self, pattern: bytes = _COUNT) -> tuple[str, int]:
        """A whole number."""
        at, hole = self.hole(pattern, quoted=False)
        self.plain.add(at)
        mark = 730_000_000_000_000 + at
        self.places[b"%d" % mark] = at
        return hole, mark

    def port(self, value: int) -> tuple[str, int]:
        """A port; of two marks the server's is the lower one."""
        at, hole = self.hole(_PORT, quoted=False)
        mark = 64_999 - at if self.forward else 64_900 + at
        self.places[b"%d" % mark] = at
        self.ports.append(at)
        self.same[value] = (at, mark)
        return hole, mark

    def address(self, value: str) -> tuple[str, str]:
        """An address; one that was there before is the same."""
        if value in self.same:
            return self.again(value, quoted=True)
        at, hole = self.hole(_IPV6 if ":" in value else _IPV4, quoted=True)
        mark = f"2001:db8::f{at:03}" if ":" in value else f"198.51.100.{100 + at}"
        self.places[mark.encode()] = at
        self.addresses.append(at)
        self.same[value] = (at, mark)
        return hole, mark

    def again(self, value: Any, *, quoted: bool) -> tuple[str, Any]:
        """The value of an earlier group once more."""
        at, mark = self.same[value]
        return self._hole(Hole(b"", quoted, again=at)), mark

    def mac(self) -> tuple[str, str]:
        """A MAC address."""
        at, hole = self.hole(_MAC, quoted=True)
        mark = f"02:00:5e:00:53:{at:02x}"
        self.macs.append((at, mark.upper().replace(":", "-")))
        return hole, mark

    def tag(self) -> tuple[str, int]:
        """A VLAN tag."""
        at, hole = self.hole(_TAG, quoted=False)
        mark = 4001 + len(self.tags)
        self.places[b"%d" % mark] = at
        self.tags.append((at, mark))
        return hole, mark

    def time(self) -> tuple[str, str]:
        """A time in UTC with microseconds: three groups, to the millisecond, its hour, microseconds as a number."""
        at = self.groups
        hole = self._hole(Hole(_TIME_PATTERN, quoted=True, group=at, groups=3))
        self.groups += 3
        number = len(self.times)
        mark = f"2090-03-04T05:0{number}:07.41{number}853+0000"
        self.times.append((at, mark))
        return hole, mark


def marked(event: dict[str, Any], table: Table, *, forward: bool, escaped: bool) -> Marked | None:
    """An event with marks wherever it can have them. `forward`: its source is the client; `escaped`: its line holds
    backslashes.

    None for an event that no pattern could be right for.
    """
    marks = Marks(forward=forward, escaped=escaped)
    line, with_marks = _object(event, table, marks)
    if len(set(marks.targets)) < len(marks.targets) or marks.groups > 90 or not marks.times:
        return None
    if event["event_type"] in SPANNED and len(marks.times) != 3:
        return None
    if event.get("host") and marks.sensor < 0:
        return None  # it is part of the document's id
    return Marked(with_marks, _HOLE.split(orjson.dumps(line)), marks)


def _object(event: dict[str, Any], table: Table, marks: Marks) -> tuple[dict[str, Any], dict[str, Any]]:
    """The top of an event."""
    ports_differ = event.get("src_port") != event.get("dest_port")
    line: dict[str, Any] = {}
    with_marks: dict[str, Any] = {}
    for key, value in event.items():
        if key in ("src_ip", "dest_ip") and type(value) is str and packed_address(value):
            found: tuple[Any, Any] = marks.address(value)
        elif key in ("src_port", "dest_port") and ports_differ and type(value) is int and value not in marks.same:
            found = marks.port(value)
        elif key == "timestamp" and type(value) is str and _TIME.fullmatch(value):
            found = marks.time()
        elif key in _ENVELOPE and type(value) is str and _plain(value) and value and not _ESCAPES & {*value}:
            if key == "host":
                marks.sensor = marks.groups
            found = marks.some_text()
        elif key == "flow" and type(value) is dict:
            found = _flow(event, value, table.objects["flow"], marks)
        else:
            found = _value(key, value, table, marks)
        line[key], with_marks[key] = found
    return line, with_marks


def _flow(event: dict[str, Any], flow: dict[str, Any], table: Table, marks: Marks) -> tuple[Any, Any]:
    """A flow's ends are the event's, one way or the other: a pattern keeps which."""
    line, with_marks = _below(flow, table, marks)
    for ip, port in (("src_ip", "src_port"), ("dest_ip", "dest_port")):
        for other_ip, other_port in (("src_ip", "src_port"), ("dest_ip", "dest_port")):
            if (flow.get(ip), flow.get(port)) == (event.get(other_ip), event.get(other_port)) and (
                flow.get(ip) in marks.same and flow.get(port) in marks.same
            ):
                line[ip], with_marks[ip] = marks.again(flow[ip], quoted=True)
                line[port], with_marks[port] = marks.again(flow[port], quoted=False)
                break
    return line, with_marks


def _below(node: dict[str, Any], table: Table, marks: Marks) -> tuple[dict[str, Any], dict[str, Any]]:
    line: dict[str, Any] = {}
    with_marks: dict[str, Any] = {}
    for key, value in node.items():
        if key == "rdata" and node.get("rrtype") in _ADDRESS_RECORDS and type(value) is str and packed_address(value):
            line[key], with_marks[key] = marks.address(value)
        elif key == "rrtype" and "rdata" in node:  # it says whether the data are an address
            line[key], with_marks[key] = value, value
        else:
            line[key], with_marks[key] = _value(key, value, table, marks)
    return line, with_marks


def _value(key: str, value: Any, table: Table, marks: Marks) -> tuple[Any, Any]:
    path = f"{table.path}.{key}" if table.path else key
    below, leaf = table.objects.get(key), table.leaves.get(key)
    if path in _DECIDING:
        return _tags(value, marks) if path == "vlan" else (value, value)
    if below is not None and type(value) is dict and not below.in_list:
        return _below(value, below, marks)
    if below is not None and type(value) is list and below.in_list:
        pairs = [_below(each, below, marks) if type(each) is dict else (each, each) for each in value]
        return [one for one, _ in pairs], [other for _, other in pairs]
    if leaf is None:
        return value, value
    if leaf.moved:
        marks.targets.append(leaf.path)
    if type(value) is list:
        pairs = [_entry(each, leaf, marks) for each in value]
        return [one for one, _ in pairs], [other for _, other in pairs]
    return _leaf(value, leaf, path, marks)


def _tags(value: Any, marks: Marks) -> tuple[Any, Any]:
    """VLAN tags: how many there are decides."""
    if type(value) is not list or not all(type(tag) is int for tag in value):
        return value, value
    pairs = [marks.tag() for _ in value]
    return [hole for hole, _ in pairs], [mark for _, mark in pairs]


def _entry(value: Any, leaf: Leaf, marks: Marks) -> tuple[Any, Any]:
    """An entry of a list: one that was there before, a MAC address, else as it is."""
    if type(value) is str and value in marks.same:
        return marks.again(value, quoted=True)
    if leaf.kind is Kind.MAC and type(value) is str and _MAC_TEXT.fullmatch(value):
        return marks.mac()
    return value, value


def _leaf(value: Any, leaf: Leaf, path: str, marks: Marks) -> tuple[Any, Any]:
    if type(value) is str:
        if leaf.kind in _TEXT_KINDS and _plain(value):
            return marks.text()
        if leaf.kind is Kind.MAC and _MAC_TEXT.fullmatch(value):
            return marks.mac()
        if leaf.kind is Kind.TIME and path.split(".", maxsplit=1)[0] in SPANNED and _TIME.fullmatch(value):
            return marks.time()
    elif type(value) is int and value >= 0:
        if leaf.kind is Kind.TEXT and value < 10**17:
            return marks.count(_ID)
        if leaf.kind is Kind.COUNT and value < 10**15 and not path.startswith(("flow.src", "flow.dest")):
            return marks.count()
    return value, value


def _plain(text: str) -> bool:
    return _PLAIN.fullmatch(text) is not None
