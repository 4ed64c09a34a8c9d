"""Leaders of several partitions, of which each tells of its own only."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from shipper.views.leaders import leaders
from shipper.views.question import Search

ALL = {"match_all": {}}
Key = tuple[int, str]


class Shards:
    """As OpenSearch answers: each shard tells `shard_size` groups, what was told is added up."""

    def __init__(self, *shards: Mapping[Key, int]) -> None:
        self.shards = shards
        self.asked: list[Search] = []

    def answer(self, search: Search) -> dict[str, Any]:
        self.asked.append(search)
        ((name, wanted),) = search.body["aggs"].items()
        terms = wanted["multi_terms"]
        only = self.only(search)
        told: Counter[Key] = Counter()
        for shard in self.shards:
            groups = Counter({key: count for key, count in shard.items() if only is None or key in only})
            told.update(dict(groups.most_common(terms.get("shard_size", int(1.5 * terms["size"]) + 10))))
        most = told.most_common(terms["size"])
        figures = {path: {"value": 0} for path in wanted["aggs"]}
        rows = [
            {"key": list(key), "doc_count": count, **figures, **({"bytes": {"value": count}} if figures else {})}
            for key, count in most
        ]
        return {"aggregations": {name: {"buckets": rows}}}

    def only(self, search: Search) -> set[Sequence[object]] | None:
        if search.body["query"] == ALL:
            return None
        should = search.body["query"]["bool"]["filter"][1]["bool"]["should"]
        return {tuple(next(iter(each["term"].values())) for each in one["bool"]["filter"]) for one in should}


def told(store: Shards, size: int, order: Mapping[str, Any] | None = None) -> list[tuple[Key, int]]:
    terms = {"terms": [{"field": "server.port"}, {"field": "network.transport"}], "size": size, **(order or {})}
    aggs = {"clients": {"cardinality": {"field": "client.ip"}}, "bytes": {"sum": {"field": "source.bytes"}}}
    asking = leaders(Search("aws.vpcflow", {"query": ALL, "aggs": {"ports": {"multi_terms": terms, "aggs": aggs}}}))
    search = next(asking)
    while True:
        try:
            search = asking.send(store.answer(search))
        except StopIteration as done:
            return [(tuple(bucket["key"]), bucket["doc_count"]) for bucket in done.value["ports"]["buckets"]]


def beside(port: int, count: int, others: int) -> dict[Key, int]:
    return {(port, "tcp"): count} | {(others + number, "tcp"): count + 1 + number for number in range(40)}


def test_what_is_second_everywhere_leads():
    store = Shards(beside(445, 10, 1000), beside(445, 10, 2000), beside(445, 50, 3000))
    assert told(store, 1) == [((3039, "tcp"), 90)]
    store = Shards(beside(445, 60, 1000), beside(445, 60, 2000))
    assert told(store, 2) == [((445, "tcp"), 120), ((1039, "tcp"), 100)]


def test_figures_that_take_memory_are_asked_of_the_leaders_only():
    store = Shards(beside(445, 60, 1000))
    told(store, 2, {"order": {"bytes": "desc"}})
    first, second = (search.body["aggs"]["ports"] for search in store.asked)
    assert set(first["aggs"]) == {"bytes"}
    assert set(second["aggs"]) == {"clients", "bytes"}
    assert store.only(store.asked[1]) == {(1039, "tcp"), (1038, "tcp")}


def test_many_leaders_are_asked_for_in_turns_and_stand_in_their_order():
    store = Shards({(port, "udp"): port for port in range(1, 700)})
    assert told(store, 500) == [((port, "udp"), port) for port in range(699, 199, -1)]
    assert len(store.asked) == 4


def test_nothing_is_asked_of_nobody():
    store = Shards({})
    assert told(store, 5) == []
    assert len(store.asked) == 1
