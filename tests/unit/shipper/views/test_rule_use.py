"""Requests by page, and the rules they use: each counted once, wherever a page ends."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from access_samples import AWAY, ENI, HOME, interface, network, rule
from shipper.access.use import RuleTally
from shipper.views.question import Scope, Search
from shipper.views.rule_use import Requests, requests

SCOPE = Scope(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC), 0)


def bucket(source: str, destination: str, client: str, flow_log: str | None, count: int) -> dict[str, Any]:
    key = {
        "aws.vpcflow.interface_id": ENI, "source.ip": source, "destination.ip": destination, "client.ip": client,
        "network.iana_number": "6", "server.port": 443, "aws.vpcflow.flow_log_id": flow_log,
    }  # fmt: skip
    return {"key": key, "doc_count": count, "last": {"value": 1000.0 * count}}


BUCKETS = [
    bucket(HOME, AWAY, AWAY, "fl-1", 7),  # answers
    bucket(AWAY, HOME, AWAY, "fl-1", 4),
    bucket(AWAY, HOME, AWAY, "fl-2", 5),  # the same traffic, by another flow log
    bucket("203.0.113.9", HOME, "203.0.113.9", None, 2),
]


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_requests_are_counted_once_wherever_a_page_ends(size: int) -> None:
    def page(search: Search) -> Mapping[str, Any]:
        after = search.body["aggs"]["asked"]["composite"].get("after")
        begin = 0 if after is None else next(at for at, each in enumerate(BUCKETS) if each["key"] == after) + 1
        here = BUCKETS[begin : begin + size]
        return {"aggregations": {"asked": {"buckets": here} | ({"after_key": here[-1]["key"]} if here else {})}}

    found: list[Requests] = []
    searches = requests(SCOPE, [ENI], found.append)
    search = next(searches)
    with suppress(StopIteration):
        while True:
            search = searches.send(page(search))
    assert [(each.ends, each.records, each.last_ms) for each in found] == [
        ((AWAY, HOME), 5, 5000.0),
        (("203.0.113.9", HOME), 2, 2000.0),
    ]


def tally(*rules: dict[str, Any], groups: tuple[str, ...] = ("sg-1", "sg-2")) -> RuleTally:
    return RuleTally(network(*rules, interfaces=[interface(groups=groups)]), frozenset())


def uses(found: RuleTally) -> dict[str, tuple[int, int, int]]:
    return {each.says: (each.use.records, each.use.alone, each.use.perhaps) for each in found.rows()}


def test_a_record_counts_for_every_rule_that_lets_it_through() -> None:
    found = tally(rule("tcp 443"), rule("tcp 443", f"{AWAY}/32", group="sg-2"), rule("tcp 22"))
    found.add(ENI, (AWAY, HOME), (6, 443), 3, 0)
    found.add(ENI, ("203.0.113.9", HOME), (6, 443), 2, 0)
    assert uses(found) == {
        "allow tcp 443 from 0.0.0.0/0": (5, 2, 0),
        "allow tcp 443 from 198.51.100.7/32": (3, 0, 0),
        "allow tcp 22 from 0.0.0.0/0": (0, 0, 0),
    }


def test_what_goes_out_uses_outbound_rules() -> None:
    found = tally(rule("tcp 443"), rule("-1", egress=True))
    found.add(ENI, (HOME, AWAY), (6, 443), 1, 0)
    assert uses(found) == {"allow any protocol to 0.0.0.0/0": (1, 1, 0), "allow tcp 443 from 0.0.0.0/0": (0, 0, 0)}


def test_a_rule_that_only_may_fit_is_not_called_unused() -> None:
    found = tally(rule("icmp 8-0"))
    found.add(ENI, (AWAY, HOME), (1, None), 4, 0)
    assert uses(found) == {"allow icmp type 8 code 0 from 0.0.0.0/0": (0, 0, 4)}


def test_what_fits_no_rule_is_told_but_not_the_answer_to_a_ping() -> None:
    found = tally(rule("icmp", egress=True))
    found.add(ENI, (AWAY, HOME), (1, None), 4, 0)
    assert found.unexplained == 0
    found.add(ENI, (AWAY, HOME), (6, 443), 2, 0)
    assert found.unexplained == 2
