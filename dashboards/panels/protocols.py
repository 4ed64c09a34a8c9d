"""Protocols: what was said, protocol by protocol."""

from dashboards.aggregations import cases, counted, distinct, fewest, over_time, summed, top
from dashboards.model import (
    AMBER,
    BLUE,
    GREEN,
    GREY,
    RED,
    Bucket,
    Control,
    Dashboard,
    Draw,
    Metric,
    Panel,
    Pattern,
    Place,
    Search,
)
from dashboards.panels.controls import MIRRORED, ONLY_MIRRORED
from dashboards.panels.patterns import ANOMALIES, DNS, EVENTS, FILES, HTTP, OTHER, TLS

_COUNT = counted("events")
_ANSWERS = "(dns.type:answer OR dns.type:response)"
_QUESTIONS = "(dns.type:query OR dns.type:request)"
_FAMILY = "suricata.eve.event_type"


def _table(
    name: str, title: str, question: str, pattern: Pattern, *buckets: Bucket, metrics: tuple[Metric, ...] = (_COUNT,),
    query: str = "",
) -> Panel:  # fmt: skip
    return Panel(f"protocols-{name}", title, question, pattern, Draw.TABLE, metrics, buckets, query)


KINDS = Panel(
    "protocols-kinds", "Events by type", "Which kinds of events were there?", EVENTS, Draw.BARS, (_COUNT,),
    (over_time(), top(_FAMILY, 12, "event type")),
)  # fmt: skip
SPOKEN = Panel(
    "protocols-spoken", "Application protocols", "Which protocols did Suricata recognise?", EVENTS, Draw.DONUT,
    (_COUNT,), (top("network.protocol", 12, "protocol"),),
)  # fmt: skip
DNS_CODES = Panel(
    "protocols-dns-codes", "DNS: answers by code", "How many answers were failures?", DNS, Draw.BARS, (_COUNT,),
    (over_time(), top("dns.response_code", 6, "code")), query=_ANSWERS,
    colors={"NOERROR": GREEN, "NXDOMAIN": AMBER, "SERVFAIL": RED, "REFUSED": RED},
)  # fmt: skip
DNS_NAMES = _table(
    "dns-names", "DNS: names asked for most", "What was looked up?", DNS, top("dns.question.name", 10, "name"),
    metrics=(_COUNT, distinct("client.ip", "clients")), query=_QUESTIONS,
)  # fmt: skip
DNS_RARE = _table(
    "dns-rare", "DNS: names asked for least", "What was looked up once?", DNS, fewest("dns.question.name", 10, "name"),
    query=_QUESTIONS,
)  # fmt: skip
TLS_NAMES = _table(
    "tls-names", "TLS: names and issuers", "Which servers, vouched for by whom?", TLS,
    top("tls.client.server_name", 10, "server name"), top("tls.server.issuer", 1, "issuer"),
)  # fmt: skip
TLS_VERSIONS = Panel(
    "protocols-tls-versions", "TLS: versions", "How old is the encryption?", TLS, Draw.DONUT, (_COUNT,),
    (top("tls.version", 8, "version"),),
)  # fmt: skip
TLS_CLIENTS = _table(
    "tls-clients", "TLS: fingerprints of clients (JA3)", "Which programs spoke TLS?", TLS,
    top("tls.client.ja3", 10, "JA3"),
)  # fmt: skip
HTTP_HOSTS = _table(
    "http-hosts", "HTTP: hosts", "Which hosts were asked, and how much did they answer?", HTTP,
    top("url.domain", 10, "host"), metrics=(_COUNT, summed("http.response.body.bytes", "bytes answered")),
)  # fmt: skip
HTTP_STATUS = Panel(
    "protocols-http-status", "HTTP: status", "How did servers answer?", HTTP, Draw.DONUT, (_COUNT,),
    (cases("status", {
        "2xx": "http.response.status_code:[200 TO 299]",
        "3xx": "http.response.status_code:[300 TO 399]",
        "4xx": "http.response.status_code:[400 TO 499]",
        "5xx": "http.response.status_code:[500 TO 599]",
        "none": "NOT _exists_:http.response.status_code",
    }),), colors={"2xx": GREEN, "3xx": BLUE, "4xx": AMBER, "5xx": RED, "none": GREY},
)  # fmt: skip
HTTP_AGENTS = _table(
    "http-agents", "HTTP: user agents", "Which programs asked?", HTTP, top("user_agent.original", 10, "user agent")
)
SMB = _table(
    "smb", "SMB: commands and shares", "What was done with shared files?", OTHER,
    top("suricata.eve.smb.command", 10, "command"),
    metrics=(_COUNT, distinct("suricata.eve.smb.share", "shares")),
    query=f"{_FAMILY}:smb",
)  # fmt: skip
SSH = _table(
    "ssh", "SSH: software", "Which clients met which servers?", OTHER,
    top("suricata.eve.ssh.client.software_version", 10, "client"),
    top("suricata.eve.ssh.server.software_version", 1, "server"), query=f"{_FAMILY}:ssh",
)  # fmt: skip
FILE_KINDS = _table(
    "files", "Files", "Which files went over the network?", FILES, top("file.name", 10, "name"),
    metrics=(_COUNT, summed("file.size", "bytes")),
)  # fmt: skip
ANOMALY_EVENTS = Panel(
    "protocols-anomalies", "Anomalies", "Where was a protocol broken?", ANOMALIES, Draw.TABLE, (_COUNT,),
    (top("suricata.eve.anomaly.event", 10, "event"),),
)  # fmt: skip
LIST = Search(
    "protocols-list", "Events", "Which events are these?", EVENTS,
    (_FAMILY, "client.ip", "server.ip", "server.port", "network.transport", "network.protocol", "observer.name",
     "network.community_id"),
)  # fmt: skip

PROTOCOLS = Dashboard(
    "protocols",
    "Protocols",
    "What was said on the network: DNS, TLS, HTTP, SMB, SSH, files, and what broke the rules?",
    "Counts Suricata's events: one for each transaction, so a connection counts as often as something was said in it. "
    f"{ONLY_MIRRORED}",
    EVENTS,
    (
        Control("observer.name", "Sensor"),
        Control(_FAMILY, "Event type"),
        Control("network.protocol", "Protocol"),
        Control("network.transport", "Transport"),
        *MIRRORED,
    ),
    (
        (Place(KINDS, 32, 13), Place(SPOKEN, 16, 13)),
        (Place(DNS_CODES, 16, 15), Place(DNS_NAMES, 16, 15), Place(DNS_RARE, 16, 15)),
        (Place(TLS_NAMES, 18, 15), Place(TLS_VERSIONS, 10, 15), Place(TLS_CLIENTS, 20, 15)),
        (Place(HTTP_HOSTS, 18, 15), Place(HTTP_STATUS, 10, 15), Place(HTTP_AGENTS, 20, 15)),
        (Place(SMB, 28, 13), Place(SSH, 20, 13)),
        (Place(FILE_KINDS, 24, 13), Place(ANOMALY_EVENTS, 24, 13)),
        (Place(LIST, 48, 20),),
    ),
    next=("connection", "alerts", "pipeline"),
)
