from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from shipper.errors import Refused
from shipper.opensearch.cluster_settings import ClusterSettings, Level
from shipper.opensearch.desired import SCHEMA_VERSION, Schema, Template, datasets, desired
from shipper.opensearch.leaves import fingerprint
from shipper.opensearch.schema import Actual, AddLeaves, ForbidAutoCreate, Obstacle, Plan, PutTemplate, dataset_of, plan
from shipper.partition import Unit

TODAY = date(2026, 1, 15)
COMPONENT = Template("f-component-d", {"template": {"mappings": {"properties": {"a": {"type": "ip"}}}}})
INDEX = Template("f-d", {"index_patterns": ["f-d-*"], "priority": 200, "composed_of": ["f-component-d"]}, "d")
SCHEMA = Schema("f", (COMPONENT,), (INDEX,), {"d": {"a": {"type": "ip"}, "b.c": {"type": "long"}}}, {})
FORBIDDEN = ClusterSettings(defaults={"action.auto_create_index": "-f-*,+*"})
MONTHS = [["1970-01-01", "month"]]


def meta(template: Template, **more: Any) -> dict[str, Any]:
    return {
        "managed_by": "flowtap",
        "schema_version": SCHEMA_VERSION,
        "content": fingerprint(template.content),
        **({"dataset": "d", "units": MONTHS} if template.dataset else {}),
        **more,
    }


def stored(template: Template, **more: Any) -> dict[str, Any]:
    return {**template.content, "_meta": meta(template, **more)}


def actual(**templates: Any) -> Actual:
    return Actual({COMPONENT.name: stored(COMPONENT)}, {INDEX.name: stored(INDEX)} | templates, {}, FORBIDDEN)


def test_nothing_there_everything_is_put_components_first() -> None:
    assert plan(SCHEMA, Actual({}, {}, {}, FORBIDDEN), today=TODAY) == Plan(
        (
            PutTemplate("/_component_template/f-component-d", stored(COMPONENT), "missing"),
            PutTemplate("/_index_template/f-d", stored(INDEX), "missing"),
        )
    )


def test_everything_there_nothing_changes() -> None:
    assert plan(SCHEMA, actual(), today=TODAY) == Plan(())


@pytest.mark.parametrize(
    ("settings", "level", "value"),
    [
        (ClusterSettings(), "persistent", "-f-*,+*"),
        (ClusterSettings(defaults={"action.auto_create_index": "true"}), "persistent", "-f-*,+*"),
        (ClusterSettings(persistent={"action.auto_create_index": "+a*,-b*"}), None, ""),
        (ClusterSettings(persistent={"action.auto_create_index": "-a,+*"}), "persistent", "-f-*,-a,+*"),
        (
            ClusterSettings({"action.auto_create_index": "+*"}, {"action.auto_create_index": "-f-*,+*"}),
            "transient",
            "-f-*,+*",
        ),
    ],
)
def test_auto_creation_is_forbidden_where_it_is_allowed(
    settings: ClusterSettings, level: Level | None, value: str
) -> None:
    changes = plan(SCHEMA, replace(actual(), settings=settings), today=TODAY).changes
    assert [(change.level, change.value) for change in changes if isinstance(change, ForbidAutoCreate)] == (
        [(level, value)] if level else []
    )


def test_what_this_code_changed_is_an_upgrade_and_what_a_hand_changed_an_edit() -> None:
    older = replace(COMPONENT, content={"template": {"mappings": {"properties": {}}}})
    upgrade = plan(SCHEMA, replace(actual(), components={COMPONENT.name: stored(older)}), today=TODAY)
    assert [change.why for change in upgrade.changes] == ["changes template.mappings.properties.a.type"]
    edited = {**stored(COMPONENT), "template": {"mappings": {"properties": {"a": {"type": "keyword"}}}}}
    edit = plan(SCHEMA, replace(actual(), components={COMPONENT.name: edited}), today=TODAY)
    assert [change.why for change in edit.changes] == ["was edited on the server: template.mappings.properties.a.type"]


def test_a_raised_version_alone_is_put() -> None:
    there = replace(actual(), components={COMPONENT.name: stored(COMPONENT, schema_version=0)})
    (change,) = plan(SCHEMA, there, today=TODAY).changes
    assert change.why == f"schema version 0 becomes {SCHEMA_VERSION}"


def test_a_newer_version_is_not_downgraded_unless_forced() -> None:
    there = replace(actual(), components={COMPONENT.name: stored(COMPONENT, schema_version=SCHEMA_VERSION + 1)})
    found = plan(SCHEMA, there, today=TODAY)
    assert found.changes == ()
    assert [(obstacle.name, obstacle.blocks, obstacle.forcible) for obstacle in found.obstacles] == [
        (COMPONENT.name, True, True)
    ]
    assert [change.why for change in plan(SCHEMA, there, today=TODAY, force=True).changes] == [
        f"schema version {SCHEMA_VERSION + 1} becomes {SCHEMA_VERSION}"
    ]


@pytest.mark.parametrize("foreign_meta", [{}, {"_meta": {"managed_by": "someone"}}, {"_meta": None}])
def test_a_foreign_template_is_replaced_only_by_force(foreign_meta: dict[str, Any]) -> None:
    there = actual(**{INDEX.name: {**INDEX.content, **foreign_meta}})
    assert plan(SCHEMA, there, today=TODAY) == Plan(
        (),
        (Obstacle("f-d", "a template of this name is not ours", "choose another prefix, or force", forcible=True),),
    )
    assert plan(SCHEMA, there, today=TODAY, force=True).changes == (
        PutTemplate("/_index_template/f-d", stored(INDEX), "replaces one that is not ours"),
    )


@pytest.mark.parametrize(
    ("body", "wins"),
    [
        ({"index_patterns": ["*"], "priority": 500}, True),
        ({"index_patterns": ["other", "f-d-2026*"], "priority": 200}, True),
        ({"index_patterns": ["f-*"], "priority": 199}, False),
        ({"index_patterns": ["*"]}, False),
        ({"index_patterns": ["f-e-*"], "priority": 500}, False),
    ],
)
def test_a_template_that_would_win_over_ours_blocks_even_by_force(body: dict[str, Any], wins: bool) -> None:
    found = plan(SCHEMA, actual(other=body), today=TODAY, force=True)
    assert [(obstacle.name, obstacle.blocks) for obstacle in found.obstacles] == [("other", True)] * wins


def test_a_unit_is_added_from_next_month_and_kept_when_not_asked_for() -> None:
    daily = replace(SCHEMA, units={"d": Unit.DAY})
    (change,) = plan(daily, actual(), today=TODAY).changes
    assert isinstance(change, PutTemplate)
    units = [*MONTHS, ["2026-02-01", "day"]]
    assert change.body == stored(INDEX, units=units)
    assert change.why == f"partition units become {units}, were {MONTHS}"
    there = actual(**{INDEX.name: stored(INDEX, units=units)})
    assert plan(SCHEMA, there, today=TODAY) == plan(daily, there, today=TODAY) == Plan(())


def test_a_lost_template_takes_its_units_from_the_partitions() -> None:
    there = Actual({COMPONENT.name: stored(COMPONENT)}, {}, {"f-d-2025.12": SCHEMA.leaves["d"]}, FORBIDDEN)
    (change,) = plan(replace(SCHEMA, units={"d": Unit.DAY}), there, today=TODAY).changes
    assert isinstance(change, PutTemplate)
    assert change.body["_meta"]["units"] == [*MONTHS, ["2026-02-01", "day"]]


def test_unreadable_units_stop_the_plan() -> None:
    with pytest.raises(Refused, match=r"_meta\.units of index template f-d"):
        plan(SCHEMA, actual(**{INDEX.name: stored(INDEX, units="?")}), today=TODAY)


def test_partitions_gain_leaves_and_keep_types() -> None:
    partitions = {
        "f-d-2025.11": SCHEMA.leaves["d"],
        "f-d-2025.12": {"a": {"type": "ip"}},
        "f-d-2026.01": {"a": {"type": "text"}, "b.c": {"type": "long"}},
        "f-other-2026.01": {},
    }
    assert plan(SCHEMA, replace(actual(), partitions=partitions), today=TODAY) == Plan(
        (AddLeaves("f-d-2025.12", {"b.c": {"type": "long"}}, "lacks b.c"),),
        (
            Obstacle(
                "f-d-2026.01",
                "its leaves have other types than wanted: a",
                "needs a new partition: delete it and backfill again",
                blocks=False,
            ),
        ),
    )


def test_an_index_belongs_to_the_dataset_in_its_name() -> None:
    known = {"a": 0, "a.b": 0}
    assert dataset_of("f", "f-a-2026.01", known) == "a"
    assert dataset_of("f", "f-a.b-undated", known) == "a.b"
    assert dataset_of("f", "f-c-2026.01", known) is None
    assert dataset_of("f", "ff-a-2026.01", known) is None


def test_the_schema_holds_every_dataset_and_the_prefix_everywhere() -> None:
    schema = desired("pre")
    assert {template.dataset for template in schema.indices} == set(datasets()) == set(schema.leaves)
    assert {"aws.vpcflow", "aws.tgwflow", "pipeline", "deadletter"} <= set(datasets())
    components = {template.name for template in schema.components}
    for template in schema.indices:
        assert template.content["index_patterns"] == [f"pre-{template.dataset}-*"]
        assert set(template.content["composed_of"]) <= components


def test_replicas_follow_the_nodes_unless_given() -> None:
    def settings(schema: Schema) -> Any:
        (template,) = [one for one in schema.components if one.name == "f-component-settings"]
        return template.content["template"]["settings"]

    assert settings(desired("f"))["index.auto_expand_replicas"] == "0-1"
    assert settings(desired("f", replicas=2))["index.number_of_replicas"] == 2
    assert "index.auto_expand_replicas" not in settings(desired("f", replicas=2))
