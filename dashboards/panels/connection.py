"""One connection: everything both witnesses say of a community id."""

from dashboards.aggregations import counted, distinct, over_time, summed, top
from dashboards.model import AMBER, BLUE, GREEN, RED, Control, Dashboard, Draw, Panel, Place, Search
from dashboards.panels.controls import ACTION, BOTH
from dashboards.panels.overview import ACTION_COLORS, ACTIONS
from dashboards.panels.patterns import ALERTS, CONNECTIONS, EVENTS, FLOW_LOGS

_ID = "network.community_id"

SEEN = Panel(
    "connection-seen", "Connections that Suricata saw", "Which connections are there to choose from?", EVENTS,
    Draw.TABLE, (distinct("event.dataset", "kinds of events"), counted("events")),
    (top(_ID, 20, "community id"), top("client.ip", 1, "client"), top("server.ip", 1, "server"),
     top("server.port", 1, "port")),
)  # fmt: skip
TIMELINE = Panel(
    "connection-timeline", "What was told, when", "When did each witness say something?", CONNECTIONS, Draw.BARS,
    (counted("documents"),), (over_time(), top("event.dataset", 12, "dataset")),
    colors={"aws.vpcflow": BLUE, "suricata.alert": RED, "suricata.flow": GREEN, "suricata.other": AMBER},
    options={"legendPosition": "bottom"},
)  # fmt: skip
WAYS = Panel(
    "connection-ways", "Flow logs: by interface and sender",
    "Which interfaces saw it, who sent how much, was it let through?",
    FLOW_LOGS, Draw.TABLE,
    (summed("source.bytes", "bytes"), summed("source.packets", "packets"), counted("records")),
    # All there are of one connection. With none chosen yet there are more, whose senders would be sought for nothing.
    (top("aws.vpcflow.interface_id", 8, "interface", of_each=8), top("source.ip", 2, "sent by"),
     top("event.action", 2, "action")),
)  # fmt: skip
BYTES = Panel(
    "connection-actions", "Flow logs: records over time", "When was it let through or refused?", FLOW_LOGS, Draw.BARS,
    (counted("records"),), (over_time(), ACTIONS), colors=ACTION_COLORS, options={"legendPosition": "bottom"},
)  # fmt: skip
_WHERE = ("client.ip", "server.ip", "server.port")
ALERT_LIST = Search(
    "connection-alerts", "Alerts", "What did Suricata object to?", ALERTS,
    ("rule.name", "rule.category", "suricata.eve.alert.severity", "event.action", *_WHERE, _ID),
)  # fmt: skip
EVENT_LIST = Search(
    "connection-events", "Protocol events", "What was said?", EVENTS,
    ("suricata.eve.event_type", "network.protocol", *_WHERE, "observer.name", _ID),
)  # fmt: skip
RECORD_LIST = Search(
    "connection-records", "Flow-log records", "What did the interfaces write?", FLOW_LOGS,
    ("event.action", "source.ip", "source.port", "destination.ip", "destination.port", "source.packets", "source.bytes",
     "aws.vpcflow.interface_id", _ID), query="event.kind:event",
)  # fmt: skip

CONNECTION = Dashboard(
    "connection",
    "One connection",
    "What do flow logs, alerts and protocol events say together of one connection?",
    "A community id is the same for both directions and may be used again: look at one time. Choose one below, follow "
    'a community id from any table, or search `network.community_id:"1:…"`. Flow logs come minutes after the packets. '
    "A filter that names one witness leaves nothing of the other.",
    CONNECTIONS,
    (
        Control(_ID, "Community id"),
        Control("event.dataset", "Dataset"),
        Control("server.port", "Server port"),
        ACTION,
        *BOTH,
    ),
    (
        (Place(SEEN, 36, 16), Place(TIMELINE, 12, 16)),
        (Place(WAYS, 36, 15), Place(BYTES, 12, 15)),
        (Place(ALERT_LIST, 48, 14),),
        (Place(EVENT_LIST, 48, 16),),
        (Place(RECORD_LIST, 48, 18),),
    ),
    next=("alerts", "refused", "overview"),
)
