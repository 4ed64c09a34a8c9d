"""Network overview: what the network did."""

from dashboards.aggregations import cases, counted, most_at_one, over_time, summed, top
from dashboards.model import AMBER, BLUE, GREEN, RED, Dashboard, Draw, Panel, Place, Search
from dashboards.panels.controls import ACTION, RECORDED
from dashboards.panels.patterns import FLOW_LOGS, FLOW_LOGS_EVER

ACCEPTED, REFUSED = "event.action:accept", "event.action:reject"
ACTIONS = cases("action", {"accepted": ACCEPTED, "refused": REFUSED})
ACTION_COLORS = {"accepted": GREEN, "refused": RED}

_BYTES = summed("source.bytes", "bytes")


def _gauge(name: str, title: str, question: str, query: str, color: str) -> Panel:
    return Panel(
        f"overview-{name}", title, question, FLOW_LOGS_EVER, Draw.GAUGE, (counted(" "),), query=query,
        colors={"whole": color},
    )  # fmt: skip


def _rows(name: str, title: str, field: str, *, size: int = 10) -> Panel:
    """Bytes by a value, from most to least."""
    return Panel(
        f"overview-{name}",
        title,
        f"Which {title.lower()}?",
        FLOW_LOGS,
        Draw.ROWS,
        (_BYTES,),
        (top(field, size, " "),),
        colors={"bytes": BLUE},
    )


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
    FLOW_LOGS, Draw.AREA, (_BYTES,), (over_time(), top("network.direction", 5, "direction")),
    colors={"egress": BLUE, "ingress": AMBER},
)  # fmt: skip
TALKERS = Panel(
    "overview-talkers", "Top senders", "Which addresses sent most?",
    FLOW_LOGS, Draw.TABLE, (most_at_one("source.bytes", "aws.vpcflow.interface_id", "bytes"), counted("records")),
    (top("source.ip", 10, "source"),), query=ACCEPTED,
)  # fmt: skip
PAIRS = Panel(
    "overview-pairs", "Top pairs", "Who sent most to whom?",
    FLOW_LOGS, Draw.TABLE, (most_at_one("source.bytes", "aws.vpcflow.interface_id", "bytes"), counted("records")),
    (top("source.ip", 10, "source"), top("destination.ip", 3, "destination")), query=ACCEPTED,
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
    "overview-direction", "Direction", "How much came in, how much went out?",
    FLOW_LOGS, Draw.DONUT, (_BYTES,), (top("network.direction", 3, "direction"),),
    colors={"egress": BLUE, "ingress": AMBER},
)  # fmt: skip
VPCS = _rows("vpcs", "Bytes by VPC", "aws.vpcflow.vpc_id")
SUBNETS = _rows("subnets", "Bytes by subnet", "aws.vpcflow.subnet_id")
INTERFACES = _rows("interfaces", "Bytes by ENI", "aws.vpcflow.interface_id")
INSTANCES = _rows("instances", "Bytes by instance", "cloud.instance.id")
PATHS = _rows("paths", "Bytes by traffic path", "aws.vpcflow.traffic_path_name")
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
    "Records count at every interface that wrote one, so traffic between two recorded interfaces counts at both; "
    "top senders and pairs count at the one interface that saw most. NODATA and SKIPDATA are in no sum.",
    FLOW_LOGS,
    (*RECORDED, ACTION),
    (
        (Place(ACCEPTED_EVER, 12, 10), Place(REFUSED_EVER, 12, 10), Place(ACCEPTED_LATELY, 12, 10),
         Place(REFUSED_LATELY, 12, 10)),
        (Place(OVER_TIME, 24, 13), Place(BYTES_OVER_TIME, 24, 13)),
        (Place(TALKERS, 18, 17), Place(PAIRS, 30, 17)),
        (Place(PORTS, 24, 13), Place(PROTOCOLS, 12, 13), Place(DIRECTION, 12, 13)),
        (Place(VPCS, 24, 11), Place(SUBNETS, 24, 11)),
        (Place(INTERFACES, 24, 14), Place(INSTANCES, 24, 14)),
        (Place(PATHS, 24, 11), Place(LOG_STATUS, 24, 11)),
        (Place(RECORDS, 48, 20),),
    ),
    next=("refused", "connection"),
)  # fmt: skip
