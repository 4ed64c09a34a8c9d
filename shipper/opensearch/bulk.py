"""Bulk bodies and replies, pure: cut documents out of a batch, read what came back. (OpenSearch Bulk API.)"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from shipper.model import Batch, Body
from shipper.opensearch.reply import Reply
from shipper.opensearch.verdicts import UNREADABLE

PATH = "/_bulk"
PARAMETERS = {"filter_path": "error.type,error.reason,errors,items.*.status,items.*.error.type,items.*.error.reason"}
"""`status` must stay: without it the filter drops good items, and positions shift."""


@dataclass(frozen=True, slots=True)
class Item:
    """OpenSearch's answer on one document, or (from `read_error`) on a whole request."""

    status: int
    error_type: str = ""
    reason: str = ""


STORED = Item(201)
"""What most documents are answered."""

_ALL_STORED = tuple((b'{"%b":{"status":201}}' % operation.encode("ascii")) for operation in ("create", "index"))


def requests(
    batch: Batch, documents: Sequence[int], max_bytes: int, most_partitions: int | None = None
) -> Iterator[Sequence[int]]:
    """These documents (ascending numbers) as requests that touch so many partitions and stay within `max_bytes`.

    One document at least. Partitions stay together as they come; without a limit, or within it, order stays too.
    """
    for group in _by_partitions(batch, documents, most_partitions):
        yield from _runs(batch, group, max_bytes)


def _by_partitions(batch: Batch, documents: Sequence[int], most: int | None) -> Iterator[Sequence[int]]:
    if most is None:
        yield documents
        return
    place: dict[str, int] = {}
    groups: list[list[int]] = []
    for number in documents:
        group = place.setdefault(batch.partitions[number], len(place)) // most
        if group == len(groups):
            groups.append([])
        groups[group].append(number)
    yield from groups


def _runs(batch: Batch, documents: Sequence[int], max_bytes: int) -> Iterator[Sequence[int]]:
    if is_run(documents) and batch.cuts[documents[-1] + 1] - batch.cuts[documents[0]] <= max_bytes:
        yield documents
        return
    begin = size = 0
    for place, number in enumerate(documents):
        length = batch.cuts[number + 1] - batch.cuts[number]
        if size and size + length > max_bytes:
            yield documents[begin:place]
            begin, size = place, 0
        size += length
    if begin < len(documents):
        yield documents[begin:]


def is_run(documents: Sequence[int]) -> bool:
    """Whether these (ascending numbers) are neighbours, as most often."""
    return bool(documents) and documents[-1] - documents[0] == len(documents) - 1


def body(batch: Batch, documents: Sequence[int]) -> Body:
    """The request body for these documents (ascending numbers). Neighbours are cut out as one slice."""
    if len(documents) == len(batch):
        return batch.body
    if is_run(documents):
        return batch.body[batch.cuts[documents[0]] : batch.cuts[documents[-1] + 1]]
    slices: list[Body] = []
    begin = previous = documents[0]
    for number in documents[1:]:
        if number != previous + 1:
            slices.append(batch.body[batch.cuts[begin] : batch.cuts[previous + 1]])
            begin = number
        previous = number
    slices.append(batch.body[batch.cuts[begin] : batch.cuts[previous + 1]])
    return b"".join(slices)


def read_items(reply: bytes, expected: int) -> list[Item] | None:
    """One item per document, in order; None if the reply is not a whole bulk reply (then nothing is known)."""
    if any(reply == _all(stored, expected) for stored in _ALL_STORED):
        return [STORED] * expected
    try:
        entries = orjson.loads(reply)["items"]
        items = [_item(next(iter(entry.values()))) for entry in entries]
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration):
        return None
    return items if len(items) == expected else None


def read_error(reply: Reply) -> Item:
    """The error that answered a whole request; HTML and other noise are UNREADABLE."""
    kind, reason = reply.error()
    return Item(reply.status, kind or UNREADABLE, reason)


def _all(item: bytes, expected: int) -> bytes:
    """A whole reply that says the same of every document."""
    return b'{"errors":false,"items":[%b]}' % b",".join([item] * expected)


def _item(answer: dict[str, object]) -> Item:
    error = answer.get("error")
    if not isinstance(error, dict):
        return Item(int(str(answer["status"])))
    return Item(int(str(answer["status"])), str(error.get("type", "")), str(error.get("reason", "")))
