"""One value of an event, checked and written as its leaf needs it. None means that it is not of the leaf's kind.

Times have any offset Suricata has written (`+0000`, `-0400`, `Z`, none for UTC) and become UTC with milliseconds.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from math import isfinite
from typing import Any, NamedTuple

import orjson

from shipper.decoders.addresses import address
from shipper.decoders.eve.table import Kind
from shipper.partition import EARLIEST, LATEST

MOST_COUNT = (1 << 63) - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\s?(?:Z|([+-])(\d\d):?(\d\d))?", re.ASCII | re.IGNORECASE
)
_WHOLE = re.compile(r"-?(?:0|[1-9]\d{0,18})", re.ASCII)
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}:)+[0-9A-Fa-f]{2}")
_DAY = re.compile(r"(\d{4})[-_](\d\d)[-_](\d\d)", re.ASCII)
_LONGEST = 64
"""No time, address or MAC address is longer; longer text never reaches a cache."""


class Second(NamedTuple):
    """A second of UTC: its text without fraction and zone, and since 1970."""

    text: str
    since_1970: int


class Moment(NamedTuple):
    """A time of an event: UTC text with milliseconds, microseconds within the second, since 1970 in microseconds."""

    text: str
    microseconds: int
    since_1970: int


@lru_cache(maxsize=1 << 14)
def second(text: str) -> Second | None:
    """A time without fraction, with or without zone. None if it is none or not one of [EARLIEST, LATEST)."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    try:
        local = datetime.fromisoformat(f"{match[1]}T{match[2]}+00:00")
        offset = timedelta(hours=int(match[5] or 0), minutes=int(match[6] or 0))
        moment = local + offset if match[4] == "-" else local - offset
    except (ValueError, OverflowError):
        return None
    if not EARLIEST <= moment < LATEST:
        return None
    return Second(f"{moment:%Y-%m-%dT%H:%M:%S}", (moment - _EPOCH) // timedelta(seconds=1))


def moment(text: str) -> Moment | None:
    """A time as Suricata writes it. What has six digits of a second after `.` is read without a pattern."""
    fraction = text[20:26]
    if text[19:20] == "." and len(fraction) == 6 and fraction.isascii() and fraction.isdigit() and len(text) < _LONGEST:
        whole = second(text[:19] + text[26:])
    else:
        match = _TIME.fullmatch(text) if len(text) < _LONGEST else None
        if match is None:
            return None
        fraction = f"{match[3] or ''}000000"[:6]
        zone = text[match.end(3) if match[3] else match.end(2) :]
        whole = second(text[:19] + zone)
    if whole is None:
        return None
    microseconds = int(fraction)
    return Moment(f"{whole[0]}.{fraction[:3]}Z", microseconds, whole[1] * 1_000_000 + microseconds)


def time(value: Any) -> str | None:
    """A time, or a day in either of the spellings that rules have (`2020_01_31`, `2020-01-31`)."""
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    if day := _DAY.fullmatch(value):
        value = f"{day[1]}-{day[2]}-{day[3]}T00:00:00"
    found = moment(value)
    return found and found.text


def count(value: Any) -> int | None:
    """A whole number, or its canonical decimal."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    return value if type(value) is int and -MOST_COUNT <= value <= MOST_COUNT else None


def number(value: Any) -> float | None:
    """A finite number."""
    return value if type(value) in (int, float) and isfinite(value) else None


def flag(value: Any) -> bool | None:
    """True or false, also as text."""
    return (
        {"true": True, "false": False}.get(value) if isinstance(value, str) else value if type(value) is bool else None
    )


def text(value: Any) -> str | None:
    """Text; numbers that name something are written as text, so that no reader rounds them."""
    if type(value) is int:
        return str(value)
    return ("true" if value else "false") if type(value) is bool else value if isinstance(value, str) else None


def ip(value: Any) -> str | None:
    """An address, as received."""
    return address(value) if isinstance(value, str) else None


def mac(value: Any) -> str | None:
    """ECS writes MAC addresses in capitals with hyphens."""
    return _mac(value) if isinstance(value, str) and len(value) <= _LONGEST else None


@lru_cache(maxsize=1 << 14)
def _mac(value: str) -> str | None:
    return value.upper().replace(":", "-") if _MAC.fullmatch(value) else None


def shown(value: Any) -> str:
    """Anything as text: the value itself where it is text, else JSON.

    In ASCII where orjson cannot write it (lone surrogates, whole numbers beyond 64 bits). Raises RecursionError where
    it is nested too deep for that, too.
    """
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return json.dumps(value, separators=(",", ":"))


def hashed(value: Any) -> str:
    """128 bits of a hash: equal values stay equal, and cannot be read."""
    return blake2b(shown(value).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def cve(value: Any) -> str | None:
    """A vulnerability's name as it is written everywhere: rules have CVE_2021_44228 and 2021_44228."""
    if not isinstance(value, str):
        return None
    name = value.upper().replace("_", "-")
    return name if name.startswith("CVE-") or not name[:4].isdigit() else f"CVE-{name}"


READERS: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: text, Kind.COUNT: count, Kind.NUMBER: number, Kind.FLAG: flag, Kind.IP: ip, Kind.TIME: time,
    Kind.MAC: mac, Kind.UNINDEXED: shown, Kind.JSON: shown, Kind.HASHED: hashed,
}  # fmt: skip

AS_IT_IS: Mapping[Kind, type] = {
    Kind.TEXT: str, Kind.COUNT: int, Kind.FLAG: bool, Kind.UNINDEXED: str
}  # fmt: skip
"""Kinds whose values of this type need no look at the value. (Whole numbers beyond 53 bits are caught when written.)"""
