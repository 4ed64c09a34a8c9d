"""Declarations → saved objects. Pure: the same declarations and templates always give the same bytes.

In: dashboards and index patterns as declared, the leaves of every dataset's template. Out: files of NDJSON, one for all
index patterns and one for each dashboard with what is on it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dashboards.drawing import params
from dashboards.layout import panels_json
from dashboards.model import PREFIX, Control, Dashboard, Draw, Panel, Pattern, Search
from dashboards.pattern_fields import Leaves, fields, formats, pattern_leaves
from dashboards.saved_object import Reference, SavedObject, line, made, text
from dashboards.visstate import aggregations

PATTERNS_FILE = "patterns"
DEFAULT_RANGE = ("now-24h", "now")
_SOURCE_INDEX = "kibanaSavedObjectMeta.searchSourceJSON.index"


def files(
    dashboards: Sequence[Dashboard], patterns: Sequence[Pattern], datasets: Mapping[str, Leaves]
) -> dict[str, bytes]:
    """Name without `.ndjson` → content. An object that two dashboards show is in the file of the first."""
    found = {PATTERNS_FILE: b"".join(line(each) for each in pattern_objects(patterns, datasets))}
    for dashboard in dashboards:
        found[dashboard.name] = b"".join(line(each) for each in dashboard_objects(dashboard, dashboards))
    return found


def pattern_objects(patterns: Sequence[Pattern], datasets: Mapping[str, Leaves]) -> Iterator[SavedObject]:
    """The index patterns with their fields: without them the first panels would fetch and save them all at once."""
    for pattern in patterns:
        leaves = pattern_leaves(pattern, datasets)
        attributes = {"title": pattern.title, "fields": fields(leaves), "fieldFormatMap": formats(pattern, leaves)}
        if pattern.timed:
            attributes["timeFieldName"] = "@timestamp"
        yield made("index-pattern", pattern.id, attributes)


def dashboard_objects(dashboard: Dashboard, all_of_them: Sequence[Dashboard]) -> Iterator[SavedObject]:
    """What is on the dashboard, then the dashboard itself."""
    header, controls = _header(dashboard, all_of_them), _controls(dashboard)
    yield header
    yield controls
    shown = [
        _search(place.shown) if isinstance(place.shown, Search) else visualization(place.shown)
        for row in dashboard.rows
        for place in row
    ]
    yield from shown
    everything = [header, controls, *shown]
    yield made("dashboard", dashboard.id, _dashboard_attributes(dashboard), tuple(
        Reference(f"panel_{number}", each.type, each.id) for number, each in enumerate(everything)
    ))  # fmt: skip


def visualization(panel: Panel) -> SavedObject:
    """A panel as Dashboards stores it."""
    state = {"title": panel.title, "type": panel.draw.value, "aggs": aggregations(panel), "params": params(panel)}
    source = {"query": _lucene(panel.query), "filter": [], "indexRefName": _SOURCE_INDEX}
    attributes = _attributes(panel.question, state, source) | {"uiStateJSON": text(_ui_state(panel))}
    reference = Reference(_SOURCE_INDEX, "index-pattern", panel.pattern.id)
    return made("visualization", f"{PREFIX}-{panel.name}", attributes, (reference,))


def _ui_state(panel: Panel) -> dict[str, Any]:
    """What a reader may change by a click: colours, and by which column a table is sorted, if not as its bucket is."""
    if panel.draw is Draw.TABLE and (len(panel.buckets) > 1 or panel.by_first_metric):
        # Metrics stand behind the last bucket, or behind each one; equal rows stay in the order of their buckets.
        column = 1 if panel.options.get("showMetricsAtAllLevels") else len(panel.buckets)
        return {"vis": {"sortColumn": {"colIndex": column, "direction": "desc"}}}
    # Metrics and gauges are coloured by the range of their value, which `drawing` sees to.
    by_label = panel.colors and panel.draw not in {Draw.METRIC, Draw.GAUGE}
    return {"vis": {"colors": dict(panel.colors)}} if by_label else {}


def _attributes(description: str, state: Mapping[str, Any], source: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": state["title"],
        "description": description,
        "visState": text(state),
        "uiStateJSON": text({}),
        "version": 1,
        "kibanaSavedObjectMeta": {"searchSourceJSON": text(source)},
    }


def _lucene(query: str) -> dict[str, str]:
    return {"query": query, "language": "lucene"}


_NO_SOURCE = {"query": _lucene(""), "filter": []}


def _search(search: Search) -> SavedObject:
    source = {
        "query": _lucene(search.query),
        "filter": [],
        "highlightAll": False,
        "version": True,
        "indexRefName": _SOURCE_INDEX,
    }
    attributes = {
        "title": search.title,
        "description": search.question,
        "hits": 0,
        "columns": list(search.columns),
        "sort": [["@timestamp", "desc"]],
        "version": 1,
        "kibanaSavedObjectMeta": {"searchSourceJSON": text(source)},
    }
    reference = Reference(_SOURCE_INDEX, "index-pattern", search.pattern.id)
    return made("search", f"{PREFIX}-{search.name}", attributes, (reference,))


def _header(dashboard: Dashboard, all_of_them: Sequence[Dashboard]) -> SavedObject:
    """One line that says what is answered and how it is counted, and the way to the others."""
    titles = {each.name: each for each in all_of_them}
    further = [titles[name] for name in dashboard.next] + [
        each for each in all_of_them if each.name not in dashboard.next and each is not dashboard
    ]
    links = " · ".join(f"[{each.title}](#/view/{each.id})" for each in further)
    markdown = f"**{dashboard.answers}** {dashboard.counts}\n\nNext: {links}"
    state = {
        "title": f"{dashboard.title}: what it answers",
        "type": "markdown",
        "aggs": [],
        "params": {"fontSize": 12, "openLinksInNewTab": False, "markdown": markdown},
    }
    return made("visualization", f"{dashboard.id}-header", _attributes(dashboard.answers, state, _NO_SOURCE))


def _controls(dashboard: Dashboard) -> SavedObject:
    references = tuple(
        Reference(f"control_{number}_index_pattern", "index-pattern", dashboard.pattern.id)
        for number, _ in enumerate(dashboard.controls)
    )
    state = {
        "title": f"{dashboard.title}: filters",
        "type": "input_control_vis",
        "aggs": [],
        "params": {
            "controls": [_control(number, control) for number, control in enumerate(dashboard.controls)],
            "updateFiltersOnChange": True,
            "useTimeFilter": True,
            "pinFilters": False,
        },
    }
    attributes = _attributes("What is looked at", state, _NO_SOURCE)
    return made("visualization", f"{dashboard.id}-controls", attributes, references)


def _control(number: int, control: Control) -> dict[str, Any]:
    return {
        "id": str(number),
        "fieldName": control.field,
        "parent": "",
        "label": control.label,
        "type": "list",
        "options": {"type": "terms", "multiselect": True, "dynamicOptions": True, "size": 5, "order": "desc"},
        "indexPatternRefName": f"control_{number}_index_pattern",
    }


def _dashboard_attributes(dashboard: Dashboard) -> dict[str, Any]:
    since, until = DEFAULT_RANGE
    source = {"query": {"query": "", "language": "kuery"}, "filter": []}
    return {
        "title": dashboard.title,
        "description": dashboard.answers,
        "hits": 0,
        "panelsJSON": panels_json(dashboard),
        "optionsJSON": text({"hidePanelTitles": False, "useMargins": True}),
        "version": 1,
        "timeRestore": True,
        "timeFrom": since,
        "timeTo": until,
        "refreshInterval": {"pause": True, "value": 0},
        "kibanaSavedObjectMeta": {"searchSourceJSON": text(source)},
    }
