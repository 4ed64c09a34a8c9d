import itertools

import pytest

from flow_log_samples import ARRIVED, leaves, row
from shipper.decoders.flow_log.document import leaf_places
from shipper.decoders.flow_log.fields import TGW, VPC, Dataset


@pytest.mark.parametrize("dataset", [VPC, TGW])
def test_no_leaf_is_an_object_of_another(dataset: Dataset) -> None:
    paths = sorted(leaf_places(dataset))
    assert not [pair for pair in itertools.permutations(paths, 2) if pair[1].startswith(pair[0] + ".")]


@pytest.mark.parametrize("dataset", [VPC, TGW])
def test_each_column_has_a_leaf_of_its_own(dataset: Dataset) -> None:
    targets = [column.target for column in dataset.fields.values()]
    assert len(set(targets)) == len(targets)
    assert not {leaf.path for leaf in dataset.derived} & set(targets)


def test_the_order_of_columns_makes_no_difference() -> None:
    cells = {"srcaddr": "10.0.0.1", "end": "1700000000", "bytes": "5", "type": "IPv4", "srcport": "8"}
    texts = set()
    for order in itertools.permutations(cells):
        found = row(" ".join(order), " ".join(cells[name] for name in order))
        texts.add(str(found.document))
    assert len(texts) == 1


def test_absent_cells_have_no_leaf() -> None:
    found = row("account-id srcaddr bytes vpc-id", "- - - -")
    assert set(leaves(found.document)) == {
        "@timestamp", "event.ingested", "event.dataset", "event.kind", "event.type",
        "flowtap.decoder", "flowtap.time_suspect",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("start", "end", "stamp", "partition"),
    [
        ("1700000000", "1702000000", "2023-12-08T01:46:40Z", "2023.12"),
        ("1700000000123", "1700000000456", "2023-11-14T22:13:20.456Z", "2023.11"),
        ("1700000000", "-", "2023-11-14T22:13:20Z", "2023.11"),
        ("1700000000", "17", "2023-11-14T22:13:20Z", "2023.11"),
        ("1700000000", "soon", "2023-11-14T22:13:20Z", "2023.11"),
        ("946684800", "946684800", "2000-01-01T00:00:00Z", "2000.01"),
        ("1", "4102444799999", "2099-12-31T23:59:59.999Z", "2099.12"),
    ],
)
def test_time_and_partition(start: str, end: str, stamp: str, partition: str) -> None:
    found = row("start end", f"{start} {end}")
    assert found["@timestamp"] == stamp
    assert "event.end" not in found, "the index fills it from @timestamp"
    assert found.index == f"flowtap-aws.vpcflow-{partition}"
    assert "flowtap.time_suspect" not in found


@pytest.mark.parametrize(("start", "end"), [("-", "-"), ("0", "1"), ("4102444800", "99999999999999999"), ("x", "-")])
def test_no_usable_time(start: str, end: str) -> None:
    found = row("start end", f"{start} {end}")
    assert found.index == "flowtap-aws.vpcflow-undated"
    assert found["@timestamp"] == f"{ARRIVED:%Y-%m-%dT%H:%M:%SZ}"
    assert found["flowtap.time_suspect"] is True
    malformed = {each["path"]: each["text"] for each in found.document["flowtap"].get("malformed", [])}
    cells = {"event.start": start, "event.end": end}
    assert malformed == {path: text for path, text in cells.items() if text != "-"}


def test_a_leaf_of_the_wrong_type_moves() -> None:
    found = row("srcaddr dstaddr srcport bytes end", "10.0.0.1 10.0.0.999 http 1.5 1700000000")
    assert found["flowtap.malformed"] == [
        {"path": "destination.ip", "text": "10.0.0.999"},
        {"path": "source.port", "text": "http"},
        {"path": "source.bytes", "text": "1.5"},
    ]
    assert found["source.ip"] == "10.0.0.1"
    assert not any(path in found for path in ("destination", "source.port", "source.bytes"))


def test_malformed_text_is_cut_and_long_text_is_not() -> None:
    found = row("bytes vpc-id srcaddr", f"{'é' * 300} {'v' * 100_000} 10.0.0.1")
    assert found["flowtap.malformed"] == [{"path": "source.bytes", "text": "é" * 256}]
    assert len(found["aws.vpcflow.vpc_id"]) == 100_000


def test_unknown_columns_are_one_text() -> None:
    found = row("srcaddr dstaddr bytes field-of-2031 other", '10.0.0.1 10.0.0.2 5 {"a":1} -')
    assert found["aws.vpcflow.unknown"] == '{"field-of-2031":"{\\"a\\":1}"}'
    assert "unknown" not in row("srcaddr dstaddr other", "10.0.0.1 10.0.0.2 -").document.get("aws", {})


def test_counters_are_exact_and_ids_are_text() -> None:
    found = row("bytes packets account-id", "9007199254740993 9223372036854775807 000123456789")
    assert (found["source.bytes"], found["source.packets"]) == (2**53 + 1, 2**63 - 1)
    assert found["cloud.account.id"] == "000123456789"
    assert row("bytes account-id", "1 unknown")["cloud.account.id"] == "unknown"


@pytest.mark.parametrize("status", ["NODATA", "SKIPDATA"])
@pytest.mark.parametrize("mark", ["interface-id", "tgw-id"])
def test_records_of_no_traffic_are_of_their_own_kind(status: str, mark: str) -> None:
    found = row(f"log-status srcaddr {mark} end protocol bytes", f"{status} - x-1 1700000000 - -")
    assert found["event.kind"] == "metric"
    own = "vpcflow" if mark == "interface-id" else "tgw"
    assert found["aws"][own]["log_status"] == status
    assert set(leaves(found.document)) == {
        "@timestamp", "event.ingested", "event.dataset", "event.kind", "flowtap.decoder",
        f"aws.{own}.log_status", "aws.vpcflow.interface_id" if own == "vpcflow" else "aws.tgw.id",
    }  # fmt: skip


def test_transit_gateways_by_their_columns() -> None:
    found = row("tgw-id srcaddr tcp-flags vpc-id end packets-lost-mtu-exceeded", "tgw-1 10.0.0.1 3 vpc-1 1700000000 4")
    assert found.index == "flowtap-aws.tgwflow-2023.11"
    assert found["event.dataset"] == "aws.tgwflow"
    assert found["aws"] == {
        "tgw": {
            "tcp_flags_array": ["fin", "syn"],
            "unknown": '{"vpc-id":"vpc-1"}',
            "tcp_flags": 3,
            "id": "tgw-1",
            "packets_lost": {"mtu_exceeded": 4},
        }
    }
