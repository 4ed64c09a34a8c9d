"""One table: what an answer means for a document. By level, status and error type, never by message text.

Sources: OpenSearch Bulk API; design "Verdicts". What the table does not name is about the store, never the document:
the document is kept and tried again.
"""

from enum import Enum

from shipper.opensearch.reply import AWS_MESSAGE


class Outcome(Enum):
    """What to do with the documents an answer is about."""

    DELIVERED = "delivered"
    DUPLICATE = "duplicate"
    RETRY = "retry soon"
    SHRINK = "retry soon, in smaller requests"
    SPLIT = "halve; a single document is refused"
    REFUSED = "dead letter"
    SERVER_FAULT = "retry; a dead letter once its neighbours got through often enough"
    PARKED = "retry on a slow schedule"
    STOP = "stop the stream"


DOCUMENT_FAULTS = frozenset(
    {
        "mapper_parsing_exception",
        "document_parsing_exception",
        "strict_dynamic_mapping_exception",
        "illegal_argument_exception",
    }
)
"""The only error types that blame the document, and only with status 400."""

REMEDIES = {
    "validation_exception": "the cluster is at its shard limit: raise cluster.max_shards_per_node, delete old "
    "partitions (`shipper retention plan`), or use a coarser partition unit",
    "cluster_block_exception": "the partition is read-only, usually because a disk is nearly full: free disk space "
    "or add a node; OpenSearch lifts the block by itself below the flood stage watermark",
    "index_closed_exception": "the partition is closed: open it (`POST /<index>/_open`)",
    "index_not_found_exception": "the partition was deleted under us and is made again",
    "too_many_new_partitions": "if the records' times are right: --allow-partitions N, or wait an hour",
    "security_exception": "the user may not do this: give it the role flowtap_writer",
    AWS_MESSAGE: "AWS refuses it before OpenSearch sees it: the credentials must be valid, the domain's access policy "
    "must allow them es:ESHttp*, and where the domain has users of its own they need the role flowtap_writer",
}
"""What mends it, by error type."""


# (statuses, error types or None for any, outcome); the first row that fits decides.
_Row = tuple[frozenset[int], frozenset[str] | None, Outcome]
_BLOCK = frozenset({"cluster_block_exception"})
UNREADABLE = "unreadable_reply"
"""Our own error type for a reply that is not in OpenSearch's shape: something between us and it has spoken."""

_SERVER = frozenset(range(500, 600))

ITEM_TABLE: tuple[_Row, ...] = (
    (frozenset({200, 201}), None, Outcome.DELIVERED),
    (frozenset({409}), frozenset({"version_conflict_engine_exception"}), Outcome.DUPLICATE),
    (frozenset({400}), DOCUMENT_FAULTS, Outcome.REFUSED),
    (frozenset({403}), frozenset({"security_exception"}), Outcome.STOP),
    (frozenset({429}), _BLOCK, Outcome.PARKED),
    (frozenset({429, 502, 503, 504}), None, Outcome.RETRY),
    (frozenset({500}), None, Outcome.SERVER_FAULT),
)

REQUEST_TABLE: tuple[_Row, ...] = (
    (frozenset({403, 429}), _BLOCK, Outcome.PARKED),
    (frozenset({429}), None, Outcome.SHRINK),
    (frozenset({400}), frozenset({UNREADABLE, AWS_MESSAGE}), Outcome.PARKED),
    (frozenset({400, 413}), None, Outcome.SPLIT),
    (frozenset({401, 403}), None, Outcome.STOP),
    (_SERVER | frozenset({200, 201}), None, Outcome.RETRY),
)


def item_outcome(status: int, error_type: str) -> Outcome:
    """The verdict on one item of a bulk reply."""
    return _look_up(ITEM_TABLE, status, error_type)


def request_outcome(status: int, error_type: str) -> Outcome:
    """The verdict on all documents of a request whose reply holds no items (a 200 without items tells nothing)."""
    return _look_up(REQUEST_TABLE, status, error_type)


def _look_up(table: tuple[_Row, ...], status: int, error_type: str) -> Outcome:
    for statuses, types, outcome in table:
        if status in statuses and (types is None or error_type in types):
            return outcome
    return Outcome.PARKED


def remedy(error_type: str) -> str:
    """What a person can do about it, empty where waiting is all."""
    return REMEDIES.get(error_type, "")
