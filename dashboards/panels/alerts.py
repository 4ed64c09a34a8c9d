"""Suricata alerts: what was said that should not be said."""

from dashboards.aggregations import cases, counted, distinct, highest, over_time, top
from dashboards.model import AMBER, BLUE, GREY, RED, Control, Dashboard, Draw, Panel, Place, Search
from dashboards.panels.controls import ACTION, MIRRORED, ONLY_MIRRORED
from dashboards.panels.patterns import ALERTS

_COUNT = counted("alerts")
_SEVERITY = "suricata.eve.alert.severity"
SEVERITIES = cases("severity", {
    "1 high": f"{_SEVERITY}:1",
    "2 medium": f"{_SEVERITY}:2",
    "3 low": f"{_SEVERITY}:3",
    "4 and above": f"{_SEVERITY}:[4 TO 255]",
})  # fmt: skip
SEVERITY_COLORS = {"1 high": RED, "2 medium": AMBER, "3 low": BLUE, "4 and above": GREY}


def _table(name: str, title: str, question: str, field: str, label: str, size: int = 10) -> Panel:
    return Panel(f"alerts-{name}", title, question, ALERTS, Draw.TABLE, (_COUNT,), (top(field, size, label),))


TOTAL = Panel(
    "alerts-total", "Alerts", "How many, of how many kinds?", ALERTS, Draw.METRIC,
    (_COUNT, distinct("rule.id", "signatures"), distinct("related.ip", "addresses")),
)  # fmt: skip
SEVERE = Panel(
    "alerts-severe", "Severity 1", "How many of them are of the highest severity?", ALERTS, Draw.METRIC,
    (counted("severity 1"),), query=f"{_SEVERITY}:1", colors={"whole": RED},
)  # fmt: skip
OVER_TIME = Panel(
    "alerts-over-time", "Alerts over time, by severity", "When, and how grave?", ALERTS, Draw.BARS, (_COUNT,),
    (over_time(), SEVERITIES), colors=SEVERITY_COLORS,
)  # fmt: skip
SIGNATURES = Panel(
    "alerts-signatures", "Signatures", "Which rules fired, between how many, and when last?", ALERTS, Draw.TABLE,
    (_COUNT, distinct("client.ip", "clients"), distinct("server.ip", "servers"), highest("@timestamp", "last")),
    (top("rule.name", 15, "signature"), top("rule.id", 1, "sid")),
)  # fmt: skip
CATEGORIES = _table("categories", "Categories", "Of which class?", "rule.category", "category")
TACTICS = Panel(
    "alerts-mitre", "MITRE ATT&CK", "Which tactics and techniques do the rules name?", ALERTS, Draw.TABLE, (_COUNT,),
    (top("threat.tactic.name", 10, "tactic"), top("threat.technique.name", 3, "technique")),
)  # fmt: skip
SOURCES = _table("sources", "Sources", "Who sent what alerted?", "source.ip", "source")
TARGETS = _table("targets", "Targets", "To whom?", "destination.ip", "target")
PORTS = Panel(
    "alerts-ports", "Server ports", "At which services?", ALERTS, Draw.ROWS, (_COUNT,),
    (top("server.port", 10, " "),), colors={"alerts": RED},
)  # fmt: skip
SENSORS = Panel(
    "alerts-sensors", "Sensors", "Which sensor saw it?", ALERTS, Draw.DONUT, (_COUNT,),
    (top("observer.name", 10, "sensor"),),
)  # fmt: skip
NAMES = _table("sni", "TLS names (SNI)", "Which TLS names were asked for?", "tls.client.server_name", "name")
HOSTS = _table("hosts", "HTTP hosts", "Which HTTP hosts were asked for?", "url.domain", "host")
LIST = Search(
    "alerts-list", "Alerts, with the text of their rules", "What happened exactly, and which rule says so?", ALERTS,
    ("rule.name", "event.action", "client.ip", "server.ip", "server.port", "network.protocol", "observer.name",
     "network.community_id", "suricata.eve.alert.rule"),
)  # fmt: skip

SURICATA_ALERTS = Dashboard(
    "alerts",
    "Suricata alerts",
    "What did Suricata find, between whom, and how grave is it?",
    "Counts alerts: one connection may raise many. Severity 1 is the highest. "
    f"Follow a community id to its connection. {ONLY_MIRRORED}",
    ALERTS,
    (
        Control("observer.name", "Sensor"),
        Control("rule.category", "Category"),
        Control("rule.name", "Signature"),
        ACTION,
        Control("network.protocol", "Protocol"),
        *MIRRORED,
    ),
    (
        (Place(TOTAL, 16, 9), Place(SEVERE, 8, 9), Place(OVER_TIME, 24, 9)),
        (Place(SIGNATURES, 48, 17),),
        (Place(CATEGORIES, 24, 15), Place(TACTICS, 24, 15)),
        (Place(SOURCES, 12, 15), Place(TARGETS, 12, 15), Place(PORTS, 12, 15), Place(SENSORS, 12, 15)),
        (Place(NAMES, 24, 14), Place(HOSTS, 24, 14)),
        (Place(LIST, 48, 24),),
    ),
    next=("connection", "protocols", "refused"),
)
