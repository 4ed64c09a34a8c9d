"""A panel's search is, to the letter, what Dashboards 2.8 sent for the same stored panel."""

import json
from pathlib import Path
from typing import Any

import pytest

from dashboards.bundle import shipped
from dashboards.query import TimeRange, is_search, request
from dashboards.saved_object import parsed

# Each line: a visualization as it was stored, the index and the body that the browser's request had for it.
RECORDED = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "data" / "dashboards" / "requests-2.8.ndjson").read_text().splitlines()
]
LOOKED_AT = TimeRange("2026-11-20T16:00:00.000Z", "2026-11-21T17:00:00.000Z")


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: recorded["object"]["id"])
def test_a_request_is_what_the_browser_sent(recorded: Any) -> None:
    body = recorded["body"]
    time_field = "@timestamp" if body["query"]["bool"]["filter"] else None
    assert request(parsed(recorded["object"]), time_field, LOOKED_AT) == body


def kinds(state: Any) -> set[tuple[str, str]]:
    """(how it is drawn, kind of aggregation) and how buckets are ordered."""
    found = {(state["type"], aggregation["type"]) for aggregation in state["aggs"]}
    ordered = {
        ("ordered by", "custom" if aggregation["params"]["orderBy"] == "custom" else "metric")
        for aggregation in state["aggs"]
        if aggregation["type"] == "terms"
    }
    return found | ordered


def test_every_kind_of_aggregation_that_is_used_was_recorded() -> None:
    used = {kind for each in shipped() if is_search(each) and each.type == "visualization"
            for _, kind in kinds(json.loads(each.attributes["visState"]))}  # fmt: skip
    recorded = {kind for each in RECORDED for _, kind in kinds(json.loads(each["object"]["attributes"]["visState"]))}
    assert used <= recorded
