"""External addresses that were never seen before."""

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from shipper.views.distinct import counted
from shipper.views.filters import ACCEPTED
from shipper.views.networks import private
from shipper.views.question import Answer, Question, Reply, Scope, Search, aggregations, buckets
from shipper.views.texts import when_ms

_PAGE = 1000
_FIGURES = {
    "first": {"min": {"field": "@timestamp"}},
    "accepted": {"filter": ACCEPTED},
    "hosts": {"cardinality": {"field": "destination.ip"}},
    "bytes": {"sum": {"field": "source.bytes"}},
}


def _answer(scope: Scope) -> Answer:
    new: list[Mapping[str, Any]] = []
    after = None
    while True:
        found = aggregations((yield Search("aws.vpcflow", _present(scope, after))))
        page = buckets(found, "sources")
        known = yield from _known(scope, [bucket["key"]["source"] for bucket in page])
        new.extend(bucket for bucket in page if bucket["key"]["source"] not in known)
        after = found.get("sources", {}).get("after_key")
        if after is None:
            break
    rows = sorted(new, key=lambda bucket: (-bucket["first"]["value"], bucket["key"]["source"]))[: scope.limit]
    told = [
        [
            when_ms(bucket["first"]["value"]),
            bucket["key"]["source"],
            bucket["hosts"]["value"],
            bucket["accepted"]["doc_count"],
            bucket["doc_count"] - bucket["accepted"]["doc_count"],
            int(bucket["bytes"]["value"]),
        ]
        for bucket in rows
    ]
    return (
        yield from counted(told, Search("aws.vpcflow", _present(scope, None)), {"source.ip": 1}, {"destination.ip": 2})
    )


def _present(scope: Scope, after: Mapping[str, Any] | None) -> dict[str, Any]:
    """Everyone outside who sent anything in this time, a page of them."""
    page = {"size": _PAGE, "sources": [{"source": {"terms": {"field": "source.ip"}}}]}
    return {
        "query": scope.query({"exists": {"field": "source.ip"}}, without=[private("source.ip")]),
        "aggs": {"sources": {"composite": page | ({"after": after} if after else {}), "aggs": _FIGURES}},
    }


def _known(scope: Scope, addresses: Sequence[str]) -> Generator[Search, Reply, set[str]]:
    """Those of the addresses that sent anything before this time."""
    if not addresses:
        return set()
    before = {"range": {"@timestamp": {"lt": scope.since.isoformat()}}}
    wanted = [before, {"terms": {"source.ip": list(addresses)}}, *scope.clauses]
    body = {
        "query": {"bool": {"filter": wanted}},
        "aggs": {"sources": {"terms": {"field": "source.ip", "size": len(addresses)}}},
    }
    return {bucket["key"] for bucket in buckets(aggregations((yield Search("aws.vpcflow", body))), "sources")}


QUESTION = Question(
    title="External talkers seen for the first time",
    rule="Addresses that are not private, sent something in this time and nothing before it, in all records that are "
    "stored. The newest come first; records between two recorded interfaces count at both.",
    columns={
        "first (UTC)": "left",
        "source": "left",
        "hosts": "number",
        "accepted": "number",
        "refused": "number",
        "bytes": "number",
    },
    answer=_answer,
)
