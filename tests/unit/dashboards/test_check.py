"""The checks without a server: what is shipped passes, and each thing that can be broken fails in its own words."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from dashboards import build
from dashboards.bundle import placed, read, shipped
from dashboards.check import faults
from dashboards.errors import ObjectsInvalid
from dashboards.panels import DASHBOARDS
from dashboards.panels.patterns import PATTERNS
from dashboards.saved_object import SavedObject, text
from shipper.opensearch.desired import desired

TEMPLATES = desired("flowtap").leaves


def objects(datasets: Mapping[str, Any] = TEMPLATES) -> list[SavedObject]:
    return [
        each for name, content in build.files(DASHBOARDS, PATTERNS, datasets).items() for each in read(content, name)
    ]


def changed(kind: str, object_id: str, change: Callable[[SavedObject], SavedObject]) -> list[str]:
    """The faults after one object was changed."""
    found = {each.key: each for each in shipped()}
    found[kind, object_id] = change(found[kind, object_id])
    return faults(list(found.values()))


def with_json(attribute: str, **more: Any) -> Callable[[SavedObject], SavedObject]:
    def change(found: SavedObject) -> SavedObject:
        return found.with_attributes(**{attribute: text(json.loads(found.attributes[attribute]) | more)})

    return change


def test_what_is_shipped_is_right() -> None:
    assert faults(shipped()) == []


def test_what_is_shipped_is_right_for_another_prefix_and_workspace() -> None:
    assert faults(shipped("other", "team")) == []


def test_a_field_renamed_in_a_template_is_found_in_every_panel_that_uses_it() -> None:
    renamed = dict(TEMPLATES)
    renamed["aws.vpcflow"] = {
        ("event.verdict" if path == "event.action" else path): leaf for path, leaf in TEMPLATES["aws.vpcflow"].items()
    }
    found = faults(objects(renamed))
    assert found
    assert all("no template has the field event.action" in line or "column event.action" in line for line in found)
    assert {line.partition(": ")[0] for line in found} >= {
        "visualization:flowtap-overview-actions",  # in the queries of its buckets
        "visualization:flowtap-overview-refused-ever",  # in its own query
        "visualization:flowtap-overview-controls",  # as a filter
        "search:flowtap-overview-records",  # as a column
    }


@pytest.mark.parametrize(
    ("path", "panel"), [("source.ip", "flowtap-talkers-senders"), ("cloud", "flowtap-overview-controls")]
)
def test_a_panel_on_a_flat_object_is_found(path: str, panel: str) -> None:
    """The field itself, or one above it: OpenSearch answers 200 with no buckets, and nobody would be told."""
    leaves = {name: leaf for name, leaf in TEMPLATES["aws.vpcflow"].items() if not name.startswith(f"{path}.")}
    found = faults(objects(dict(TEMPLATES) | {"aws.vpcflow": leaves | {path: {"type": "flat_object"}}}))
    mine = [line for line in found if line.startswith(f"visualization:{panel}: ")]
    assert mine
    assert all("flat_object" in line for line in mine)


def test_an_aggregation_on_a_type_that_it_does_not_take_is_found() -> None:
    text_bytes = TEMPLATES["aws.vpcflow"] | {"source.bytes": {"type": "keyword"}}
    found = faults(objects(dict(TEMPLATES) | {"aws.vpcflow": text_bytes}))
    assert "visualization:flowtap-interfaces-vpcs: sum of source.bytes: it is of type string" in "\n".join(found)


def test_an_aggregation_without_doc_values_is_found() -> None:
    unindexed = TEMPLATES["aws.vpcflow"] | {"source.ip": {"type": "ip", "index": False, "doc_values": False}}
    found = "\n".join(faults(objects(dict(TEMPLATES) | {"aws.vpcflow": unindexed})))
    assert "visualization:flowtap-talkers-senders: terms of source.ip: it has no doc values" in found


def test_a_query_for_what_cannot_be_searched_is_found() -> None:
    unindexed = TEMPLATES["aws.vpcflow"] | {"event.kind": {"type": "keyword", "index": False, "doc_values": False}}
    found = "\n".join(faults(objects(dict(TEMPLATES) | {"aws.vpcflow": unindexed})))
    assert "search:flowtap-overview-records: asks for event.kind, which is not searchable" in found


def test_a_dataset_without_a_template_is_found() -> None:
    without = {name: leaves for name, leaves in TEMPLATES.items() if name != "suricata.alert"}
    with pytest.raises(ObjectsInvalid, match=r"flowtap-suricata: no template for suricata\.alert"):
        objects(without)


def test_a_reference_to_nothing_is_found() -> None:
    """Dashboards imports such a dashboard, says success, and shows an error in its place."""
    without = [each for each in shipped() if each.id != "flowtap-overview-ports"]
    assert faults(without) == [
        "dashboard:flowtap-overview: refers to visualization:flowtap-overview-ports (panel_8), which is nowhere"
    ]


def test_a_reference_dropped_is_found() -> None:
    found = changed("visualization", "flowtap-overview-ports", lambda each: replace(each, references=()))
    named = "kibanaSavedObjectMeta.searchSourceJSON.index"
    assert found == [f"visualization:flowtap-overview-ports: calls for the reference {named}, which it does not have"]


def test_a_reference_that_nothing_calls_for_is_found() -> None:
    found = changed("dashboard", "flowtap-refused", _first_panel_gone)
    assert found == ["dashboard:flowtap-refused: has the reference panel_0, which nothing in it calls for"]


def _first_panel_gone(found: SavedObject) -> SavedObject:
    return found.with_attributes(panelsJSON=text(json.loads(found.attributes["panelsJSON"])[1:]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda each: replace(each, migration_version="7.11.0"), "migrationVersion 7.11.0 is newer than 7.10.0"),
        (lambda each: replace(each, migration_version=None), "says no migrationVersion"),
        (lambda each: each.with_attributes(controlGroupInput={}), "attribute controlGroupInput is not in the mapping"),
        (with_json("visState", type="vega"), "visualization type vega is not one that every supported version draws"),
    ],
)
def test_what_the_oldest_version_does_not_know_is_found(
    change: Callable[[SavedObject], SavedObject], words: str
) -> None:
    (found,) = changed("visualization", "flowtap-overview-ports", change)
    assert words in found


def test_a_type_that_not_every_version_has_is_found() -> None:
    found = faults([*shipped(), SavedObject("lens", "mine", {"title": "x"})])
    assert found == ["lens:mine: type lens is not one that every supported version has"]


def test_the_same_object_twice_is_found() -> None:
    twice = shipped()
    assert faults([*twice, twice[0]]) == ["index-pattern:flowtap-aws.vpcflow: is there twice"]


def test_everything_that_is_named_moves_to_another_prefix_and_workspace() -> None:
    moved = placed(shipped(), "net7", "wk")
    assert all(each.id.startswith("wk-net7-") for each in moved)
    assert all(reference.id.startswith("wk-net7-") for each in moved for reference in each.references)
    titles = {each.id: each.attributes["title"] for each in moved if each.type == "index-pattern"}
    assert titles["wk-net7-aws.vpcflow"] == "net7-aws.vpcflow-*"
    assert titles["wk-net7-connections"].startswith("net7-aws.vpcflow-*,net7-suricata.alert-*,")
    everything = "".join(str(dict(each.attributes)) for each in moved)
    assert "/view/wk-net7-refused" in everything
    assert "/view/flowtap-" not in everything
    assert "/view/wk-net7-connection?" in everything  # from a community id
