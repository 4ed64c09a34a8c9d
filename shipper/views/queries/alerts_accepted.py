"""Alerts about connections that were let through."""

from shipper.views.alert_join import COLUMNS, joined, with_action
from shipper.views.filters import ALERT_FILTERS
from shipper.views.question import Question

QUESTION = Question(
    title="Alerts whose connection the flow logs show as accepted",
    rule="Joined by community id and time: all flow-log records of the connection, by interface and by who sent.",
    columns=COLUMNS,
    answer=joined(with_action("accept")),
    dataset="suricata.alert",
    filters=ALERT_FILTERS,
)
