"""Top talkers: which addresses sent most, and to whom."""

from dashboards.aggregations import counted, most_at_one, top
from dashboards.model import Dashboard, Draw, Panel, Place, Search
from dashboards.panels.controls import ACTION, RECORDED
from dashboards.panels.overview import ACCEPTED
from dashboards.panels.patterns import FLOW_LOGS

# One table, not one of senders and one of pairs: bytes of each of some hundred thousand addresses are summed once.
SENDERS = Panel(
    "talkers-senders", "Top senders, and to whom", "Which addresses sent most, in all and to whom?",
    FLOW_LOGS, Draw.TABLE, (most_at_one("source.bytes", "aws.vpcflow.interface_id", "bytes"), counted("records")),
    (top("source.ip", 10, "source"), top("destination.ip", 3, "destination")), query=ACCEPTED,
    options={"showMetricsAtAllLevels": True, "perPage": 15},
)  # fmt: skip
RECORDS = Search(
    "talkers-records", "Accepted flow-log records", "Which records are these?", FLOW_LOGS,
    ("source.ip", "destination.ip", "server.port", "network.transport", "source.bytes", "source.packets",
     "aws.vpcflow.interface_id", "network.community_id"),
    query=ACCEPTED,
)  # fmt: skip

TALKERS = Dashboard(
    "talkers",
    "Top talkers",
    "Which addresses sent most, and to whom?",
    "Bytes of accepted records, each sender and pair counted at the one interface that saw most of it. The ten "
    "senders of most bytes, and to whom each sent most.",
    FLOW_LOGS,
    (*RECORDED, ACTION),
    (
        (Place(SENDERS, 48, 26),),
        (Place(RECORDS, 48, 24),),
    ),
    next=("interfaces", "connection", "overview"),
)
