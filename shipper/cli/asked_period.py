"""What time a question is about, where that may be left open: the newest day that holds data, however old it is."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from shipper.cli.context import now
from shipper.period import moment, period

_DAY: Final = timedelta(hours=24)


def asked_period(
    since: str | None, until: str | None, newest: Callable[[], datetime | None]
) -> tuple[datetime, datetime]:
    """Begin and end. Without a time, the day up to the `newest` moment that holds data; until now where none does."""
    current = now()
    if since is not None:
        return period(since, until or "0m", current)
    if until is not None:
        end = moment(until, current)
    else:
        last = newest()
        end = last + timedelta(seconds=1) if last else current
    return end - _DAY, end
