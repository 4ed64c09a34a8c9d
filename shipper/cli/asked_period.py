"""What time a question is about, where that may be left open: the newest day that holds data, however old it is."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shipper.cli.context import Context, now
from shipper.period import moment, period

if TYPE_CHECKING:
    from shipper.views.filters import Clause
    from shipper.views.question import Question

_DAY = timedelta(hours=24)


def asked_period(
    context: Context, asked: "Question", narrowed: "tuple[Clause, ...]", since: str | None, until: str | None
) -> tuple[datetime, datetime]:
    """Begin and end. Old data is found too: without a time, it is the newest day that holds any."""
    from shipper.views.question import newest

    current = now()
    if since is None and until is None:
        last = newest(context.store, context.settings.opensearch.prefix, asked, narrowed)
        until_moment = min(current, last + timedelta(seconds=1)) if last else current
        return until_moment - _DAY, until_moment
    if since is None:
        end = moment(until or "0m", current)
        return end - _DAY, end
    return period(since, until or "0m", current)
