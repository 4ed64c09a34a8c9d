"""Alerts about connections that the flow logs show as refused."""

from shipper.views.alert_join import COLUMNS, joined, with_action
from shipper.views.filters import ALERT_FILTERS
from shipper.views.question import Question

QUESTION = Question(
    title="Alerts whose connection the flow logs show as refused",
    rule="Refused traffic is never mirrored, so these were let in at the mirrored interface and refused at another, or "
    "are retries of the same connection. Joined by community id and time; all its records are shown.",
    columns=COLUMNS,
    answer=joined(with_action("reject")),
    dataset="suricata.alert",
    filters=ALERT_FILTERS,
)
