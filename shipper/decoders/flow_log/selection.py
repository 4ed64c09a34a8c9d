"""Which flow-log records are wanted: conditions on columns and a period, as text a person writes. Pure.

In: conditions such as `dstport=1000-2000` and UTC times. Out: one test per column, text → bool, and a period, so that
a row or a whole column can be judged. A selection is settings of its stream: it travels as text.

What a column's text means is what `values` says. An absent value (`-`), a column that the format lacks and a
value that is not of its column's type equal nothing: they pass `!=` only. `name=-` asks for absent values themselves.
"""

import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from functools import lru_cache, partial
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from shipper import period
from shipper.decoders.addresses import packed_address
from shipper.decoders.flow_log.fields import ABSENT, KNOWN_NAMES, TGW_FIELDS, VPC_FIELDS, Kind
from shipper.decoders.flow_log.header import canonical
from shipper.decoders.flow_log.values import MOST_COUNT, epoch_ms, number
from shipper.decoders.iana_protocols import PROTOCOLS
from shipper.errors import ConfigError

HELP: Final = "dstport=443, dstport=1000-2000, bytes>=1000, srcaddr=10.0.0.0/8, action!=ACCEPT, protocol=tcp,udp"

_CONDITION = re.compile(r"\s*([a-z][a-z0-9_-]*)\s*(!=|<=|>=|=|<|>)\s*(\S(?:.*\S)?)\s*", re.DOTALL)
_RANGE = re.compile(r"(\d+)-(\d+)")
_PROTOCOL_NUMBERS = {name: str(value) for value, name in PROTOCOLS.items()}
_NUMBERS = frozenset({Kind.PORT, Kind.COUNT, Kind.SMALL, Kind.NUMBER_NAME})
_ORDER: Mapping[str, Callable[[int, int], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_MOST_REMEMBERED = 1 << 14

Test = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class ColumnTest:
    """What a record's column (AWS's name) must pass. A format without it passes `-`."""

    name: str
    passes: Test


@dataclass(frozen=True, slots=True)
class Period:
    """A span of record time, its end left out; None is without bound."""

    begin_ms: int | None = None
    end_ms: int | None = None

    def holds(self, moment_ms: int | None) -> bool:
        """Whether a record of this time is wanted. One without a time is: it is not known to be outside."""
        if moment_ms is None:
            return True
        after = self.begin_ms is None or moment_ms >= self.begin_ms
        return after and (self.end_ms is None or moment_ms < self.end_ms)


@dataclass(frozen=True, slots=True)
class Selection:
    """A record is wanted if every test passes its column and the period holds its time (`end`, else `start`)."""

    tests: Sequence[ColumnTest] = ()
    period: Period | None = None

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> "Selection":
        """The selection in a stream's settings. Raises ConfigError."""
        wanted = [ColumnTest(*_condition("--where", text)) for text in _texts(settings, "where")]
        for text in _texts(settings, "exclude"):
            name, matches = _condition("--exclude", text)
            wanted.append(ColumnTest(name, partial(_negated, matches)))
        begin, end = (_ms(settings.get(name)) for name in ("since", "until"))
        return cls(tuple(wanted), None if begin is None and end is None else Period(begin, end))

    def __bool__(self) -> bool:
        return bool(self.tests) or self.period is not None

    def row_test(self, columns: Sequence[str]) -> Callable[[Sequence[str]], bool]:
        """Whether a row of these columns is wanted, from its cells."""
        place = {name: at for at, name in enumerate(columns)}
        present = [(place[test.name], test.passes) for test in self.tests if test.name in place]
        nothing = not all(test.passes(ABSENT) for test in self.tests if test.name not in place)
        end, start = place.get("end"), place.get("start")

        def wanted(cells: Sequence[str]) -> bool:
            if nothing or not all(passes(cells[at]) for at, passes in present):
                return False
            return self.period is None or self.period.holds(_own_ms(cells, end, start))

        return wanted


def selection_settings(
    where: Sequence[str], exclude: Sequence[str], since: str | None, until: str | None, now: datetime
) -> dict[str, str]:
    """What a person asked for as a stream's settings: empty for everything. Raises ConfigError.

    Times are written absolute, so that a replay days later selects the same. The order of conditions means nothing.
    """
    texts = {"where": where, "exclude": exclude}
    found = {name: json.dumps(sorted(set(each))) for name, each in texts.items() if each}
    begin, end = (None if text is None else period.moment(text, now) for text in (since, until))
    if begin and end and begin >= end:
        raise ConfigError(f"--since {since} is not before --until {until}: no record can be of that period")
    times = {"since": begin, "until": end}
    found |= {name: moment.isoformat() for name, moment in times.items() if moment is not None}
    Selection.of(found)
    return found


def _texts(settings: Mapping[str, str], name: str) -> list[str]:
    texts = json.loads(settings.get(name, "[]"))
    return [str(text) for text in texts]


def _ms(text: str | None) -> int | None:
    return None if text is None else round(datetime.fromisoformat(text).timestamp() * 1000)


def _own_ms(cells: Sequence[str], end: int | None, start: int | None) -> int | None:
    """A record's own time, as `document` takes it."""
    found = None if end is None else epoch_ms(cells[end])
    return epoch_ms(cells[start]) if found is None and start is not None else found


def _condition(option: str, text: str) -> tuple[str, Test]:
    """A column's name and what its text must fulfil. Raises ConfigError."""
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise ConfigError(f"{option} {text!r}: expected a field, an operator (= != < <= > >=) and a value: {HELP}")
    try:
        name = _known(canonical(match[1]))
        return name, _test(name, match[2], match[3])
    except ValueError as error:
        raise ConfigError(f"{option} {text!r}: {error}") from None


def _known(name: str) -> str:
    if name in KNOWN_NAMES:
        return name
    near = get_close_matches(name, sorted(KNOWN_NAMES), n=1)
    raise ValueError(f"no flow log has a field {name!r}" + (f"; is it {near[0]!r}?" if near else ""))


def _test(name: str, sign: str, given: str) -> Test:
    kind = (VPC_FIELDS.get(name) or TGW_FIELDS[name]).kind
    if kind is Kind.TIME:
        raise ValueError("times are selected by --since and --until")
    if sign in _ORDER:
        if kind not in _NUMBERS:
            raise ValueError(f"{name} is no number: it can be compared by = and != only")
        return partial(_ordered, _ORDER[sign], _number(name, given))
    values = [value.strip() for value in given.split(",")]
    if not all(values):
        raise ValueError("an empty value in a list; an absent value is written -")
    tests = [_ALTERNATIVES.get(kind, _text_is)(name, value) for value in values if value != ABSENT]
    absent = ABSENT in values
    matches = lru_cache(_MOST_REMEMBERED)(partial(_any, tests, absent))
    return partial(_negated, matches) if sign == "!=" else matches


def _any(tests: Sequence[Test], absent: bool, text: str) -> bool:
    return absent if text == ABSENT else any(test(text) for test in tests)


def _negated(test: Test, text: str) -> bool:
    return not test(text)


def _ordered(compare: Callable[[int, int], bool], bound: int, text: str) -> bool:
    value = number(text, MOST_COUNT)
    return value is not None and compare(value, bound)


def _between(least: int, most: int, text: str) -> bool:
    value = number(text, MOST_COUNT)
    return value is not None and least <= value <= most


def _number_is(name: str, given: str) -> Test:
    if match := _RANGE.fullmatch(given):
        least, most = _number(name, match[1]), _number(name, match[2])
        if least > most:
            raise ValueError(f"the range {given} ends before it begins")
        return partial(_between, least, most)
    value = _number(name, given)
    return partial(_between, value, value)


def _number(name: str, given: str) -> int:
    named = _PROTOCOL_NUMBERS.get(given.lower(), given) if name == "protocol" else given
    value = number(named, MOST_COUNT)
    if value is None:
        raise ValueError(f"{given!r} is no {'protocol' if name == 'protocol' else 'number'}")
    return value


def _address_is(name: str, given: str) -> Test:
    try:
        network = ip_network(given, strict=False)
    except ValueError:
        raise ValueError(f"{name} is an address: {given!r} is none, and no network (10.0.0.0/8)") from None
    return partial(_inside, network)


def _inside(network: IPv4Network | IPv6Network, text: str) -> bool:
    packed = packed_address(text)
    if packed is None or len(packed) * 8 != network.max_prefixlen:
        return False
    return int.from_bytes(packed) & int(network.netmask) == int(network.network_address)


def _text_is(_: str, given: str) -> Test:
    return partial(operator.eq, given)


def _lower_is(_: str, given: str) -> Test:
    lower = given.lower()
    return lambda text: text.lower() == lower


_ALTERNATIVES: Mapping[Kind, Callable[[str, str], Test]] = {
    Kind.IP: _address_is,
    Kind.LOWER: _lower_is,
    **dict.fromkeys(_NUMBERS, _number_is),
}
