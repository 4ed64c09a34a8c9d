"""Suricata's alerts, and what the flow logs say of the same connections: both witnesses side by side."""

from shipper.views.alert_join import COLUMNS, every, joined
from shipper.views.filters import ALERT_FILTERS
from shipper.views.question import Question

QUESTION = Question(
    title="Alerts, and what the flow logs say of their connections",
    rule="Joined by community id and time: all flow-log records of the connection, by interface and by who sent. "
    "Flow logs come minutes after the packets.",
    columns=COLUMNS,
    answer=joined(every),
    dataset="suricata.alert",
    filters=ALERT_FILTERS,
)
