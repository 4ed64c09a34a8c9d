"""The alerts question: what it asks in which order, and how the answers become rows."""

from datetime import UTC, datetime

import pytest

from shipper.views.queries.alerts import QUESTION as ALERTS
from shipper.views.question import Scope

SCOPE = Scope(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC), 5)
ALERT = {
    "@timestamp": "2026-11-20T14:00:04.345Z",
    "event": {"start": "2026-11-20T14:00:00.247Z"},
    "rule": {"id": "9000011", "name": "FTP password"},
    "client": {"ip": "192.0.2.10"},
    "server": {"ip": "10.20.1.40", "port": 21},
    "network": {"community_id": "1:abc"},
    "suricata": {"eve": {"flow_id": "77"}},
}
ENDED = {"suricata": {"eve": {"flow_id": "77"}}, "event": {"end": "2026-11-20T14:01:21.110Z"}}


def hits(*sources):
    return {"hits": {"hits": [{"_source": source} for source in sources]}}


def way(interface, source, action, records, packets, size):
    return {
        "key": [interface, source, action],
        "doc_count": records,
        "packets": {"value": float(packets)},
        "bytes": {"value": float(size)},
    }


def records(**by_alert):
    return {
        "aggregations": {"alerts": {"buckets": {key: {"ways": {"buckets": ways}} for key, ways in by_alert.items()}}}
    }


def told(*replies):
    """What is asked, and the rows in the end."""
    answer = ALERTS.answer(SCOPE)
    asked = [next(answer), *map(answer.send, replies[:-1])]
    with pytest.raises(StopIteration) as done:
        answer.send(replies[-1])
    return asked, [dict(zip(ALERTS.columns, row, strict=True)) for row in done.value.value]


def test_a_row_for_each_interface_and_way_the_request_first():
    ways = [way("eni-1", "10.20.1.40", "accept", 2, 50, 3778), way("eni-1", "192.0.2.10", "accept", 2, 62, 3496)]
    asked, rows = told(hits(ALERT), hits(ENDED), records(**{"0": ways}))
    assert [search.dataset for search in asked] == ["suricata.alert", "suricata.flow", "aws.vpcflow"]
    assert [(row["seen at"], row["sent by"], row["records"], row["packets"], row["bytes"]) for row in rows] == [
        ("eni-1", "client", 2, 62, 3496),
        ("eni-1", "server", 2, 50, 3778),
    ]
    assert {(row["time (UTC)"], row["alert"], row["client"], row["server"], row["action"]) for row in rows} == {
        ("2026-11-20 14:00:04", "FTP password", "192.0.2.10", "10.20.1.40:21", "accept")
    }


def test_ipv6_addresses_that_suricata_spells_out_are_those_of_the_flow_logs():
    ends = {"client": {"ip": "2001:0db8:0000:0000:0000:0000:0000:0001"}, "server": {"ip": "2001:0db8::2", "port": 21}}
    ways = [way("eni-1", "2001:db8::2", "accept", 1, 1, 80), way("eni-1", "2001:db8::1", "accept", 1, 1, 60)]
    _, rows = told(hits(ALERT | ends), hits(ENDED), records(**{"0": ways}))
    assert [row["sent by"] for row in rows] == ["client", "server"]
    assert {(row["client"], row["server"]) for row in rows} == {("2001:db8::1", "[2001:db8::2]:21")}


def overlap(search):
    clauses = search.body["aggs"]["alerts"]["filters"]["filters"]["0"]["bool"]["filter"]
    return {key: edge for clause in clauses[1:] for key, edge in clause["range"].items()}


@pytest.mark.parametrize(
    ("flows", "last"), [([ENDED], "2026-11-20T14:01:21.110Z"), ([], "2026-11-20T14:00:04.345Z")], ids=["ended", "runs"]
)
def test_records_overlap_the_connection_to_its_end_or_else_to_the_alert(flows, last):
    asked, _ = told(hits(ALERT), hits(*flows), records())
    assert overlap(asked[2]) == {"event.start": {"lte": last}, "event.end": {"gte": "2026-11-20T14:00:00Z"}}


def test_an_alert_that_no_flow_log_knows_is_shown():
    _, (row,) = told(hits(ALERT), hits(), records(**{"0": []}))
    assert (row["alert"], row["mirrored at"], row["seen at"], row["records"]) == ("FTP password", None, None, 0)


@pytest.mark.parametrize(
    ("mirror", "said"),
    [
        ({"vni": 7, "instance_id": "i-1", "eni": "eni-1", "session_id": "tms-1"}, "i-1 tms-1"),
        ({"vni": 7, "eni": "eni-1"}, "eni-1"),
        ({"vni": 7}, "VNI 7"),
    ],
)
def test_a_mirrored_one_says_whose_packet_it_was(mirror, said):
    asked, (row,) = told(hits(ALERT | {"flowtap": {"mirror": mirror}}), hits(), records(**{"0": []}))
    assert row["mirrored at"] == said
    assert "flowtap.mirror" in asked[0].body["_source"]


def test_one_without_addresses_asks_for_no_flow_logs():
    asked, (row,) = told(hits({"@timestamp": "2026-11-20T14:00:04Z", "rule": {"name": "odd packet"}}))
    assert len(asked) == 1
    assert (row["alert"], row["client"], row["server"], row["records"]) == ("odd packet", None, None, 0)


def test_nothing_found_asks_nothing_more():
    asked, rows = told({"hits": {"hits": []}})
    assert (len(asked), rows) == (1, [])
    assert asked[0].body["size"] == SCOPE.limit
