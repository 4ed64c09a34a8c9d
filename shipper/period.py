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
        return now - timedelta(**{_UNITS[match[2]]: int(match[1])})
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r} is no time: expected {HELP}") from None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
