"""The templates hold what the decoders write: every leaf, with the type its kind demands, and nothing open."""

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import eve_templates
from shipper.decoders.eve import derived, table
from shipper.decoders.flow_log.fields import TGW, VPC, Dataset, Kind
from shipper.opensearch.desired import desired
from shipper.opensearch.leaves import leaves

FOLDER = files("shipper.opensearch") / "templates"
NAMES = sorted(entry.name for entry in FOLDER.iterdir() if entry.name.endswith(".json"))
SHAPES: dict[str, Any] = {name.removesuffix(".json"): json.loads((FOLDER / name).read_text()) for name in NAMES}
LEAVES = desired("f").leaves
TYPES = {
    Kind.TEXT: "keyword", Kind.LOWER: "keyword", Kind.IP: "ip", Kind.PORT: "integer", Kind.COUNT: "long",
    Kind.SMALL: "short", Kind.NUMBER_NAME: "keyword", Kind.TIME: "date",
}  # fmt: skip
UNINDEXED = {"type": "keyword", "index": False, "doc_values": False}


ONLY_SEARCHED_IN_FLOW_LOGS = {"related.ip", "event.type"}
"""ADR 26."""

GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*/*.out.json"))


def everything() -> Iterator[tuple[str, str, Any]]:
    return ((dataset, path, leaf) for dataset, flat in LEAVES.items() for path, leaf in flat.items())


@pytest.mark.parametrize("dataset", [VPC, TGW], ids=lambda dataset: dataset.name)
def test_every_column_has_its_leaf(dataset: Dataset) -> None:
    assert set(Kind) == set(TYPES)
    wanted = {field.target: TYPES[field.kind] for field in dataset.fields.values()}
    assert {path: LEAVES[dataset.name][path]["type"] for path in wanted} == wanted


@pytest.mark.parametrize("dataset", [VPC, TGW], ids=lambda dataset: dataset.name)
def test_every_derived_leaf_is_there(dataset: Dataset) -> None:
    for leaf in dataset.derived:
        there = LEAVES[dataset.name][leaf.path]
        if leaf.kind == "keyword, not indexed":
            assert there == UNINDEXED, leaf.path
        else:
            assert there["type"] == leaf.kind, leaf.path


@pytest.mark.parametrize("dataset", [VPC, TGW], ids=lambda dataset: dataset.name)
def test_every_address_of_a_record_is_related(dataset: Dataset) -> None:
    """And nothing else: client and server are two of them."""
    copied = {path for path, leaf in LEAVES[dataset.name].items() if leaf.get("copy_to") == ["related.ip"]}
    assert copied == {field.target for field in dataset.fields.values() if field.kind is Kind.IP}


@pytest.mark.parametrize("dataset", [VPC, TGW], ids=lambda dataset: dataset.name)
def test_no_own_leaf_is_without_a_writer(dataset: Dataset) -> None:
    written = {field.target for field in dataset.fields.values()} | {leaf.path for leaf in dataset.derived}
    own = {path for path in LEAVES[dataset.name] if path.startswith("aws.")}
    assert own <= written


def paths(node: Any, above: str = "") -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from paths(item, above)
    elif isinstance(node, dict):
        for key, child in node.items():
            yield from paths(child, f"{above}.{key}" if above else key)
    else:
        yield above


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.name.removesuffix(".out.json"))
def test_whatever_a_decoder_wrote_has_a_leaf(golden: Path) -> None:
    for entry in json.loads(golden.read_text())["documents"]:
        document = entry["document"]
        known = LEAVES[document["event"]["dataset"]]
        assert set(paths(document)) <= known.keys()
        assert not [path for path in paths(document) if known[path]["type"] == "alias"]


def objects(node: Any) -> Iterator[Any]:
    yield node
    for child in node.get("properties", {}).values():
        if "properties" in child:
            yield from objects(child)


@pytest.mark.parametrize("name", [name for name, shape in SHAPES.items() if "mappings" in shape])
def test_no_part_is_open_to_unknown_keys(name: str) -> None:
    mappings = SHAPES[name]["mappings"]
    assert mappings["dynamic"] is False
    assert mappings["date_detection"] is False
    assert not {"dynamic_templates", "runtime"} & mappings.keys()
    assert all("dynamic" not in node and node.get("type") != "nested" for node in objects(mappings) if node != mappings)


def test_leaves_are_of_the_few_kinds_that_are_meant() -> None:
    date = {"type": "date", "format": "strict_date_optional_time"}
    whole_seconds = {"type": "date", "format": "strict_date_time_no_millis||strict_date_optional_time"}
    allowed: list[Any] = [
        date, whole_seconds | {"copy_to": ["event.end"]}, whole_seconds | {"index": False},
        UNINDEXED, {"type": "keyword", "ignore_above": 1024},
        *({"type": kind} for kind in ("ip", "long", "integer", "short", "boolean", "double")),
        date | {"index": False}, *({"type": kind, "index": False} for kind in ("ip", "long", "integer", "short")),
        {"type": "ip", "index": False, "copy_to": ["related.ip"]}, {"type": "ip", "doc_values": False},
        {"type": "keyword", "ignore_above": 1024, "index": False},
        {"type": "keyword", "ignore_above": 1024, "doc_values": False},
    ]  # fmt: skip
    for dataset, path, leaf in everything():
        if leaf["type"] == "alias":
            assert leaf["path"] in LEAVES[dataset], path
        else:
            assert leaf in allowed, f"{dataset}: {path}"


def test_one_path_has_one_meaning_everywhere() -> None:
    """Dashboards and queries over all datasets break where a field has two types. An alias takes its target's.

    An index beside doc values is a matter of speed. What flow logs have without doc values cannot be asked together
    with events in an aggregation, only in a search.
    """
    kinds: dict[str, set[str]] = {}
    for dataset, path, leaf in everything():
        target = LEAVES[dataset][leaf["path"]] if leaf["type"] == "alias" else leaf
        meaning = {key: value for key, value in target.items() if key not in {"copy_to", "index"}}
        if "format" in meaning:
            meaning["format"] = meaning["format"].split("||")[-1]  # what stands before it is quicker, no more
        if path in ONLY_SEARCHED_IN_FLOW_LOGS and dataset in {"aws.vpcflow", "aws.tgwflow"}:
            assert not meaning.pop("doc_values"), path
        kinds.setdefault(path, set()).add(json.dumps(meaning, sort_keys=True))
    assert {path: found for path, found in kinds.items() if len(found) > 1} == {}


def test_no_leaf_stands_above_another() -> None:
    for dataset, path, _leaf in everything():
        assert not any(other.startswith(path + ".") for other in LEAVES[dataset]), path


def test_leaves_fit_the_limit_of_a_mapping() -> None:
    limit = SHAPES["settings"]["settings"]["index.mapping.total_fields.limit"]
    # OpenSearch counts objects too; a leaf has fewer than eight above it.
    assert max(len(flat) for flat in LEAVES.values()) * 2 < limit


def test_every_part_is_used_and_known() -> None:
    used = {part for shape in SHAPES.values() for part in shape.get("uses", ())} | {"settings"}
    parts = {name for name, shape in SHAPES.items() if "uses" not in shape}
    assert used == parts
    assert leaves(SHAPES["base"]["mappings"]["properties"])["@timestamp"]["type"] == "date"


def test_suricatas_templates_are_what_the_tables_say(request: pytest.FixtureRequest) -> None:
    """`--rewrite-golden` (`make golden`) writes them anew; a change raises SCHEMA_VERSION."""
    elsewhere = [path for part in ("base", "network") for path in leaves(SHAPES[part]["mappings"]["properties"])]
    for name, wanted in eve_templates.desired(elsewhere).items():
        file = Path(str(FOLDER / f"{name}.json"))
        if request.config.getoption("--rewrite-golden"):
            file.write_text(eve_templates.text(wanted))
        assert file.read_text() == eve_templates.text(wanted), f"{name}.json is not what the tables say: make golden"


def test_every_leaf_of_an_event_has_its_place_in_every_dataset_it_can_come_to() -> None:
    """`base` and `network` agree with the tables where both name a leaf."""
    named = {path: leaf for _, path, leaf in everything()}
    for _, each in table.leaves(table.table()):
        searched = {key: value for key, value in named[each.path].items() if (key, value) != ("index", False)}
        wanted = eve_templates.leaf(each.kind)
        assert named[each.path] == wanted or searched == wanted, each.path
    for added in derived.DERIVED:
        assert named[added.path]["type"] == added.kind.split(",")[0], added.path
