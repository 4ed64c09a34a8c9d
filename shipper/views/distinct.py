"""Distinct values counted one by one, where OpenSearch itself estimates them.

Its `cardinality` hashes values: some of a few thousand share a hash, and beyond that it is within a percent or two
(OpenSearch API, "Cardinality"). So the pairs of group and value are walked through; what would take too many
requests stays an estimate, and says so.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any

from shipper.views.leaders import leaders
from shipper.views.question import Answer, Cell, Reply, Row, Rows, Scope, Search, aggregations, buckets

_PAGE = 10_000  # of buckets; OpenSearch allows 65,535 in one reply
_MOST_PAGES = 10

Key = tuple[Cell, ...]
Leaves = Mapping[str, int]
"""Leaf → the column that holds its value."""


class Estimate(int):
    """About so many; a table shows it with a sign."""

    def __format__(self, spec: str) -> str:
        """≈12,345."""
        return f"≈{int(self):{spec}}"


def named(columns: Iterable[str], row: Row) -> dict[str, Any]:
    """A row by its columns; `estimated` names those that were not counted, where there are any."""
    told: dict[str, Any] = dict(zip(columns, row, strict=True))
    estimated = [name for name, cell in told.items() if isinstance(cell, Estimate)]
    return told | ({"estimated": estimated} if estimated else {})


def by_leaders_and(
    dataset: str,
    body: Callable[[Scope], dict[str, Any]],
    rows: Callable[[Mapping[str, Any], Scope], Rows],
    by: Leaves,
    distinct: Leaves,
) -> Callable[[Scope], Answer]:
    """Of the groups that lead, with the columns of `distinct` counted within what `by` says a row is about."""

    def answer(scope: Scope) -> Answer:
        search = Search(dataset, body(scope))
        found = rows((yield from leaders(search)), scope)
        return (yield from counted(found, search, by, distinct))

    return answer


def counted(rows: Rows, search: Search, by: Leaves, distinct: Leaves) -> Generator[Search, Reply, Rows]:
    """The rows, which hold estimates, with what could be counted in their place; of what `search` is about."""
    made = [list(row) for row in rows]
    for leaf, column in distinct.items():
        about = {tuple(row[at] for at in by.values()): int(row[column] or 0) for row in made}
        exact = yield from _exact(search, tuple(by), leaf, about)
        for row in made:
            key = tuple(row[at] for at in by.values())
            row[column] = exact[key] if key in exact else Estimate(about[key])
    return made


def _exact(
    search: Search, by: tuple[str, ...], leaf: str, about: Mapping[Key, int]
) -> Generator[Search, Reply, Mapping[Key, int]]:
    """Those that the requests suffice for, the smallest first."""
    found: Counter[Key] = Counter()
    wanted = _affordable(about)
    after, last = None, None
    for _ in range(_MOST_PAGES if wanted else 0):
        reply = yield Search(search.dataset, _page(search, by, leaf, wanted, after))
        page = buckets(aggregations(reply), "pairs")
        keys = [tuple(bucket["key"][path] for path in by) for bucket in page]
        found.update(key for key in keys if key in wanted)
        after = aggregations(reply).get("pairs", {}).get("after_key")
        if after is None or len(page) < _PAGE:
            return {key: found[key] for key in wanted}
        last = keys[-1]
    # They come in order: all but the last that was met are complete.
    return {key: count for key, count in found.items() if key != last}


def _affordable(about: Mapping[Key, int]) -> set[Key]:
    wanted, pairs = set(), 0
    for key, estimate in sorted(about.items(), key=lambda item: item[1]):
        pairs += estimate
        if pairs > _PAGE * _MOST_PAGES:
            break
        wanted.add(key)
    return wanted


def _page(
    search: Search, by: tuple[str, ...], leaf: str, wanted: set[Key], after: Mapping[str, Any] | None
) -> dict[str, Any]:
    only = [{"terms": {path: sorted({key[at] for key in wanted}, key=str)}} for at, path in enumerate(by)]
    sources = [{path: {"terms": {"field": path}}} for path in (*by, leaf)]
    pages: dict[str, Any] = {"size": _PAGE, "sources": sources} | ({"after": after} if after else {})
    return {
        "query": {"bool": {"filter": [search.body["query"], *only]}},
        "aggs": {"pairs": {"composite": pages}},
    }
