"""Network overview: what the network did."""

from dashboards.aggregations import cases, counted, over_time, top
from dashboards.model import AMBER, BLUE, GREEN, RED, Dashboard, Draw, Panel, Place, Search
from dashboards.panels.by_value import BYTES, by_records
from dashboards.panels.controls import ACTION, RECORDED
from dashboards.panels.patterns import FLOW_LOGS, FLOW_LOGS_EVER

ACCEPTED, REFUSED = "event.action:accept", "event.action:reject"
ACTIONS = cases("action", {"accepted": ACCEPTED, "refused": REFUSED})
ACTION_COLORS = {"accepted": GREEN, "refused": RED}


def _gauge(name: str, title: str, question: str, query: str, color: str) -> Panel:
    return Panel(
        f"overview-{name}", title, question, FLOW_LOGS_EVER, Draw.GAUGE, (counted(" "),), query=query,
        colors={"whole": color},
    )  # fmt: skip


ACCEPTED_EVER = _gauge(
    "accepted-ever", "Accepted since start", "How many records were accepted, ever?", ACCEPTED, GREEN
)
REFUSED_EVER = _gauge("refused-ever", "Refused since start", "How many records were refused, ever?", REFUSED, RED)
_LATELY = "@timestamp:[now-30m TO now]"
ACCEPTED_LATELY = _gauge(
    "accepted-lately", "Accepted, last 30 minutes", "And in the last 30 minutes?", f"{ACCEPTED} AND {_LATELY}", GREEN
)
REFUSED_LATELY = _gauge(
    "refused-lately", "Refused, last 30 minutes", "And in the last 30 minutes?", f"{REFUSED} AND {_LATELY}", RED
)
OVER_TIME = Panel(
    "overview-actions", "Accepted and refused over time", "When was traffic let through, when was it refused?",
    FLOW_LOGS, Draw.BARS, (counted("records"),), (over_time(), ACTIONS), colors=ACTION_COLORS,
)  # fmt: skip
BYTES_OVER_TIME = Panel(
    "overview-bytes", "Bytes over time, by direction", "When did how much flow, in and out of the interfaces?",
    FLOW_LOGS, Draw.AREA, (BYTES,), (over_time(), top("network.direction", 5, "direction")),
    colors={"egress": BLUE, "ingress": AMBER},
)  # fmt: skip
PORTS = Panel(
    "overview-ports", "Server ports", "Which services were used or knocked at?",
    FLOW_LOGS, Draw.BARS, (counted("records"),), (top("server.port", 15, "server port"), ACTIONS),
    colors=ACTION_COLORS,
)  # fmt: skip
PROTOCOLS = Panel(
    "overview-protocols", "Protocols", "Over which protocols?",
    FLOW_LOGS, Draw.DONUT, (counted("records"),), (top("network.transport", 8, "protocol", others=True),),
)  # fmt: skip
DIRECTION = Panel(
    "overview-direction", "Direction", "How many records are of what came in, how many of what went out?",
    FLOW_LOGS, Draw.DONUT, (counted("records"),), (top("network.direction", 3, "direction"),),
    colors={"egress": BLUE, "ingress": AMBER},
)  # fmt: skip
TALKERS = Panel(
    "overview-talkers", "Top talkers, and to whom", "Which clients have most records, and with which servers?",
    FLOW_LOGS, Draw.TABLE, (counted("records"),), (top("client.ip", 10, "client"), top("server.ip", 3, "server")),
    options={"showMetricsAtAllLevels": True, "perPage": 15},
)  # fmt: skip
VPCS = by_records("overview-vpcs", "VPC", "aws.vpcflow.vpc_id")
SUBNETS = by_records("overview-subnets", "subnet", "aws.vpcflow.subnet_id")
ENIS = by_records("overview-enis", "ENI", "aws.vpcflow.interface_id")
INSTANCES = by_records("overview-instances", "instance", "cloud.instance.id")
PATHS = by_records("overview-paths", "traffic path", "aws.vpcflow.traffic_path_name")
LOG_STATUS = Panel(
    "overview-log-status", "NODATA and SKIPDATA", "How much of the picture is missing?",
    FLOW_LOGS, Draw.TABLE, (counted("records"),), (top("aws.vpcflow.log_status", 3, "log status"),),
    options={"percentageCol": "records"},
)  # fmt: skip
RECORDS = Search(
    "overview-records", "Flow-log records", "Which records are these?", FLOW_LOGS,
    ("event.action", "client.ip", "server.ip", "server.port", "network.transport", "source.ip", "source.bytes",
     "aws.vpcflow.interface_id", "network.community_id"),
    query="event.kind:event",
)  # fmt: skip

OVERVIEW = Dashboard(
    "overview",
    "Network overview",
    "What did the network do, and how much of it was refused?",
    "Records count at every interface that wrote one, so traffic between two recorded interfaces counts at both. "
    "NODATA and SKIPDATA are in no sum. Bytes by address and by interface have pages of their own.",
    FLOW_LOGS,
    (*RECORDED, ACTION),
    (
        (Place(ACCEPTED_EVER, 12, 10), Place(REFUSED_EVER, 12, 10), Place(ACCEPTED_LATELY, 12, 10),
         Place(REFUSED_LATELY, 12, 10)),
        (Place(OVER_TIME, 24, 13), Place(BYTES_OVER_TIME, 24, 13)),
        (Place(PORTS, 24, 13), Place(PROTOCOLS, 12, 13), Place(DIRECTION, 12, 13)),
        (Place(TALKERS, 24, 22), Place(ENIS, 12, 22), Place(INSTANCES, 12, 22)),
        (Place(VPCS, 12, 12), Place(SUBNETS, 12, 12), Place(PATHS, 12, 12), Place(LOG_STATUS, 12, 12)),
        (Place(RECORDS, 48, 20),),
    ),
    next=("talkers", "interfaces", "refused", "connection"),
)  # fmt: skip
