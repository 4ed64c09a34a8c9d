"""Sensors and pipeline: can the other dashboards be believed?"""

from dashboards.aggregations import counted, highest, over_time, summed, top
from dashboards.model import (
    AMBER,
    BLUE,
    GREEN,
    GREY,
    RED,
    Control,
    Dashboard,
    Draw,
    Metric,
    Panel,
    Pattern,
    Place,
    Search,
)  # fmt: skip
from dashboards.panels.patterns import CONNECTIONS, DEAD_LETTERS, PIPELINE, STATS

_STATS, _RUN = "suricata.eve.stats", "flowtap.pipeline"


def _lines(name: str, title: str, question: str, pattern: Pattern, *metrics: Metric) -> Panel:
    return Panel(f"pipeline-{name}", title, question, pattern, Draw.LINES, metrics, (over_time(),))


DROPS = Panel(
    "pipeline-drops", "Packets seen and dropped", "Did the sensors see everything?", STATS, Draw.BARS,
    (summed(f"{_STATS}.decoder.pkts_delta", "packets"), summed(f"{_STATS}.capture.kernel_drops_delta", "dropped")),
    (over_time(),), colors={"packets": BLUE, "dropped": RED},
)  # fmt: skip
SENSORS = Panel(
    "pipeline-sensors", "Sensors", "Which sensors speak, since when, and what do they drop?", STATS, Draw.TABLE,
    (highest("@timestamp", "last word"), highest(f"{_STATS}.uptime", "uptime (s)"),
     summed(f"{_STATS}.decoder.pkts_delta", "packets"), summed(f"{_STATS}.capture.kernel_drops_delta", "dropped"),
     summed(f"{_STATS}.tcp.reassembly_gap_delta", "gaps"),
     summed(f"{_STATS}.flow.emerg_mode_entered_delta", "emergencies")),
    (top("observer.name", 10, "sensor", by=2),),
)  # fmt: skip
MEMORY = _lines(
    "memory", "Suricata's memory", "Does memory stay below its limits?", STATS,
    highest(f"{_STATS}.flow.memuse", "flows"), highest(f"{_STATS}.tcp.memuse", "TCP"),
    highest(f"{_STATS}.tcp.reassembly_memuse", "reassembly"),
)  # fmt: skip
FLOWS = _lines(
    "flows", "Suricata's flows", "How many flows are alive?", STATS, highest(f"{_STATS}.flow.active", "active flows")
)
VERDICTS = Panel(
    "pipeline-verdicts", "Records, by what became of them", "Did everything that was read arrive?", PIPELINE, Draw.BARS,
    (summed(f"{_RUN}.records.delivered", "delivered"), summed(f"{_RUN}.records.duplicate", "duplicate"),
     summed(f"{_RUN}.records.dead_lettered", "dead-lettered"), summed(f"{_RUN}.records.expired", "expired")),
    (over_time(),), colors={"delivered": GREEN, "duplicate": BLUE, "dead-lettered": RED, "expired": GREY},
)  # fmt: skip
STREAMS = Panel(
    "pipeline-streams", "Streams", "What did each stream read and deliver, and how far behind is it?", PIPELINE,
    Draw.TABLE,
    (summed(f"{_RUN}.records.read", "read"), summed(f"{_RUN}.records.delivered", "delivered"),
     summed(f"{_RUN}.records.dead_lettered", "dead-lettered"), highest(f"{_RUN}.lag_seconds", "worst lag (s)"),
     highest("@timestamp", "last word")),
    (top(f"{_RUN}.stream", 15, "stream"),),
)  # fmt: skip
RETRIES = Panel(
    "pipeline-retries", "Requests: sent, retried, throttled", "Does OpenSearch keep up?", PIPELINE, Draw.BARS,
    (summed(f"{_RUN}.requests.sent", "sent"), summed(f"{_RUN}.requests.retried", "retried"),
     summed(f"{_RUN}.requests.throttled", "throttled")),
    (over_time(),), colors={"sent": BLUE, "retried": AMBER, "throttled": RED},
)  # fmt: skip
LATENCY = _lines(
    "latency", "Slowest request (ms), and lag (s)", "How long do requests take, how far behind are streams?", PIPELINE,
    highest(f"{_RUN}.requests.milliseconds_max", "slowest request (ms)"), highest(f"{_RUN}.lag_seconds", "lag (s)"),
)  # fmt: skip
WORKERS = _lines(
    "worker-memory", "The shipper's memory", "Does memory stay where it is?", PIPELINE,
    highest(f"{_RUN}.memory_bytes", "memory"),
)  # fmt: skip
LETTERS = Panel(
    "pipeline-dead-letters", "Dead letters, by reason", "What could not be stored, and why?", DEAD_LETTERS, Draw.TABLE,
    (counted("dead letters"),),
    (top("flowtap.deadletter.reason", 10, "reason"),),
)  # fmt: skip
PARTITIONS = Panel(
    "pipeline-partitions", "Partitions", "How many documents does each partition hold?", CONNECTIONS, Draw.TABLE,
    (counted("documents"), highest("@timestamp", "newest")), (top("_index", 30, "partition"),),
)  # fmt: skip
LETTER_LIST = Search(
    "pipeline-letters", "Dead letters", "Which records are these?", DEAD_LETTERS,
    ("flowtap.deadletter.stream", "flowtap.deadletter.kind", "flowtap.deadletter.reason", "flowtap.deadletter.origin",
     "flowtap.deadletter.offset"),
)  # fmt: skip

PIPELINE_HEALTH = Dashboard(
    "pipeline",
    "Sensors and pipeline",
    "Did the sensors see everything, did everything arrive, and what did not?",
    "Sums of what each sensor and each stream told of itself in the meantime; read = delivered + duplicate + "
    "dead-lettered + expired + excluded + skipped.",
    PIPELINE,
    (Control(f"{_RUN}.stream", "Stream"), Control(f"{_RUN}.kind", "Kind"), Control(f"{_RUN}.worker", "Worker")),
    (
        (Place(VERDICTS, 16, 13), Place(STREAMS, 32, 13)),
        (Place(RETRIES, 16, 12), Place(LATENCY, 16, 12), Place(WORKERS, 16, 12)),
        (Place(SENSORS, 48, 11),),
        (Place(DROPS, 16, 12), Place(MEMORY, 16, 12), Place(FLOWS, 16, 12)),
        (Place(LETTERS, 24, 15), Place(PARTITIONS, 24, 15)),
        (Place(LETTER_LIST, 48, 16),),
    ),
    next=("overview", "alerts", "mirroring"),
)
