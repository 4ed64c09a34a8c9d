"""One grammar for `--since` and `--until`: a UTC date or time, or how long ago."""

import re
from datetime import UTC, datetime, timedelta

from shipper.errors import ConfigError

_AGO = re.compile(r"(\d{1,6})(m|h|d|w)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

HELP = "a UTC date or time (2026-11-21, 2026-11-21T08:00Z) or how long ago (30m, 24h, 7d, 2w)"


def moment(text: str, now: datetime) -> datetime:
    """The UTC time that a text means. Without an offset it is UTC. Raises ConfigError."""
    if match := _AGO.fullmatch(text):
        try:
            return now - timedelta(**{_UNITS[match[2]]: int(match[1])})
        except OverflowError:
            raise ConfigError(f"{text!r} is before all calendars: expected {HELP}") from None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r} is no time: expected {HELP}") from None
    try:
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except OverflowError:
        raise ConfigError(f"{text!r} is beyond all calendars: expected {HELP}") from None


def period(since: str, until: str, now: datetime) -> tuple[datetime, datetime]:
    """Begin and end. Raises ConfigError, also where it would end before it begins."""
    begin, end = moment(since, now), moment(until, now)
    if begin > end:
        raise ConfigError(
            f"--since {since} ({begin:%Y-%m-%d %H:%MZ}) is later than --until {until} ({end:%Y-%m-%d %H:%MZ})"
        )
    return begin, end
