"""Requests from ports that requests do not come from."""

from collections.abc import Mapping
from typing import Any

from shipper.views.distinct import by_leaders_and
from shipper.views.filters import REFUSED
from shipper.views.question import Question, Rows, Scope, buckets

# A record goes to the server where its destination's port is the server's.
_TO_THE_SERVER = {
    "script": {"script": {"source": "doc['destination.port'].value == doc['server.port'].value", "lang": "painless"}}
}
_ODD = (
    {"range": {"source.port": {"gte": 1, "lt": 1024}}},
    {"exists": {"field": "destination.port"}},
    {"exists": {"field": "server.port"}},
    {"bool": {"should": [REFUSED, {"term": {"flowtap.initiator": "syn"}}]}},
    _TO_THE_SERVER,
)
# Both ends of these use the service's port (IANA service names registry): NTP, DHCP, NetBIOS, IKE, syslog, RIP.
_BOTH_ENDS = {
    "bool": {
        "filter": [
            {"terms": {"source.port": [67, 68, 123, 137, 138, 500, 514, 520]}},
            {"term": {"network.transport": "udp"}},
        ]
    }
}


def _body(scope: Scope) -> dict[str, Any]:
    return {
        "query": scope.query(*_ODD, without=[_BOTH_ENDS]),
        "aggs": {
            "ports": {
                "multi_terms": {
                    "terms": [{"field": "source.port"}, {"field": "network.transport"}],
                    "size": scope.limit,
                },
                "aggs": {
                    "refused": {"filter": REFUSED},
                    "sources": {"cardinality": {"field": "source.ip"}},
                    "ports": {"cardinality": {"field": "server.port"}},
                },
            }
        },
    }


def _rows(found: Mapping[str, Any], _scope: Scope) -> Rows:
    return [
        [
            *bucket["key"],
            bucket["doc_count"],
            bucket["refused"]["doc_count"],
            bucket["sources"]["value"],
            bucket["ports"]["value"],
        ]
        for bucket in buckets(found, "ports")
    ]


QUESTION = Question(
    title="Odd source ports",
    rule="Counts records of requests (a SYN, or refused) that were sent from a port below 1024: crafted packets, and "
    "answers that a network ACL refused. Protocols that use one port at both ends are left out.",
    columns={
        "source port": "right",
        "protocol": "left",
        "records": "number",
        "refused": "number",
        "sources": "number",
        "server ports": "number",
    },
    answer=by_leaders_and(
        "aws.vpcflow", _body, _rows, {"source.port": 0, "network.transport": 1}, {"source.ip": 4, "server.port": 5}
    ),
)
