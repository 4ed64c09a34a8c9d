"""The index patterns that panels read, and how their fields are shown."""

from dashboards.model import Format, Pattern

_PLAIN = Format("number", {"pattern": "0"})
_BYTES = Format("bytes", {"pattern": "0,0.[0] b"})
_CONNECTION = Format(
    "url",
    {
        "urlTemplate": "/app/dashboards#/view/flowtap-connection?_a=(query:(language:lucene,query:"
        "'network.community_id:%22{{value}}%22'))",
        "labelTemplate": "{{value}}",
        "openLinkInCurrentTab": True,
    },
)
"""A community id leads to the dashboard of its connection. The query's quotes are encoded: they stand in a link."""

_TIME = Format("date", {"pattern": "YYYY-MM-DD HH:mm:ss"})

_COMMON = {
    "@timestamp": _TIME,
    "source.port": _PLAIN,
    "destination.port": _PLAIN,
    "server.port": _PLAIN,
    "source.bytes": _BYTES,
    "destination.bytes": _BYTES,
    "network.community_id": _CONNECTION,
}

_EVENTS = tuple(f"suricata.{kind}" for kind in ("alert", "anomaly", "dns", "fileinfo", "flow", "http", "other", "tls"))


def _suricata(kind: str, **formats: Format) -> Pattern:
    return Pattern(f"suricata.{kind}", (f"suricata.{kind}",), formats=_COMMON | formats)


FLOW_LOGS = Pattern("aws.vpcflow", ("aws.vpcflow",), formats=_COMMON | {"network.bytes": _BYTES})
FLOW_LOGS_EVER = Pattern("aws.vpcflow-ever", ("aws.vpcflow",), timed=False, formats=FLOW_LOGS.formats)
EVENTS = Pattern("suricata", _EVENTS, formats=_COMMON, common_only=True)
CONNECTIONS = Pattern("connections", ("aws.vpcflow", *_EVENTS), formats=_COMMON, common_only=True)
ALERTS = _suricata("alert")
ANOMALIES = _suricata("anomaly")
DNS = _suricata("dns")
FILES = Pattern("suricata.fileinfo", ("suricata.fileinfo",), formats=_COMMON | {"file.size": _BYTES})
HTTP = Pattern(
    "suricata.http",
    ("suricata.http",),
    formats=_COMMON | {"http.response.body.bytes": _BYTES, "http.response.status_code": _PLAIN},
)
OTHER = _suricata("other")
TLS = _suricata("tls")
STATS = Pattern(
    "suricata.stats",
    ("suricata.stats",),
    formats={"@timestamp": _TIME}
    | {
        f"suricata.eve.stats.{name}": _BYTES
        for name in ("flow.memuse", "tcp.memuse", "tcp.reassembly_memuse", "decoder.bytes", "decoder.bytes_delta")
    },
)
PIPELINE = Pattern(
    "pipeline",
    ("pipeline",),
    formats={"@timestamp": _TIME}
    | {f"flowtap.pipeline.{name}": _BYTES for name in ("bytes.read", "bytes.sent", "memory_bytes", "backlog.bytes")},
)
MIRROR = Pattern(
    "mirror.stats",
    ("mirror.stats",),
    formats={"@timestamp": _TIME, "flowtap.mirror.vni": _PLAIN}
    | {f"flowtap.listener.{name}": _BYTES for name in ("bytes", "mirrored_bytes")},
)
FINDINGS = Pattern("aws.guardduty", ("aws.guardduty",), formats=_COMMON)
DECISIONS = Pattern(
    "mirror.decision",
    ("mirror.decision",),
    formats={"@timestamp": _TIME, "flowtap.decision.since": _TIME, "flowtap.decision.ends": _TIME},
)
DEAD_LETTERS = Pattern("deadletter", ("deadletter",), formats={"@timestamp": _TIME})

PATTERNS = (
    FLOW_LOGS, FLOW_LOGS_EVER, EVENTS, CONNECTIONS, ALERTS, ANOMALIES, DNS, FILES, HTTP, OTHER, TLS, STATS, MIRROR,
    FINDINGS, DECISIONS, PIPELINE, DEAD_LETTERS,
)  # fmt: skip
"""The first one is the default of a fresh Dashboards."""
