"""A ready-made question: what it asks the store, and how the answer reads. Pure but for `ask`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shipper.opensearch.client import Store, segment

Cell = str | int | None


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
class Question:
    """`columns` maps headings to "left", "right" or "number"; `rule` says how traffic is counted, in a sentence."""

    title: str
    rule: str
    dataset: str
    columns: Mapping[str, str]
    body: Callable[[Scope], dict[str, Any]]
    rows: Callable[[Mapping[str, Any], Scope], Sequence[Sequence[Cell]]]


def ask(store: Store, prefix: str, question: Question, scope: Scope) -> Sequence[Sequence[Cell]]:
    """The answer's rows; none where there is no partition yet. Raises Unavailable or Refused."""
    path = f"/{segment(prefix)}-{question.dataset}-*/_search"
    reply = store.call("POST", path, params={"size": "0"}, body=question.body(scope))
    return question.rows(reply.get("aggregations") or {}, scope)
