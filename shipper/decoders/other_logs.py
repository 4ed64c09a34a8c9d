"""Other logs of AWS that lie in the same folders and buckets: known by what they hold, to be passed over with a count.

Only what is surely no flow log: a line that could be one is never passed over. Sources: the pages named at each row.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

CONTROL_MESSAGE: Final = "CloudWatch control message"

_ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?"

# fmt: off
_JSON_LOGS: Final = (  # all of these keys → kind. Sources: the format pages of each service's guide
    ({"s3", "eventName", "eventSource"},               "S3 event notification"),
    ({"eventVersion", "eventSource", "eventName"},     "CloudTrail"),
    ({"digestS3Bucket", "digestStartTime"},            "CloudTrail digest"),
    ({"webaclId", "httpRequest", "terminatingRuleId"}, "WAF"),
    ({"query_name", "query_type", "query_class"},      "Route 53 Resolver query log"),
    ({"schemaVersion", "service", "severity", "type"}, "GuardDuty finding"),
    ({"serviceNetworkArn", "serviceArn"},              "VPC Lattice access log"),
    ({"firewall_name", "event_timestamp", "event"},    "Network Firewall log"),
    ({"detail-type", "detail", "source"},              "EventBridge event"),
    ({"kind", "apiVersion", "auditID"},                "Kubernetes audit log"),
    ({"event_type", "timestamp", "flow_id"},           "Suricata EVE"),
)

_TEXT_LOGS: Final = tuple((re.compile(pattern, re.DOTALL), kind) for pattern, kind in (
    # Elastic Load Balancing guides: "Access log entries" of each kind
    (rf"(?:https?|h2|grpcs|wss?) {_ISO} app/\S+ \S+:\d+ .*",                   "Application Load Balancer access log"),
    (rf"tls [12]\.0 {_ISO} net/\S+ .*",                                        "Network Load Balancer access log"),
    (rf"{_ISO} [A-Za-z0-9-]+ \S+:\d+ (?:\S+:\d+|-) -?[0-9.]+ -?[0-9.]+ .*",    "Classic Load Balancer access log"),
    (r"Enable AccessLog for ELB.*",                                            "load balancer's test of its bucket"),
    # S3 User Guide, "Amazon S3 server access log format"
    (r"[0-9a-f]{64} \S+ \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] .*", "S3 access log"),
    # CloudFront Developer Guide, "Standard log file format"
    (r"#Version: \d\.\d|#Fields: date[ \t]time[ \t]x-edge-location.*",         "CloudFront access log"),
    (r"\d{4}-\d\d-\d\d\t\d\d:\d\d:\d\d\t[A-Z]{3}\d+(?:-[A-Z]\d+)?\t.*",        "CloudFront access log"),
    # Route 53 Developer Guide, "Public DNS query logging"
    (rf"1\.0 {_ISO} Z[0-9A-Z]+ \S+ [A-Z0-9]+ [A-Z]+ (?:UDP|TCP) .*",           "Route 53 query log"),
    # CloudWatch Logs User Guide, "Subscription filters"
    (r"CWL CONTROL MESSAGE: .*",                                               CONTROL_MESSAGE),
))
# fmt: on


_TEST_FILES: Final = frozenset({"aws-logs-write-test", "ELBAccessLogTestFile"})


def other_name(origin: str) -> str:
    """What an input is that AWS only wrote to see whether it may; empty for any other name."""
    return "AWS's test of its bucket" if origin.rsplit("/", 1)[-1] in _TEST_FILES else ""


def other_json_log(value: Mapping[str, Any]) -> str:
    """The kind of log that an object with these keys is a record of; empty if it is none of these."""
    return next((kind for keys, kind in _JSON_LOGS if keys <= value.keys()), "")


def other_text_log(text: str) -> str:
    """The kind of log that this line is a record of; empty if it is none of these."""
    return next((kind for pattern, kind in _TEXT_LOGS if pattern.fullmatch(text)), "")
