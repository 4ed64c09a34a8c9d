"""Dashboards' panels asked of the store as Dashboards would: is there an answer, and how long did it take?"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.query import TimeRange, is_search, request
from dashboards.saved_object import SavedObject
from shipper.opensearch.client import Store


@dataclass(frozen=True, slots=True)
class Answered:
    """What a panel got: documents it counts, rows it would draw (a single number is one), milliseconds until then."""

    id: str
    title: str
    documents: int
    rows: int
    milliseconds: float

    @property
    def empty(self) -> bool:
        """Whether it would show nothing, or only zeros."""
        return self.documents == 0 or self.rows == 0


def ask(store: Store, objects: Sequence[SavedObject], looked_at: TimeRange) -> Iterator[Answered]:
    """Runs every panel and saved search of `objects`, one after the other. Raises Unavailable or Refused."""
    patterns = {each.id: each.attributes for each in objects if each.type == "index-pattern"}
    for panel in objects:
        found = answer(store, panel, patterns, looked_at)
        if found is not None:
            yield found


def answer(
    store: Store,
    panel: SavedObject,
    patterns: Mapping[str, Mapping[str, Any]],
    looked_at: TimeRange,
    *,
    cached: bool = True,
) -> Answered | None:
    """Runs one panel; None for what asks nothing. `patterns`: id → attributes. `cached`: an old answer will do."""
    if not is_search(panel):
        return None
    pattern = next(patterns[each.id] for each in panel.references if each.id in patterns)
    body = request(panel, pattern.get("timeFieldName"), looked_at)
    told = {"track_total_hits": "true"} | ({} if cached or body["size"] else {"request_cache": "false"})
    begun = time.perf_counter()
    reply = store.call("POST", f"/{pattern['title']}/_search", params=told, body=body, missing={})
    took = (time.perf_counter() - begun) * 1000
    documents = reply.get("hits", {}).get("total", {}).get("value", 0)
    return Answered(panel.id, panel.title, documents, _rows(reply), round(took, 1))


def _rows(reply: Mapping[str, Any]) -> int:
    """Buckets that hold something, of the outermost aggregation that has any; hits; or the one number."""
    aggregations = reply.get("aggregations") or {}
    split = [found["buckets"] for found in aggregations.values() if "buckets" in found]
    if split:
        buckets = split[0].values() if isinstance(split[0], dict) else split[0]
        return sum(1 for bucket in buckets if bucket["doc_count"])
    hits = reply.get("hits", {})
    return len(hits.get("hits", ())) or int(hits.get("total", {}).get("value", 0) > 0)
