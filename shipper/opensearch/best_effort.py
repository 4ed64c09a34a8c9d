"""Documents that are no records (figures, summaries): tried once, never waited for, never counted in sums.

Nothing here raises because the store is away or says no: the caller is told, and goes on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import orjson

from shipper.errors import Refused, Unavailable
from shipper.opensearch import bulk
from shipper.opensearch.bulk import Item
from shipper.opensearch.client import NDJSON, Connection, Store, connect
from shipper.opensearch.sink import BulkEndpoint, Partitions
from shipper.opensearch.verdicts import Outcome, item_outcome

TIMEOUT_SECONDS = 10.0
_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Document:
    """`create` keeps what is there under the id, `index` overwrites it."""

    index: str
    id: str
    source: Mapping[str, Any]
    operation: Literal["create", "index"] = "create"


def connect_aside(connection: Connection) -> Store:
    """A store of its own, so that nothing takes a connection from the records; it does not wait for long."""
    return connect(replace(connection, timeout_seconds=min(connection.timeout_seconds, TIMEOUT_SECONDS), connections=1))


class BestEffort:
    """`refused` counts documents that the store will never take, `failed` attempts that came to nothing."""

    def __init__(self, endpoint: BulkEndpoint, partitions: Partitions) -> None:
        self._endpoint = endpoint
        self._partitions = partitions
        self.refused = 0
        self.failed = 0

    def write(self, documents: Sequence[Document]) -> bool:
        """One attempt. False: some are not there, try all of them again later."""
        try:
            settled = not self._partitions.ensure({each.index for each in documents}) and self._send(documents)
        except (Unavailable, Refused):
            settled = False
        self.failed += not settled
        return settled

    def _send(self, documents: Sequence[Document]) -> bool:
        lines = [
            orjson.dumps(part, option=orjson.OPT_APPEND_NEWLINE)
            for each in documents
            for part in ({each.operation: {"_index": each.index, "_id": each.id}}, each.source)
        ]
        outcomes = {Outcome.DELIVERED, Outcome.DUPLICATE, Outcome.REFUSED}
        items = _bulk(self._endpoint, b"".join(lines), len(documents))
        found = [item_outcome(item.status, item.error_type) for item in items]
        settled = bool(found) and outcomes.issuperset(found)
        if settled:
            self.refused += found.count(Outcome.REFUSED)
        if any(item.error_type == "index_not_found_exception" for item in items):
            self._partitions.forget({each.index for each in documents})
        return settled


def delete(store: Store, pattern: str, ids: Sequence[str]) -> str:
    """Delete these ids wherever they are in the indices that a pattern names. Empty, or why some may be left.

    By id and not by query: what was written a moment ago is found, too.
    """
    try:
        indices = sorted(store.call("GET", f"/{pattern}/_mapping", missing={}))
        for index in indices:
            for begin in range(0, len(ids), _AT_A_TIME):
                some = ids[begin : begin + _AT_A_TIME]
                lines = [orjson.dumps({"delete": {"_index": index, "_id": each}}) + b"\n" for each in some]
                items = _bulk(store, b"".join(lines), len(some))
                bad = next((item for item in items if item.status not in {200, 404}), None)
                if bad or not items:
                    return f"{bad.error_type}: {bad.reason}" if bad else "no whole answer came"
    except (Unavailable, Refused) as error:
        return str(error)
    return ""


def _bulk(endpoint: BulkEndpoint, body: bytes, count: int) -> Sequence[Item]:
    """An answer for each document; none at all if the request came to nothing."""
    reply = endpoint.request("POST", bulk.PATH, params=bulk.PARAMETERS, body=body, content_type=NDJSON)
    return (reply.ok and bulk.read_items(reply.body, count)) or ()
