"""A ready-made question: what it asks the store, and how the answer reads. Pure but for `ask`."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shipper.opensearch.client import Store, segment

Cell = str | int | None
Rows = Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a question is about: records whose `@timestamp` is in [since, until), and at most so many rows."""

    since: datetime
    until: datetime
    limit: int

    @property
    def during(self) -> dict[str, Any]:
        """As a filter clause."""
        return {"range": {"@timestamp": {"gte": self.since.isoformat(), "lt": self.until.isoformat()}}}


@dataclass(frozen=True, slots=True)
class Search:
    """One search over all partitions of a dataset. Without `size` in its body it gives no hits."""

    dataset: str
    body: Mapping[str, Any]


Answer = Generator[Search, Mapping[str, Any], Rows]
"""Yields searches one after the other, is sent each one's reply (OpenSearch API, "Search"), returns the rows."""


@dataclass(frozen=True, slots=True)
class Question:
    """`columns` maps headings to "left", "right" or "number"; `rule` says how traffic is counted, in a sentence."""

    title: str
    rule: str
    columns: Mapping[str, str]
    answer: Callable[[Scope], Answer]


def by_one_search(
    dataset: str,
    body: Callable[[Scope], dict[str, Any]],
    rows: Callable[[Mapping[str, Any], Scope], Rows],
) -> Callable[[Scope], Answer]:
    """An answer that one search gives: `rows` reads its aggregations, empty where there is no partition yet."""

    def answer(scope: Scope) -> Answer:
        reply = yield Search(dataset, body(scope))
        return rows(reply.get("aggregations") or {}, scope)

    return answer


def ask(store: Store, prefix: str, question: Question, scope: Scope) -> Rows:
    """The answer's rows; none where there is no partition yet. Raises Unavailable or Refused."""
    answer = question.answer(scope)
    search = next(answer)
    while True:
        path = f"/{segment(prefix)}-{search.dataset}-*/_search"
        reply = store.call("POST", path, body={"size": 0, **search.body})
        try:
            search = answer.send(reply)
        except StopIteration as done:
            rows: Rows = done.value
            return rows
