"""Suricata's alerts, and what the flow logs say of the same connections: both witnesses side by side."""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from shipper.views.question import Answer, Cell, Question, Scope, Search

Found = Mapping[str, Any]

_ALERT = ("@timestamp", "event.start", "rule", "client", "server", "network.community_id", "suricata.eve.flow_id")
# An interface has a connection in two directions, mostly with one action: enough for ten interfaces on its way.
_PER_ALERT = 20


def _answer(scope: Scope) -> Answer:
    reply = yield Search("suricata.alert", _alerts(scope))
    alerts = _sources(reply)
    if not any(_community_id(alert) for alert in alerts):
        return [row for alert in alerts for row in _rows(alert, None)]
    flows = yield Search("suricata.flow", _ended(alerts))
    ends = {flow["suricata"]["eve"]["flow_id"]: flow["event"]["end"] for flow in _sources(flows)}
    records = yield Search("aws.vpcflow", _records(alerts, ends))
    buckets = (records.get("aggregations") or {}).get("alerts", {}).get("buckets", {})
    return [row for number, alert in enumerate(alerts) for row in _rows(alert, buckets.get(str(number)))]


def _alerts(scope: Scope) -> dict[str, Any]:
    """The newest come first."""
    return {
        "size": scope.limit,
        "query": {"bool": {"filter": [scope.during]}},
        "sort": [{"@timestamp": "desc"}, {"event.sequence": {"order": "desc", "unmapped_type": "long"}}],
        "_source": list(_ALERT),
    }


def _ended(alerts: Sequence[Found]) -> dict[str, Any]:
    """The flow events of the alerts' connections: they know when each ended."""
    ids = sorted({flow_id for alert in alerts if (flow_id := _flow_id(alert))})
    return {
        "size": len(ids),
        "query": {"bool": {"filter": [{"terms": {"suricata.eve.flow_id": ids}}, {"exists": {"field": "event.end"}}]}},
        "collapse": {"field": "suricata.eve.flow_id"},
        "_source": ["suricata.eve.flow_id", "event.end"],
    }


def _records(alerts: Sequence[Found], ends: Mapping[str, str]) -> dict[str, Any]:
    """Flow-log records of the same community id that overlap the connection: ports are used again, on other days."""
    joined = [(number, alert) for number, alert in enumerate(alerts) if _community_id(alert)]
    filters = {
        str(number): {
            "bool": {
                "filter": [
                    {"term": {"network.community_id": _community_id(alert)}},
                    {"range": {"event.start": {"lte": ends.get(_flow_id(alert), alert["@timestamp"])}}},
                    {"range": {"event.end": {"gte": _whole_second(_start(alert))}}},
                ]
            }
        }
        for number, alert in joined
    }
    ids = sorted({_community_id(alert) for _, alert in joined})
    ways = {
        "multi_terms": {
            "terms": [
                {"field": "aws.vpcflow.interface_id", "missing": ""},
                {"field": "source.ip"},
                {"field": "event.action", "missing": ""},
            ],
            "size": _PER_ALERT,
        },
        "aggs": {"bytes": {"sum": {"field": "source.bytes"}}, "packets": {"sum": {"field": "source.packets"}}},
    }
    return {
        "query": {"bool": {"filter": [{"terms": {"network.community_id": ids}}]}},
        "aggs": {"alerts": {"filters": {"filters": filters}, "aggs": {"ways": ways}}},
    }


def _rows(alert: Found, bucket: Found | None) -> Iterator[list[Cell]]:
    client, server = _address(alert.get("client", {})), alert.get("server", {})
    told: list[Cell] = [
        alert["@timestamp"].replace("T", " ")[:19],
        alert.get("rule", {}).get("name"),
        client,
        _end(server),
    ]
    ways = bucket["ways"]["buckets"] if bucket else []
    if not ways:
        yield [*told, None, None, None, 0, 0, 0]
    # An interface's request before its response.
    for way in sorted(ways, key=lambda way: (way["key"][0], way["key"][1] != client, way["key"][2])):
        interface, source, action = way["key"]
        sent_by = "client" if source == client else "server"
        sums = (way["doc_count"], int(way["packets"]["value"]), int(way["bytes"]["value"]))
        yield [*told, interface or None, sent_by, action or None, *sums]


def _sources(reply: Found) -> list[Found]:
    return [hit["_source"] for hit in reply.get("hits", {}).get("hits", ())]


def _flow_id(alert: Found) -> str:
    return str(alert.get("suricata", {}).get("eve", {}).get("flow_id", ""))


def _community_id(alert: Found) -> str:
    return str(alert.get("network", {}).get("community_id", ""))


def _start(alert: Found) -> str:
    return str(alert.get("event", {}).get("start", alert["@timestamp"]))


def _whole_second(moment: str) -> str:
    """Flow logs count in seconds: one that ends in the second in which a connection began may be of it."""
    return f"{moment[:19]}Z"


def _address(end: Found) -> str | None:
    """As OpenSearch writes it in buckets: Suricata spells IPv6 addresses out."""
    return str(ip_address(end["ip"])) if "ip" in end else None


def _end(server: Found) -> str | None:
    address = _address(server)
    if address is None or "port" not in server:
        return address
    return f"[{address}]:{server['port']}" if ":" in address else f"{address}:{server['port']}"


ALERTS = Question(
    title="Alerts, and what the flow logs say of their connections",
    rule="Joined by community id and time: all flow-log records of the connection, by interface and by who sent. "
    "Flow logs come minutes after the packets.",
    columns={
        "time (UTC)": "left",
        "alert": "left",
        "client": "left",
        "server": "left",
        "seen at": "left",
        "sent by": "left",
        "action": "left",
        "records": "number",
        "packets": "number",
        "bytes": "number",
    },
    answer=_answer,
)
