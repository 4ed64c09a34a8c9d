"""One column's text as a typed value. None means that the text is not of the column's type.

Numbers are canonical decimals, so that the text of a value is exactly what was received; addresses stay as received.
Only ASCII digits are digits.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial

from shipper.decoders.addresses import address
from shipper.decoders.flow_log.fields import Kind
from shipper.partition import EARLIEST, LATEST

Value = str | int

MOST_COUNT = (1 << 63) - 1
MOST_PORT = 65_535
MOST_SMALL = 255

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST_SECONDS = int(EARLIEST.timestamp())
LATEST_SECONDS = int(LATEST.timestamp())
_CANONICAL = re.compile(r"0|[1-9][0-9]{0,18}")


def number(text: str, most: int) -> int | None:
    """A canonical decimal of at most `most`."""
    if not _CANONICAL.fullmatch(text):
        return None
    value = int(text)
    return value if value <= most else None


def epoch_ms(text: str) -> int | None:
    """Milliseconds since 1970: the column holds seconds, in some deliveries milliseconds. None if implausible."""
    value = number(text, MOST_COUNT)
    if value is None:
        return None
    if EARLIEST_SECONDS <= value < LATEST_SECONDS:
        return value * 1000
    return value if EARLIEST_SECONDS * 1000 <= value < LATEST_SECONDS * 1000 else None


def moment(milliseconds: int) -> datetime:
    """A UTC time."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


@lru_cache(maxsize=1 << 14)
def timestamp(milliseconds: int) -> str:
    """ISO 8601 in UTC; milliseconds only where there are any."""
    seconds, rest = divmod(milliseconds, 1000)
    text = f"{moment(seconds * 1000):%Y-%m-%dT%H:%M:%S}"
    return f"{text}.{rest:03d}Z" if rest else f"{text}Z"


def text_of(text: str) -> str:
    """Text as received."""
    return text


READERS: Mapping[Kind, Callable[[str], Value | None]] = {
    Kind.TEXT: text_of,
    Kind.LOWER: str.lower,
    Kind.IP: address,
    Kind.PORT: partial(number, most=MOST_PORT),
    Kind.COUNT: partial(number, most=MOST_COUNT),
    Kind.SMALL: partial(number, most=MOST_SMALL),
    Kind.NUMBER_NAME: partial(number, most=MOST_SMALL),
    Kind.TIME: epoch_ms,
}
"""A TIME is read as milliseconds since 1970; its leaf is `timestamp` of that."""
