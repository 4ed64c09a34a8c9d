"""Suricata's alerts joined to the flow-log records of their connections, by community id and overlapping time."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any

from shipper.views.question import Answer, Cell, Reply, Scope, Search, aggregations, hits
from shipper.views.texts import address, end, when

Found = Mapping[str, Any]
Keep = Callable[[Sequence[Found]], bool]
"""Whether an alert is wanted, by the ways its connection has in the flow logs."""

COLUMNS: Mapping[str, str] = {
    "time (UTC)": "left",
    "alert": "left",
    "client": "left",
    "server": "left",
    "mirrored at": "left",
    "seen at": "left",
    "sent by": "left",
    "action": "left",
    "records": "number",
    "packets": "number",
    "bytes": "number",
}

_ALERT = (
    "@timestamp", "event.start", "rule", "client", "server", "network.community_id", "suricata.eve.flow_id",
    "flowtap.mirror",
)  # fmt: skip
# An interface has a connection in two directions, mostly with one action: enough for ten interfaces on its way.
_PER_ALERT = 20
_PAGE = 250
_MOST_PAGES = 40


def every(_ways: Sequence[Found]) -> bool:
    """Any alert, in the flow logs or not."""
    return True


def with_action(action: str) -> Keep:
    """Alerts with a flow-log record of this action."""
    return lambda ways: any(way["key"][2] == action for way in ways)


def joined(keep: Keep) -> Callable[[Scope], Answer]:
    """An answer: the newest alerts that are wanted, a row for each interface and way. Looks at 10,000 at most."""

    def answer(scope: Scope) -> Answer:
        rows: list[Sequence[Cell]] = []
        left, after = scope.limit, None
        size = min(scope.limit, _PAGE) if keep is every else _PAGE
        for _ in range(_MOST_PAGES):
            page = hits((yield Search("suricata.alert", _alerts(scope, size, after))))
            alerts = [hit["_source"] for hit in page]
            for alert, ways in zip(alerts, (yield from _ways(alerts)), strict=True):
                if left and keep(ways):
                    left -= 1
                    rows.extend(_rows(alert, ways))
            if not left or len(page) < size:
                break
            after = page[-1]["sort"]
        return rows

    return answer


def _alerts(scope: Scope, size: int, after: Sequence[Any] | None) -> dict[str, Any]:
    """The newest come first."""
    body: dict[str, Any] = {
        "size": size,
        "query": scope.query(),
        "sort": [
            {"@timestamp": "desc"},
            {"event.sequence": {"order": "desc", "unmapped_type": "long"}},
            {"suricata.eve.flow_id": {"order": "desc", "unmapped_type": "keyword"}},
            {"rule.id": {"order": "desc", "unmapped_type": "keyword"}},
        ],
        "_source": list(_ALERT),
    }
    return body | ({"search_after": list(after)} if after else {})


def _ways(alerts: Sequence[Found]) -> Generator[Search, Reply, list[Sequence[Found]]]:
    """For each alert: interface, sender and action of its connection's records, with sums."""
    if not any(_community_id(alert) for alert in alerts):
        return [() for _ in alerts]
    flows = yield Search("suricata.flow", _ended(alerts))
    ended = [hit["_source"] for hit in hits(flows)]
    ends = {flow["suricata"]["eve"]["flow_id"]: flow["event"]["end"] for flow in ended}
    records = aggregations((yield Search("aws.vpcflow", _records(alerts, ends))))
    found = records.get("alerts", {}).get("buckets", {})
    return [found[str(number)]["ways"]["buckets"] if str(number) in found else () for number in range(len(alerts))]


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
        for number, alert in enumerate(alerts)
        if _community_id(alert)
    }
    ids = sorted({_community_id(alert) for alert in alerts if _community_id(alert)})
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


def _rows(alert: Found, ways: Sequence[Found]) -> Iterator[list[Cell]]:
    client = address(alert.get("client", {}))
    name = alert.get("rule", {}).get("name")
    told: list[Cell] = [when(alert["@timestamp"]), name, client, end(alert.get("server", {})), _mirrored_at(alert)]
    if not ways:
        yield [*told, None, None, None, 0, 0, 0]
    # An interface's request before its response.
    for way in sorted(ways, key=lambda way: (way["key"][0], way["key"][1] != client, way["key"][2])):
        interface, source, action = way["key"]
        sent_by = "client" if source == client else "server"
        sums = (way["doc_count"], int(way["packets"]["value"]), int(way["bytes"]["value"]))
        yield [*told, interface or None, sent_by, action or None, *sums]


def _mirrored_at(alert: Found) -> str | None:
    """Whose packet it was: the instance, else its interface, and the mirror session; else the VNI."""
    mirror = alert.get("flowtap", {}).get("mirror", {})
    known = [mirror.get("instance_id") or mirror.get("eni"), mirror.get("session_id")]
    said = " ".join(part for part in known if part)
    return said or (f"VNI {mirror['vni']}" if "vni" in mirror else None)


def _flow_id(alert: Found) -> str:
    return str(alert.get("suricata", {}).get("eve", {}).get("flow_id", ""))


def _community_id(alert: Found) -> str:
    return str(alert.get("network", {}).get("community_id", ""))


def _start(alert: Found) -> str:
    return str(alert.get("event", {}).get("start", alert["@timestamp"]))


def _whole_second(moment: str) -> str:
    """Flow logs count in seconds: one that ends in the second in which a connection began may be of it."""
    return f"{moment[:19]}Z"
