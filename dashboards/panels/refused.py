"""Refused traffic: who knocked where in vain."""

from dashboards.aggregations import cases, counted, distinct, over_time, ranges, top
from dashboards.model import RED, Dashboard, Draw, Panel, Place, Search
from dashboards.panels.controls import ACTION, RECORDED
from dashboards.panels.overview import ACTION_COLORS, ACTIONS, REFUSED
from dashboards.panels.patterns import FLOW_LOGS

# IANA "Service Name and Transport Protocol Port Number Registry"; 81, 6379, 8080 and 9200 as they are mostly used.
NOTORIOUS = {
    22: "SSH", 23: "Telnet", 53: "DNS", 81: "HTTP (cameras)", 111: "rpcbind", 123: "NTP", 135: "MS RPC",
    139: "NetBIOS", 445: "SMB", 1433: "MS SQL", 3306: "MySQL", 3389: "RDP", 5900: "VNC", 6379: "Redis",
    8080: "HTTP proxy", 9200: "OpenSearch",
}  # fmt: skip
_SOURCES = distinct("client.ip", "clients")


TOTAL = Panel(
    "refused-total", "Refused records", "How often was something refused?", FLOW_LOGS, Draw.METRIC,
    (counted("refused"),), query=REFUSED, colors={"whole": RED},
)  # fmt: skip
WHO = Panel(
    "refused-who", "Refused clients, and servers asked for", "How many were refused, at how many places?",
    FLOW_LOGS, Draw.METRIC, (_SOURCES, distinct("server.ip", "servers"), distinct("server.port", "ports")),
    query=REFUSED,
)  # fmt: skip
OVER_TIME = Panel(
    "refused-over-time", "Refused over time", "When?", FLOW_LOGS, Draw.BARS, (counted("refused"),), (over_time(),),
    query=REFUSED, colors={"refused": RED},
)  # fmt: skip
NOTORIOUS_PORTS = Panel(
    "refused-notorious", "Notorious ports", "Were the ports refused that are attacked most, and how often?",
    FLOW_LOGS, Draw.ROWS, (counted("refused"),),
    (cases("port", {f"{port} {name}": f"server.port:{port}" for port, name in NOTORIOUS.items()}),),
    query=f"{REFUSED} AND server.port:({' OR '.join(map(str, NOTORIOUS))})", colors={"refused": RED},
)  # fmt: skip
PRIVILEGED = Panel(
    "refused-privileged", "Privileged ports (1 to 1024): refused and accepted",
    "Which system services are open, which are shut?", FLOW_LOGS, Draw.BARS, (counted("records"),),
    (top("server.port", 15, "server port"), ACTIONS), query="server.port:[1 TO 1024]", colors=ACTION_COLORS,
    options={"seriesParams": [{
        "show": True, "type": "histogram", "mode": "normal", "data": {"label": "records", "id": "1"},
        "valueAxis": "ValueAxis-1", "drawLinesBetweenPoints": True, "lineWidth": 2, "showCircles": False,
    }]},
)  # fmt: skip
SOURCES = Panel(
    "refused-sources", "Sources refused most", "Who was refused most, and how much did each ask for?",
    FLOW_LOGS, Draw.TABLE, (counted("refused"), distinct("server.ip", "servers"), distinct("server.port", "ports")),
    (top("client.ip", 20, "client"),), query=REFUSED,
)  # fmt: skip
# Sought among those refused most: who tried n ports or hosts was refused n times at least. To count the distinct values
# of every client there is costs four times as much.
_SUSPECTS = top("client.ip", 100, "client", by=1)
PORT_SCANS = Panel(
    "refused-port-scans", "Scans: one source, many ports", "Who tried many ports, of the 100 clients refused most?",
    FLOW_LOGS, Draw.TABLE, (distinct("server.port", "ports"), counted("refused")), (_SUSPECTS,), query=REFUSED,
    by_first_metric=True,
)  # fmt: skip
HOST_SCANS = Panel(
    "refused-host-scans", "Scans: one source, many hosts", "Who tried many hosts, of the 100 clients refused most?",
    FLOW_LOGS, Draw.TABLE, (distinct("server.ip", "hosts"), counted("refused")), (_SUSPECTS,), query=REFUSED,
    by_first_metric=True,
)  # fmt: skip
SOURCE_PORTS = Panel(
    "refused-source-ports", "Source ports of what was refused",
    "Do clients come from ports that no system gives to clients?", FLOW_LOGS, Draw.BARS, (counted("refused"),),
    (ranges("source.port", "source port", (0, 1024), (1024, 32768), (32768, 65536)),), query=REFUSED,
    colors={"refused": RED},
)  # fmt: skip
ODD_PORTS = Panel(
    "refused-odd-source-ports", "Odd source ports", "Which of them, below 1024 or used by one client again and again?",
    FLOW_LOGS, Draw.TABLE, (counted("refused"), _SOURCES), (top("source.port", 10, "source port"),), query=REFUSED,
)  # fmt: skip
REASONS = Panel(
    "refused-reasons", "Refuse reason", "Why: which control refused it? (reject-reason, formats since version 8)",
    FLOW_LOGS, Draw.TABLE, (counted("refused"),),
    (cases("reason", {
        "block public access": f"{REFUSED} AND event.reason:BPA",
        "encryption controls": f"{REFUSED} AND event.reason:EC",
        "security group or network ACL": f"{REFUSED} AND NOT _exists_:event.reason",
        "another": f"{REFUSED} AND _exists_:event.reason AND NOT event.reason:(BPA OR EC)",
    }),), query=REFUSED,
)  # fmt: skip
RECORDS = Search(
    "refused-records", "Refused records", "Which records are these?", FLOW_LOGS,
    ("client.ip", "source.port", "server.ip", "server.port", "network.transport", "aws.vpcflow.interface_id",
     "event.reason", "network.community_id"),
    query=REFUSED,
)  # fmt: skip

REFUSED_TRAFFIC = Dashboard(
    "refused",
    "Refused traffic",
    "Who knocked where in vain, and what was shut?",
    "Counts flow-log records with action REJECT: only the interface that refuses writes one, so nothing counts twice. "
    "The port is the server's, whichever way the packet went. Scans are sought among the 100 clients refused most: "
    "who tried n ports or hosts was refused n times at least.",
    FLOW_LOGS,
    (*RECORDED, ACTION),
    (
        (Place(TOTAL, 10, 9), Place(WHO, 14, 9), Place(OVER_TIME, 24, 9)),
        (Place(NOTORIOUS_PORTS, 20, 18), Place(PRIVILEGED, 28, 18)),
        (Place(SOURCES, 24, 17), Place(PORT_SCANS, 12, 17), Place(HOST_SCANS, 12, 17)),
        (Place(SOURCE_PORTS, 16, 15), Place(ODD_PORTS, 14, 15), Place(REASONS, 18, 15)),
        (Place(RECORDS, 48, 20),),
    ),
    next=("connection", "alerts", "overview"),
)  # fmt: skip
