"""Leaders by bytes counted once: how many candidates are looked at before the answer is sure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shipper.views.counted_once import leaders
from shipper.views.question import Scope, Search

SCOPE = Scope(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC), 1)
# A source's bytes at each interface, to one destination. The first ten are recorded at both ends.
SENT: Mapping[str, Mapping[str, int]] = {
    **{f"10.0.0.{number}": {"eni-a": 60, "eni-b": 60 - number % 2} for number in range(10)},
    "10.0.0.90": {"eni-a": 100},
    "10.0.0.91": {"eni-a": 70},
}


def store(search: Search) -> Mapping[str, Any]:
    """Answers as OpenSearch does, one page of pairs being three buckets."""
    aggregation = search.body["aggs"]
    if "groups" in aggregation:
        sums = sorted(((sum(at.values()), source) for source, at in SENT.items()), reverse=True)
        size = aggregation["groups"]["terms"]["size"]
        return groups([{"key": source, "bytes": {"value": float(total)}} for total, source in sums[:size]])
    wanted = search.body["query"]["bool"]["filter"][-1]["terms"]["source.ip"]
    pairs = [pair(source, interface) for source in sorted(wanted) for interface in sorted(SENT[source])]
    after = aggregation["pairs"]["composite"].get("after")
    rest = [each for each in pairs if after is None or tuple(each["key"].values()) > tuple(after.values())][:3]
    return {"aggregations": {"pairs": {"buckets": rest} | ({"after_key": rest[-1]["key"]} if rest else {})}}


def groups(found: list[dict[str, Any]]) -> Mapping[str, Any]:
    return {"aggregations": {"groups": {"buckets": found}}}


def pair(source: str, interface: str) -> dict[str, Any]:
    key = {"source.ip": source, "destination.ip": "10.9.9.9", "aws.vpcflow.interface_id": interface}
    return {"key": key, "bytes": {"value": float(SENT[source][interface])}, "packets": {"value": 2.0}}


def told(answer_from: Any = store) -> tuple[list[Search], Any]:
    answer = leaders(("source.ip",), lambda key, sent: [*key, sent.bytes, sent.packets, sent.seen_at])(SCOPE)
    asked = [next(answer)]
    while True:
        try:
            asked.append(answer.send(answer_from(asked[-1])))
        except StopIteration as done:
            return asked, done.value


def test_one_recorded_at_one_end_leads_though_ten_have_greater_plain_sums():
    asked, rows = told()
    assert rows == [["10.0.0.90", 100, 2, "eni-a"]]
    assert [search.body["aggs"]["groups"]["terms"]["size"] for search in asked if "groups" in search.body["aggs"]] == [
        5,
        25,
    ]


def test_it_stops_when_no_other_can_lead(monkeypatch):
    monkeypatch.setitem(SENT, "10.0.0.90", {"eni-a": 500})
    asked, rows = told()
    assert rows == [["10.0.0.90", 500, 2, "eni-a"]]
    assert sum("groups" in search.body["aggs"] for search in asked) == 1


def test_nothing_there_is_no_row():
    asked, rows = told(lambda _: {"aggregations": {"groups": {"buckets": []}}})
    assert (len(asked), rows) == (1, [])
    assert told(lambda _: {})[1] == []
