"""Templates, partitions and retention on real servers: what OpenSearch itself makes of them."""

import contextlib
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from shipper.errors import Refused
from shipper.opensearch import retention, schema
from shipper.opensearch.client import NDJSON, Connection, Store, connect
from shipper.opensearch.desired import Schema, component_name, datasets, desired, template_name
from shipper.opensearch.partitions import TOO_MANY_NEW, Partitions
from shipper.opensearch.store_state import read_actual, read_shards
from shipper.partition import Unit

TODAY = date(2026, 1, 15)
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
LARGE = 2**53 + 1
GOLDEN = Path(__file__).parents[1] / "golden" / "flow_log"


@pytest.fixture(params=["opensearch3", "opensearch2"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    server = request.getfixturevalue(request.param)
    made = connect(Connection(server.url, server.username, server.password, server.ca_file))
    yield made
    made.close()


@pytest.fixture
def prefix(store: Store) -> Iterator[str]:
    name = "t" + uuid.uuid4().hex[:10]
    yield name
    unset = {"cluster.max_shards_per_node": None, "action.auto_create_index": None}
    store.call("PUT", "/_cluster/settings", body={"persistent": unset})
    for index in store.call("GET", f"/{name}-*/_settings", params={"expand_wildcards": "all"}, missing={}):
        store.call("DELETE", f"/{index}")
    store.call("DELETE", f"/_index_template/{name}-*")
    store.call("DELETE", f"/_component_template/{name}-*")


def plan(store: Store, wanted: Schema, *, force: bool = False) -> schema.Plan:
    return schema.plan(wanted, read_actual(store, wanted.prefix), today=TODAY, force=force)


def apply(store: Store, wanted: Schema, *, force: bool = False) -> list[schema.Change]:
    done: list[schema.Change] = []
    schema.apply(store, plan(store, wanted, force=force), done.append)
    return done


def put(store: Store, index: str, documents: list[dict[str, Any]]) -> None:
    lines = [line for n, document in enumerate(documents) for line in ({"create": {"_id": f"{n}"}}, document)]
    body = "".join(json.dumps(line) + "\n" for line in lines).encode()
    reply = store.request("POST", f"/{index}/_bulk", params={"refresh": "true"}, body=body, content_type=NDJSON)
    assert [item["create"]["status"] for item in reply.json()["items"]] == [201] * len(documents), reply.body


def search(store: Store, index: str, **body: Any) -> Any:
    return store.call("POST", f"/{index}/_search", body=body)


def test_who_answers(store: Store) -> None:
    info = store.info()
    assert info.distribution == "opensearch"
    assert (2, 19, 0) <= info.version < (4, 0, 0)
    assert info.cluster_uuid


def test_applied_twice_the_second_time_changes_nothing(store: Store, prefix: str) -> None:
    wanted = desired(prefix)
    assert len(apply(store, wanted)) == len(wanted.components) + len(wanted.indices) + 1, "and the setting"
    assert plan(store, wanted) == schema.Plan(())


@pytest.mark.parametrize("replicas", [0, 1])
def test_a_change_of_settings_is_planned_once(store: Store, prefix: str, replicas: int) -> None:
    apply(store, desired(prefix))
    wanted = desired(prefix, replicas=replicas)
    assert [change.path for change in apply(store, wanted) if isinstance(change, schema.PutTemplate)] == [
        f"/_component_template/{component_name(prefix, 'settings')}"
    ]
    assert plan(store, wanted) == schema.Plan(())


def test_what_someone_edited_is_shown_and_mended(store: Store, prefix: str) -> None:
    wanted = desired(prefix)
    apply(store, wanted)
    name = template_name(prefix, "aws.vpcflow")
    body = store.call("GET", f"/_index_template/{name}")["index_templates"][0]["index_template"]
    store.call("PUT", f"/_index_template/{name}", body=body | {"priority": 150})
    (change,) = plan(store, wanted).changes
    assert isinstance(change, schema.PutTemplate)
    assert change.why == "was edited on the server: priority"
    apply(store, wanted)
    assert plan(store, wanted) == schema.Plan(())


def test_a_foreign_template_of_our_name_stays_unless_forced(store: Store, prefix: str) -> None:
    name = template_name(prefix, "pipeline")
    store.call("PUT", f"/_index_template/{name}", body={"index_patterns": [f"{name}-mine"], "priority": 7})
    (obstacle,) = plan(store, desired(prefix)).obstacles
    assert (obstacle.name, obstacle.forcible) == (name, True)
    with pytest.raises(Refused, match=name):
        apply(store, desired(prefix))
    assert not read_actual(store, prefix).components
    apply(store, desired(prefix), force=True)
    assert plan(store, desired(prefix)) == schema.Plan(())


def test_a_foreign_template_that_would_win_blocks(store: Store, prefix: str) -> None:
    body = {"index_patterns": [f"{prefix}-aws*"], "priority": 900}
    store.call("PUT", f"/_index_template/{prefix}-zz", body=body)
    assert {obstacle.name for obstacle in plan(store, desired(prefix)).obstacles} == {f"{prefix}-zz"}
    with pytest.raises(Refused, match="priority below"):
        apply(store, desired(prefix), force=True)


def test_a_newer_schema_is_not_downgraded(store: Store, prefix: str) -> None:
    wanted = desired(prefix)
    apply(store, wanted)
    name = component_name(prefix, "base")
    body = store.call("GET", f"/_component_template/{name}")["component_templates"][0]["component_template"]
    body["_meta"]["schema_version"] += 1
    store.call("PUT", f"/_component_template/{name}", body=body)
    with pytest.raises(Refused, match="newer"):
        apply(store, wanted)


def test_leaves_are_added_to_partitions_that_exist_and_types_are_left(store: Store, prefix: str) -> None:
    index = f"{prefix}-aws.vpcflow-2025.12"
    properties = {"source": {"properties": {"ip": {"type": "keyword"}}}, "mine": {"type": "long"}}
    store.call("PUT", f"/{index}", body={"mappings": {"dynamic": False, "properties": properties}})
    apply(store, desired(prefix))
    found = plan(store, desired(prefix))
    assert found.changes == ()
    assert [(obstacle.name, obstacle.blocks) for obstacle in found.obstacles] == [(index, False)]
    assert "source.ip" in found.obstacles[0].what
    leaves = read_actual(store, prefix).partitions[index]
    assert leaves["destination.ip"] == {"type": "ip", "index": False, "copy_to": ["related.ip"]}
    assert leaves["mine"] == {"type": "long"}
    assert leaves["network.bytes"]["type"] == "alias"


def ensured(store: Store, prefix: str, **options: Any) -> Partitions:
    made = Partitions(store, prefix, clock=lambda: NOW, **options)
    made.rules()
    return made


def test_counters_are_exact_and_nothing_is_ignored(store: Store, prefix: str) -> None:
    apply(store, desired(prefix))
    partitions = ensured(store, prefix)
    document = {
        "@timestamp": "2026-01-05T10:00:00Z",
        "event": {"ingested": "2026-01-05T10:00:00.123Z", "dataset": "aws.vpcflow", "type": ["connection", "allowed"]},
        "source": {"ip": "10.0.0.1", "port": 65535, "bytes": LARGE, "packets": 2**63 - 1},
        "destination": {"ip": "2001:db8::1"},
        "network": {"community_id": ["1:a", "1:b"], "iana_number": 255},
        "aws": {"vpcflow": {"vpc_id": "v" * 2000, "unknown": json.dumps({"x": "y" * 40000})}},
        "flowtap": {"decoder": 1, "time_suspect": True, "malformed": [{"path": "server.port", "text": "z" * 256}]},
    }
    index = partitions.rules()["aws.vpcflow"].index(datetime(2026, 1, 5, tzinfo=UTC))
    assert partitions.ensure({index}) == {}
    put(store, index, [document])
    (hit,) = search(
        store,
        index,
        query={"range": {"network.bytes": {"gte": LARGE, "lte": LARGE}}},
        docvalue_fields=["network.bytes"],
    )["hits"]["hits"]
    assert "_ignored" not in hit
    assert hit["_source"] == document
    assert hit["fields"]["network.bytes"] == [LARGE]
    assert not search(store, index, query={"exists": {"field": "_ignored"}})["hits"]["hits"]


def test_golden_documents_are_indexed_whole(store: Store, prefix: str) -> None:
    apply(store, desired(prefix))
    partitions = ensured(store, prefix)
    documents: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(GOLDEN.glob("*.out.json")):
        for entry in json.loads(path.read_text())["documents"]:
            dataset = entry["document"]["event"]["dataset"]
            documents.setdefault(f"{prefix}-{dataset}-2026.01", []).append(entry["document"])
    assert {f"{prefix}-aws.vpcflow-2026.01", f"{prefix}-aws.tgwflow-2026.01"} == set(documents)
    assert partitions.ensure(documents) == {}
    for index, expected in documents.items():
        put(store, index, expected)
        hits = search(store, index, size=1000, sort=[{"_seq_no": "asc"}])["hits"]["hits"]
        assert [hit["_source"] for hit in hits] == expected
        assert not search(store, index, query={"exists": {"field": "_ignored"}})["hits"]["hits"]


@pytest.mark.parametrize("dataset", datasets())
def test_hostile_keys_reach_no_mapping(store: Store, prefix: str, dataset: str) -> None:
    apply(store, desired(prefix))
    index = f"{prefix}-{dataset}-2026.01"
    assert ensured(store, prefix).ensure({index}) == {}
    before = read_actual(store, prefix).partitions[index]
    hostile = {
        "@timestamp": "2026-01-05T10:00:00Z",
        "new": "x",
        "event": {"new": {"deep": 1}},
        "source": {"new": "2026-01-01"},
        "flowtap": {"malformed": [{"path": "a", "new": True}], "new.dotted.key": 1.5},
        "aws": {"vpcflow": {"new": [1]}, "tgw": {"new": {}}, "new": "10.0.0.1"},
        **{f"key{n}": n for n in range(3000)},
    }
    put(store, index, [hostile])
    assert read_actual(store, prefix).partitions[index] == before
    assert search(store, index)["hits"]["hits"][0]["_source"] == hostile
    assert not search(store, index, query={"exists": {"field": "_ignored"}})["hits"]["hits"]


def test_partitions_are_made_once_and_come_from_the_template(store: Store, prefix: str) -> None:
    apply(store, desired(prefix, replicas=0))
    indices = [f"{prefix}-aws.vpcflow-2026.0{month}" for month in range(1, 4)]
    assert ensured(store, prefix).ensure(indices) == {}
    other = ensured(store, prefix, allow_partitions=0)
    assert other.ensure(indices) == {}, "partitions that exist are not new"
    settings = store.call("GET", f"/{indices[0]}/_settings", params={"flat_settings": "true"})[indices[0]]["settings"]
    assert settings["index.codec"] == "best_compression"
    assert settings["index.sort.field"][:2] == ["server.port", "aws.vpcflow.interface_id"]
    assert settings["index.number_of_replicas"] == "0"
    assert plan(store, desired(prefix, replicas=0)) == schema.Plan(())


def test_too_many_new_partitions_wait_for_the_next_hour(store: Store, prefix: str) -> None:
    apply(store, desired(prefix))
    partitions = ensured(store, prefix, allow_partitions=2)
    refused = partitions.ensure([f"{prefix}-aws.vpcflow-{year}.01" for year in range(2001, 2005)])
    assert sorted(refused) == [f"{prefix}-aws.vpcflow-{year}.01" for year in (2003, 2004)]
    assert {item.error_type for item in refused.values()} == {TOO_MANY_NEW}


def test_the_shard_limit_is_not_now(store: Store, prefix: str) -> None:
    apply(store, desired(prefix, replicas=0))
    partitions = ensured(store, prefix)
    first, second = (f"{prefix}-aws.vpcflow-2026.0{month}" for month in (1, 2))
    assert partitions.ensure([first]) == {}
    store.call("PUT", "/_cluster/settings", body={"persistent": {"cluster.max_shards_per_node": 1}})
    refused = partitions.ensure([first, second])
    shards = read_shards(store)
    unset = {"cluster.max_shards_per_node": None, "action.auto_create_index": None}
    store.call("PUT", "/_cluster/settings", body={"persistent": unset})
    assert {index: (item.status, item.error_type) for index, item in refused.items()} == {
        second: (400, "validation_exception")
    }
    assert (shards.limit, shards.existing >= 1) == (1, True)
    assert shards.refusal()
    assert partitions.ensure([second]) == {}


def test_without_a_template_of_ours_nothing_is_written(store: Store, prefix: str) -> None:
    with pytest.raises(Refused, match="schema apply"):
        Partitions(store, prefix, clock=lambda: NOW).ensure([f"{prefix}-aws.vpcflow-2026.01"])
    assert read_actual(store, prefix).partitions == {}


def test_a_unit_changes_from_next_month_and_a_running_writer_notices(store: Store, prefix: str) -> None:
    apply(store, desired(prefix))
    partitions = ensured(store, prefix)
    assert partitions.ensure([f"{prefix}-aws.vpcflow-2026.01"]) == {}
    (change,) = apply(store, desired(prefix, units={"aws.vpcflow": Unit.DAY}))
    assert "2026-02-01" in change.why
    with pytest.raises(Refused, match="start it again"):
        partitions.ensure([f"{prefix}-aws.vpcflow-2026.02"])
    rule = ensured(store, prefix).rules()["aws.vpcflow"]
    assert rule.index(datetime(2026, 1, 31, 23, tzinfo=UTC)).endswith("-2026.01")
    assert rule.index(datetime(2026, 2, 1, tzinfo=UTC)).endswith("-2026.02.01")
    assert plan(store, desired(prefix)) == schema.Plan(()), "a unit that is not set stays as it is"


def test_retention_deletes_exactly_what_it_planned(store: Store, prefix: str) -> None:
    apply(store, desired(prefix))
    partitions = ensured(store, prefix)
    names = ["aws.vpcflow-2025.10", "aws.vpcflow-2025.11", "aws.vpcflow-2026.01", "aws.vpcflow-undated",
             "aws.tgwflow-2020.01"]  # fmt: skip
    assert partitions.ensure([f"{prefix}-{name}" for name in names]) == {}
    put(store, f"{prefix}-aws.vpcflow-2025.10", [{"@timestamp": "2025-10-05T10:00:00Z"}] * 3)
    sizes = retention.read_sizes(store, prefix)
    due = retention.plan(sizes, partitions.rules(), {"aws.vpcflow": 30}, NOW)
    assert [(deletion.index, deletion.documents) for deletion in due] == [
        (f"{prefix}-aws.vpcflow-2025.10", 3),
        (f"{prefix}-aws.vpcflow-2025.11", 0),
    ]
    assert due[0].bytes > 0
    store.call("DELETE", f"/{due[1].index}")
    done: list[retention.Deletion] = []
    retention.apply(store, due, done.append)
    assert done == list(due)
    assert {size.index for size in retention.read_sizes(store, prefix)} == {f"{prefix}-{name}" for name in names[2:]}


def test_a_retention_name_is_never_a_pattern(store: Store, prefix: str) -> None:
    apply(store, desired(prefix))
    assert ensured(store, prefix).ensure([f"{prefix}-aws.vpcflow-2025.10"]) == {}
    forged = retention.Deletion(f"{prefix}-*", "aws.vpcflow", NOW, NOW, 0, 0)
    with contextlib.suppress(Refused):
        retention.apply(store, [forged], lambda _deletion: None)
    assert len(retention.read_sizes(store, prefix)) == 1


QUERIES: dict[str, dict[str, Any]] = {
    "a port": {"term": {"source.port": 40000}},
    "ports": {"range": {"destination.port": {"lt": 1024}}},
    "a sender": {"term": {"source.ip": "10.0.0.1"}},
    "a network of receivers": {"term": {"destination.ip": "2001:db8::/32"}},
    "an outcome": {"term": {"event.outcome": "success"}},
    "ended": {"range": {"event.end": {"gte": "2026-01-05T10:00:00Z", "lt": "2026-01-05T10:30:00Z"}}},
    "a client": {"term": {"client.ip": "10.0.0.1"}},
    "a network": {"term": {"server.ip": "2001:db8::/32"}},
    "networks": {"terms": {"client.ip": ["10.0.0.0/24", "192.0.2.1"]}},
    "large": {"range": {"network.bytes": {"gte": 1000}}},
    "begun": {"range": {"event.start": {"gte": "2026-01-05T09:59:00Z", "lt": "2026-01-05T10:00:00Z"}}},
    "flags": {"terms": {"aws.vpcflow.tcp_flags": [2, 18]}},
    "in words": {"query_string": {"query": "client.ip:10.0.0.0\\/8 AND destination.port:443 AND source.bytes:>999"}},
}


def test_leaves_without_an_index_are_found_by_their_doc_values(store: Store, prefix: str) -> None:
    apply(store, desired(prefix))
    index = f"{prefix}-aws.vpcflow-2026.01"
    assert ensured(store, prefix).ensure({index}) == {}
    found = {
        "@timestamp": "2026-01-05T10:00:00Z",
        "event": {"start": "2026-01-05T09:59:30Z", "outcome": "success"},
        "source": {"ip": "10.0.0.1", "port": 40000, "bytes": 1000},
        "destination": {"ip": "2001:db8::1", "port": 443},
        "client": {"ip": "10.0.0.1"},
        "server": {"ip": "2001:db8::1", "port": 443},
        "aws": {"vpcflow": {"tcp_flags": 2}},
    }
    other = {
        "@timestamp": "2026-01-05T11:00:00Z",
        "event": {"start": "2026-01-05T10:59:30Z", "outcome": "failure"},
        "source": {"ip": "172.16.0.1", "port": 50000, "bytes": 999},
        "destination": {"ip": "198.51.100.1", "port": 8443},
        "client": {"ip": "172.16.0.1"},
        "server": {"ip": "198.51.100.1", "port": 8443},
        "aws": {"vpcflow": {"tcp_flags": 1}},
    }
    put(store, index, [other, found, {"@timestamp": "2026-01-05T12:00:00Z"}])
    for name, query in QUERIES.items():
        assert [hit["_source"] for hit in search(store, index, query=query)["hits"]["hits"]] == [found], name


def test_what_the_index_fills_is_in_partitions_of_before_too_and_after_a_reindex(store: Store, prefix: str) -> None:
    """The documents do not say `related.ip`, nor `event.end`."""
    new, old, again = (f"{prefix}-aws.vpcflow-{month}" for month in ("2026.01", "2025.12", "2025.11"))
    before = {name: {"properties": {"ip": {"type": "ip"}}} for name in ("source", "destination", "related")}
    date = {"type": "date", "format": "strict_date_optional_time"}
    before |= {"@timestamp": date, "event": {"properties": {"end": date | {"index": False}}}}
    store.call("PUT", f"/{old}", body={"mappings": {"dynamic": False, "properties": before}})
    apply(store, desired(prefix))
    assert plan(store, desired(prefix)) == schema.Plan(())
    assert ensured(store, prefix).ensure({new, old, again}) == {}
    document = {
        "@timestamp": "2026-01-05T10:00:00Z",
        "source": {"ip": "10.0.0.1"},
        "destination": {"ip": "2001:db8::1"},
        "aws": {"vpcflow": {"pkt_srcaddr": "10.0.0.1", "pkt_dstaddr": "192.0.2.7"}},
    }
    put(store, new, [document])
    put(store, old, [document])
    store.call("POST", "/_reindex", body={"source": {"index": new}, "dest": {"index": again}})
    store.call("POST", f"/{again}/_refresh")
    for index in (new, old, again):
        for wanted in ("10.0.0.1", "2001:db8::/32", "192.0.2.7"):
            (hit,) = search(store, index, query={"term": {"related.ip": wanted}})["hits"]["hits"]
            assert hit["_source"] == document
        assert search(store, index, query={"term": {"related.ip": "10.0.0.2"}})["hits"]["hits"] == []
        last = {"max": {"field": "event.end", "format": "strict_date_time_no_millis"}}
        ended = search(store, index, size=0, aggs={"last": last})
        assert ended["aggregations"]["last"]["value_as_string"] == "2026-01-05T10:00:00Z", index


def test_a_partition_made_before_keeps_its_indexes(store: Store, prefix: str) -> None:
    index = f"{prefix}-aws.vpcflow-2025.12"
    properties = {
        "client": {"properties": {"ip": {"type": "ip"}}},
        "@timestamp": desired(prefix).leaves["aws.vpcflow"]["@timestamp"],
    }
    store.call("PUT", f"/{index}", body={"mappings": {"dynamic": False, "properties": properties}})
    apply(store, desired(prefix))
    assert plan(store, desired(prefix)) == schema.Plan(())
    assert ensured(store, prefix).ensure({index}) == {}
    assert read_actual(store, prefix).partitions[index]["client.ip"] == {"type": "ip"}
