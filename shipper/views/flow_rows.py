"""Flow-log records as rows, one record a row, the newest first."""

from collections.abc import Callable, Mapping
from typing import Any

from shipper.views.filters import Clause
from shipper.views.question import Answer, Cell, Scope, Search, hits
from shipper.views.texts import end, when

COLUMNS: Mapping[str, str] = {
    "start (UTC)": "left",
    "end (UTC)": "left",
    "source": "left",
    "destination": "left",
    "protocol": "left",
    "action": "left",
    "packets": "number",
    "bytes": "number",
    "seen at": "left",
    "reason": "left",
}
_LEAVES = (
    "@timestamp",
    "event.start",
    "event.end",
    "event.action",
    "event.reason",
    "source",
    "destination",
    "network.transport",
    "network.iana_number",
    "aws.vpcflow.interface_id",
    "aws.vpcflow.log_status",
)


def records(by: str, *more: Clause) -> Callable[[Scope], Answer]:
    """An answer: the newest records by the time at `by`, as they were received. NODATA and SKIPDATA have no ends."""

    def answer(scope: Scope) -> Answer:
        body = {
            "size": scope.limit,
            "query": scope.query(*more),
            "sort": [{by: {"order": "desc", "unmapped_type": "date"}}],
            "_source": list(_LEAVES),
        }
        return [_row(hit["_source"]) for hit in hits((yield Search("aws.vpcflow", body)))]

    return answer


def _row(found: Mapping[str, Any]) -> list[Cell]:
    event, source, network = found.get("event", {}), found.get("source", {}), found.get("network", {})
    own = found.get("aws", {}).get("vpcflow", {})
    return [
        when(event.get("start")),
        when(event.get("end") or found["@timestamp"]),
        end(source),
        end(found.get("destination", {})),
        network.get("transport") or network.get("iana_number"),
        event.get("action") or own.get("log_status"),
        source.get("packets"),
        source.get("bytes"),
        own.get("interface_id"),
        event.get("reason"),
    ]
