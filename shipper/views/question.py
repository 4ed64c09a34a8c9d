"""A ready-made question: what it asks the store, and how the answer reads. Pure but for `ask`."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from shipper.opensearch.client import Store, segment
from shipper.views.filters import FLOW_FILTERS, Clause

Found = TypeVar("Found")

Cell = str | int | None
Row = Sequence[Cell]
Rows = Sequence[Row]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a question is about: records whose `@timestamp` is in [since, until) and that meet all clauses; at most so
    many rows.
    """

    since: datetime
    until: datetime
    limit: int
    clauses: tuple[Clause, ...] = ()

    @property
    def during(self) -> Clause:
        """The time alone."""
        return {"range": {"@timestamp": {"gte": self.since.isoformat(), "lt": self.until.isoformat()}}}

    def query(self, *more: Clause, without: Sequence[Clause] = ()) -> dict[str, Any]:
        """Time, clauses and what the question itself wants (and does not), as a query."""
        return {"bool": {"filter": [self.during, *self.clauses, *more], "must_not": list(without)}}


@dataclass(frozen=True, slots=True)
class Search:
    """One search over all partitions of a dataset. Without `size` in its body it gives no hits."""

    dataset: str
    body: Mapping[str, Any]


Reply = Mapping[str, Any]

Answer = Generator[Search, Reply, Rows]
"""Yields searches one after the other, is sent each one's reply (OpenSearch API, "Search"), returns the rows."""


@dataclass(frozen=True, slots=True)
class Question:
    """`columns` maps headings to "left", "right" or "number"; `rule` says how traffic is counted, in a sentence.

    `dataset` is the one that its time and its filters are about; `filters` says which of them it takes.
    """

    title: str
    rule: str
    columns: Mapping[str, str]
    answer: Callable[[Scope], Answer]
    dataset: str = "aws.vpcflow"
    filters: frozenset[str] = FLOW_FILTERS


def by_one_search(
    dataset: str,
    body: Callable[[Scope], dict[str, Any]],
    rows: Callable[[Mapping[str, Any], Scope], Rows],
) -> Callable[[Scope], Answer]:
    """An answer that one search gives: `rows` reads its aggregations, empty where there is no partition yet."""

    def answer(scope: Scope) -> Answer:
        reply = yield Search(dataset, body(scope))
        return rows(aggregations(reply), scope)

    return answer


def aggregations(reply: Reply) -> Mapping[str, Any]:
    """By name; none where there is no partition yet."""
    found: Mapping[str, Any] = reply.get("aggregations") or {}
    return found


def hits(reply: Reply) -> Sequence[Mapping[str, Any]]:
    """The documents of a reply; none where there is no partition yet."""
    found: Sequence[Mapping[str, Any]] = (reply.get("hits") or {}).get("hits", ())
    return found


def buckets(found: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    """Of an aggregation among others; none where there is no partition yet."""
    here: Sequence[Mapping[str, Any]] = found.get(name, {}).get("buckets", ())
    return here


def ask(store: Store, prefix: str, question: Question, scope: Scope) -> Rows:
    """The answer's rows; none where there is no partition yet. Raises Unavailable or Refused."""
    return run(store, prefix, question.answer(scope))


def run(store: Store, prefix: str, searches: Generator[Search, Reply, Found]) -> Found:
    """Sends each search that is yielded; what the generator returns. Raises Unavailable or Refused."""
    reply: Reply | None = None
    while True:
        try:
            search = searches.send(reply) if reply is not None else next(searches)
        except StopIteration as done:
            found: Found = done.value
            return found
        reply = _reply(store, prefix, search)


def newest(store: Store, prefix: str, question: Question, clauses: tuple[Clause, ...]) -> datetime | None:
    """`@timestamp` of the newest record that meets the clauses; None where there is none."""
    every = {"bool": {"filter": list(clauses)}}
    wanted = {"size": 1, "sort": [{"@timestamp": "desc"}], "_source": ["@timestamp"], "query": every}
    found = hits(_reply(store, prefix, Search(question.dataset, wanted)))
    return datetime.fromisoformat(found[0]["_source"]["@timestamp"]) if found else None


def _reply(store: Store, prefix: str, search: Search) -> Reply:
    path = f"/{segment(prefix)}-{search.dataset}-*/_search"
    reply: Reply = store.call("POST", path, body={"size": 0, **search.body})
    return reply
