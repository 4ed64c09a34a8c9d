"""The committed saved objects are what panels and templates say, and hold to the house's rules for what people see."""

import json
from pathlib import Path

import pytest

from dashboards.layout import COLUMNS, boxes
from dashboards.model import GREEN, RED, Dashboard, Draw, Panel, Search
from dashboards.panels import DASHBOARDS
from dashboards.panels.patterns import PATTERNS
from shipper.dashboard_files import built, differing, write
from shipper.opensearch.desired import desired

FOLDER = Path(__file__).parents[2] / "dashboards" / "objects"
SHOWN = [place.shown for each in DASHBOARDS for row in each.rows for place in row]
PANELS = [each for each in SHOWN if isinstance(each, Panel)]
WHOSE = {"Account", "Region", "VPC", "ENI", "Instance"}
FILTERS = {
    "overview": WHOSE | {"Action"},
    "talkers": WHOSE | {"Action"},
    "interfaces": WHOSE | {"Action"},
    "refused": WHOSE | {"Action"},
    "alerts": WHOSE | {"Action"},
    "protocols": WHOSE,  # only alerts have an action
    "connection": WHOSE | {"Action"},
    "mirroring": WHOSE,
    "pipeline": set(),  # what sensors and streams tell of themselves is of no VPC
}


def test_the_committed_objects_are_current(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--rewrite-golden"):
        write(FOLDER, built())
    assert differing(FOLDER, built()) == [], "dashboards/objects is not current: shipper dashboards build"


def test_ids_are_unique_and_say_where_they_belong() -> None:
    names = [each.name for each in SHOWN]
    assert len(set(names)) == len(names)
    for dashboard in DASHBOARDS:
        shown = [place.shown.name for row in dashboard.rows for place in row]
        assert all(name.startswith(f"{dashboard.name}-") for name in shown)


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each.name)
def test_a_dashboard_says_what_it_answers_how_it_counts_and_where_to_go_next(dashboard: Dashboard) -> None:
    assert dashboard.answers.endswith("?")
    assert dashboard.counts.endswith(".")
    assert set(dashboard.next) <= {each.name for each in DASHBOARDS} - {dashboard.name}
    assert dashboard.next
    assert dashboard.controls
    assert any(isinstance(place.shown, Search) for row in dashboard.rows for place in row)


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each.name)
def test_a_dashboard_is_filtered_by_whose_traffic_it_was(dashboard: Dashboard) -> None:
    labels = [each.label for each in dashboard.controls]
    assert len(set(labels)) == len(labels)
    assert {label.partition(" (")[0] for label in labels} >= FILTERS[dashboard.name]


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each.name)
def test_a_filter_is_of_every_dataset_or_says_of_which(dashboard: Dashboard) -> None:
    """Documents without the field are filtered out, whatever value is chosen."""
    leaves = [desired("flowtap").leaves[name] for name in dashboard.pattern.datasets]
    for control in dashboard.controls:
        assert all(control.field in each for each in leaves) == ("(" not in control.label), control


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each.name)
def test_rows_fill_the_width_and_nothing_overlaps(dashboard: Dashboard) -> None:
    assert all(sum(place.width for place in row) == COLUMNS for row in dashboard.rows)
    cells = [(x + dx, y + dy) for x, y, w, h in boxes(dashboard) for dx in range(w) for dy in range(h)]
    assert len(set(cells)) == len(cells)


def test_every_panel_has_a_question() -> None:
    assert not [each.name for each in SHOWN if not each.question.rstrip(")").endswith(("?", "8"))]


def test_refused_is_red_and_accepted_is_green_wherever_they_are_named() -> None:
    for panel in PANELS:
        for bucket in panel.buckets:
            if "refused" in bucket.filters:
                assert (panel.colors["refused"], panel.colors["accepted"]) == (RED, GREEN), panel.name
        if "refused" in {metric.label for metric in panel.metrics} and panel.draw is not Draw.TABLE:
            assert RED in panel.colors.values(), panel.name


def test_ports_are_shown_without_separators_and_bytes_as_bytes() -> None:
    for line in (FOLDER / "patterns.ndjson").read_text().splitlines():
        attributes = json.loads(line)["attributes"]
        shown = json.loads(attributes["fieldFormatMap"])
        for name in ("server.port", "source.port"):
            if f'"name":"{name}"' in attributes["fields"] and name in shown:
                assert shown[name] == {"id": "number", "params": {"pattern": "0"}}
        if '"name":"source.bytes"' in attributes["fields"] and "source.bytes" in shown:
            assert shown["source.bytes"]["id"] == "bytes"


def test_since_start_needs_no_time_range() -> None:
    ever = [each for each in PANELS if "since start" in each.title]
    assert {each.name for each in ever} == {"overview-accepted-ever", "overview-refused-ever"}
    assert not any(each.pattern.timed for each in ever)
    assert {each.id for each in PATTERNS if not each.timed} == {"flowtap-aws.vpcflow-ever"}


def test_buckets_are_ordered_by_rough_counts_of_distinct_values_only() -> None:
    """With the default precision, 16 KiB for each value, OpenSearch refuses the panel of a busy network (429)."""
    for name, content in built().items():
        for line in content.splitlines():
            aggregations = json.loads(json.loads(line)["attributes"].get("visState", "{}")).get("aggs", [])
            precise = {each["id"] for each in aggregations if each["type"] == "cardinality"}
            for each in aggregations:
                by = each["params"].get("orderBy")
                assert by not in precise, f"{name}: {line[:80]}"
                if by == "custom" and each["params"]["orderAgg"]["type"] == "cardinality":
                    assert json.loads(each["params"]["orderAgg"]["params"]["json"]) == {"precision_threshold": 20}
