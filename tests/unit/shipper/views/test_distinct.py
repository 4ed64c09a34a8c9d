"""Distinct values counted one by one: over pages, and what stays an estimate."""

from collections.abc import Mapping

import orjson

from shipper.views.distinct import Estimate, counted, named
from shipper.views.question import Rows, Search

ABOUT = Search("aws.vpcflow", {"query": {"match_all": {}}})
BY = {"server.port": 0, "network.transport": 1}


def told(values: Mapping[tuple[int, str], int], rows: Rows) -> tuple[list[Search], Rows]:
    """The answer of a store that holds so many values for each group, as OpenSearch gives it, page by page."""
    answer = counted(rows, ABOUT, BY, {"client.ip": 2})
    asked: list[Search] = []
    try:
        asked.append(next(answer))
        ports, transports = (set(*each["terms"].values()) for each in asked[0].body["query"]["bool"]["filter"][1:])
        meant = [
            {"key": {"server.port": port, "network.transport": transport, "client.ip": number}}
            for (port, transport), count in sorted(values.items())
            for number in range(count if port in ports and transport in transports else 0)
        ]
        given = 0
        while True:
            composite = asked[-1].body["aggs"]["pairs"]["composite"]
            assert composite.get("after") == (meant[given - 1]["key"] if given else None)
            page = meant[given : given + composite["size"]]
            given += len(page)
            found = {"buckets": page} | ({"after_key": page[-1]["key"]} if page else {})
            asked.append(answer.send({"aggregations": {"pairs": found}}))
    except StopIteration as done:
        return asked, done.value


def test_an_estimate_gives_way_to_what_was_counted_over_pages():
    asked, rows = told({(22, "tcp"): 120, (53, "udp"): 24_999}, [[53, "udp", 24_712], [22, "tcp", 118]])
    assert rows == [[53, "udp", 24_999], [22, "tcp", 120]]
    assert not any(isinstance(row[2], Estimate) for row in rows)
    assert len(asked) == 3


def test_groups_that_only_share_parts_of_their_key_are_not_counted():
    _, rows = told({(53, "tcp"): 7, (53, "udp"): 3, (22, "tcp"): 5}, [[53, "udp", 3], [22, "tcp", 5]])
    assert rows == [[53, "udp", 3], [22, "tcp", 5]]


def test_what_takes_too_many_requests_stays_an_estimate_and_the_others_are_counted():
    _, rows = told({(22, "tcp"): 120, (53, "udp"): 100_001}, [[53, "udp", 101_118], [22, "tcp", 118]])
    assert rows == [[53, "udp", 101_118], [22, "tcp", 120]]
    assert [isinstance(row[2], Estimate) for row in rows] == [True, False]
    assert f"{rows[0][2]:,}" == "≈101,118"
    known = [named(("port", "protocol", "clients"), row) for row in rows]
    assert orjson.loads(orjson.dumps(known)) == [
        {"port": 53, "protocol": "udp", "clients": 101_118, "estimated": ["clients"]},
        {"port": 22, "protocol": "tcp", "clients": 120},
    ]


def test_pages_that_run_out_in_the_middle_of_a_group_leave_it_an_estimate():
    """By others whose keys share parts with those that are wanted."""
    values = {(22, "icmp"): 20, (22, "tcp"): 99_970, (22, "udp"): 30, (53, "tcp"): 5}
    _, rows = told(values, [[22, "icmp", 19], [22, "udp", 29], [53, "tcp", 4]])
    assert rows == [[22, "icmp", 20], [22, "udp", 29], [53, "tcp", 4]]
    assert [isinstance(row[2], Estimate) for row in rows] == [False, True, True]


def test_nothing_is_asked_where_there_is_nothing():
    assert told({}, []) == ([], [])
