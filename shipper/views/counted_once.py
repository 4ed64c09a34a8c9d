"""Bytes and packets counted once, though both ends' interfaces record the same traffic.

Each direction of a pair of addresses counts at the one interface that saw most of it. A group (a source, a source and
a port …) is the sum over its pairs. Which groups lead is found without looking at all of them: a group's plain sum is
never less than what counts, so groups are counted in the order of their plain sums until no other can be among the
leaders.
"""

from collections import defaultdict
from collections.abc import Callable, Generator, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from shipper.views.filters import ACCEPTED
from shipper.views.leaders import of_each
from shipper.views.question import Answer, Reply, Scope, Search, aggregations, buckets

RULE = (
    "Both ends record the same traffic: what goes from one address to another counts at the one interface that saw "
    "most of it."
)
DATASET = "aws.vpcflow"
PAIR = ("source.ip", "destination.ip")
_INTERFACE = "aws.vpcflow.interface_id"
_COUNTERS = {"bytes": {"sum": {"field": "source.bytes"}}, "packets": {"sum": {"field": "source.packets"}}}

_PAGE = 10_000  # of buckets; OpenSearch allows 65,535 in one reply
_FIRST, _MORE, _MOST = 5, 5, 10_000  # candidates: times the limit, then times as many each time, at most

Key = tuple[str | int, ...]


class Counted(NamedTuple):
    """What a group sent. `seen_at`: the interface of its greatest pair."""

    bytes: int
    packets: int
    seen_at: str


def leaders(group: Sequence[str], rows: Callable[[Key, Counted], list[Any]]) -> Callable[[Scope], Answer]:
    """An answer: the groups that sent most accepted bytes. `group` are the leaves that make a group."""

    def answer(scope: Scope) -> Answer:
        found = yield from _leaders(scope, tuple(group))
        return [rows(key, counted) for key, counted in found]

    return answer


def _leaders(scope: Scope, group: tuple[str, ...]) -> Generator[Search, Reply, list[tuple[Key, Counted]]]:
    counted: dict[Key, Counted] = {}
    wanted = min(scope.limit * _FIRST, _MOST)
    while True:
        reply = yield Search(DATASET, {"query": scope.query(ACCEPTED), "aggs": {"groups": _candidates(group, wanted)}})
        candidates = buckets(aggregations(reply), "groups")
        new = [_key(bucket) for bucket in candidates if _key(bucket) not in counted]
        counted |= yield from _count(scope, group, new)
        best = sorted(counted.items(), key=lambda item: (-item[1].bytes, str(item[0])))[: scope.limit]
        surely_all = len(candidates) < wanted or wanted == _MOST
        if surely_all or best[-1][1].bytes >= candidates[-1]["bytes"]["value"]:
            return best
        wanted = min(wanted * _MORE, _MOST)


def _candidates(group: tuple[str, ...], size: int) -> dict[str, Any]:
    """By plain sums, the greatest first."""
    common = {"size": size, "shard_size": of_each(size), "order": {"bytes": "desc"}}
    way: dict[str, Any] = (
        {"terms": {"field": group[0], **common}}
        if len(group) == 1
        else {"multi_terms": {"terms": [{"field": path} for path in group], **common}}
    )
    return {**way, "aggs": {"bytes": _COUNTERS["bytes"]}}


def _key(bucket: Mapping[str, Any]) -> Key:
    key = bucket["key"]
    return tuple(key) if isinstance(key, list) else (key,)


def _count(
    scope: Scope, group: tuple[str, ...], keys: Sequence[Key]
) -> Generator[Search, Reply, Mapping[Key, Counted]]:
    """Page by page: each pair of a candidate at each interface."""
    leaves = tuple(dict.fromkeys((*group, *PAIR)))
    seen: dict[Key, dict[Key, Counted]] = defaultdict(dict)
    if not keys:
        return {}
    only = [{"terms": {path: sorted({key[at] for key in keys}, key=str)}} for at, path in enumerate(group)]
    wanted, after = set(keys), None
    while True:
        pages: dict[str, Any] = {"size": _PAGE, "sources": _sources(leaves)} | ({"after": after} if after else {})
        body = {
            "query": scope.query(ACCEPTED, *only),
            "aggs": {"pairs": {"composite": pages, "aggs": _COUNTERS}},
        }
        found = aggregations((yield Search(DATASET, body)))
        for bucket in buckets(found, "pairs"):
            pair = tuple(bucket["key"][path] for path in leaves)
            key = pair[: len(group)]
            here = Counted(_whole(bucket, "bytes"), _whole(bucket, "packets"), bucket["key"][_INTERFACE] or "")
            if key in wanted:
                seen[key][pair] = max(seen[key].get(pair, here), here, key=itemgetter(0, 1))
        after = found.get("pairs", {}).get("after_key")
        if after is None:
            return {key: _together(list(pairs.values())) for key, pairs in seen.items()}


def _sources(leaves: Sequence[str]) -> list[dict[str, Any]]:
    return [
        *({path: {"terms": {"field": path}}} for path in leaves),
        {_INTERFACE: {"terms": {"field": _INTERFACE, "missing_bucket": True}}},
    ]


def _whole(bucket: Mapping[str, Any], name: str) -> int:
    return int(bucket[name]["value"])


def _together(pairs: Sequence[Counted]) -> Counted:
    greatest = max(pairs, key=itemgetter(0, 1))
    return Counted(sum(pair.bytes for pair in pairs), sum(pair.packets for pair in pairs), greatest.seen_at)
