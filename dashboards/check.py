"""Checks of saved objects without a server. Pure: objects and templates in, a line for each fault out.

What is checked: every reference leads somewhere, inside objects too; every field is in a template, with a type that the
aggregation can use; nothing aggregates or sorts below `flat_object`; nothing is newer than the
oldest version that we support.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from dashboards.bundle import unresolved
from dashboards.saved_object import MIGRATION_VERSIONS, Reference, SavedObject, comparable

# Types of fields (OpenSearch Dashboards, "osd_field_types") that an aggregation takes.
_NUMBERS = frozenset({"number"})
_TAKES: Mapping[str, frozenset[str]] = {
    "sum": _NUMBERS,
    "max": _NUMBERS | {"date"},
    "range": _NUMBERS,
    "date_histogram": frozenset({"date"}),
    "cardinality": frozenset({"number", "string", "ip", "boolean", "date"}),
    "terms": frozenset({"number", "string", "ip", "boolean", "date"}),
}
# In 2.8 already and in 3.x still. Vega, TSVB and Timeline name indices in texts of their own, so they are not used.
_DRAWN = frozenset(
    {"metric", "gauge", "pie", "histogram", "horizontal_bar", "line", "area", "table", "heatmap", "markdown",
     "input_control_vis"}
)  # fmt: skip
_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "dashboard": frozenset(
        {"title", "hits", "description", "panelsJSON", "optionsJSON", "version", "timeRestore", "timeTo", "timeFrom",
         "refreshInterval", "kibanaSavedObjectMeta"}
    ),
    "visualization": frozenset(
        {"title", "visState", "uiStateJSON", "description", "version", "savedSearchRefName", "kibanaSavedObjectMeta"}
    ),
    "search": frozenset({"title", "description", "hits", "columns", "sort", "version", "kibanaSavedObjectMeta"}),
}  # fmt: skip
"""The attributes that the strict mappings of 2.8 hold; an index pattern takes any."""
_QUERY_FIELD = re.compile(r"(?:^|[\s(!+-])(@?[A-Za-z_][\w.@]*):")
_EXISTS = re.compile(r"_exists_:([\w.@]+)")

Fields = Mapping[str, Mapping[str, Any]]


def faults(objects: Sequence[SavedObject]) -> list[str]:
    """Everything that is wrong, a line each; an index pattern's own `fields` are what its panels may use."""
    patterns = {each.id: _fields(each) for each in objects if each.type == "index-pattern"}
    found = [*unresolved(objects), *_doubles(objects)]
    for each in objects:
        found += [f"{each.name}: {fault}" for fault in _of_one(each, patterns)]
    return found


def _of_one(found: SavedObject, patterns: Mapping[str, Fields]) -> Iterator[str]:
    yield from _versions(found)
    yield from _inner_references(found)
    if found.type == "visualization":
        yield from _visualization(found, patterns)
    elif found.type == "search":
        yield from _search(found, patterns)


def _doubles(objects: Sequence[SavedObject]) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    for each in objects:
        if each.key in seen:
            yield f"{each.name}: is there twice"
        seen.add(each.key)


def _versions(found: SavedObject) -> Iterator[str]:
    known = MIGRATION_VERSIONS.get(found.type)
    if known is None:
        yield f"type {found.type} is not one that every supported version has"
    elif found.migration_version is None:
        yield f"says no migrationVersion; {known} is the one to say"
    elif _number(found.migration_version) > _number(known):
        yield f"migrationVersion {found.migration_version} is newer than {known}, the last that 2.8 knows"
    for attribute in sorted(found.attributes.keys() - _ATTRIBUTES.get(found.type, found.attributes.keys())):
        yield f"attribute {attribute} is not in the mapping of 2.8"


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


def _inner_references(found: SavedObject) -> Iterator[str]:
    """Names that the object's JSON calls its references by, against the references themselves."""
    if found.type == "index-pattern" and not found.references:
        return  # thousands of fields, none of which calls for anything
    called = set(_reference_names(comparable(found.attributes)))
    there = {each.name for each in found.references}
    for name in sorted(called - there):
        yield f"calls for the reference {name}, which it does not have"
    for name in sorted(there - called):
        yield f"has the reference {name}, which nothing in it calls for"


def _reference_names(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key.endswith("RefName") and isinstance(inner, str):
                yield inner
            else:
                yield from _reference_names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _reference_names(inner)


def _fields(pattern: SavedObject) -> Fields:
    return {field["name"]: field for field in orjson.loads(pattern.attributes.get("fields", "[]"))}


def _pattern(references: Sequence[Reference], patterns: Mapping[str, Fields]) -> Fields | None:
    return next((patterns[each.id] for each in references if each.id in patterns), None)


def _visualization(found: SavedObject, patterns: Mapping[str, Fields]) -> Iterator[str]:
    state = orjson.loads(found.attributes["visState"])
    if state["type"] not in _DRAWN:
        yield f"visualization type {state['type']} is not one that every supported version draws"
    fields = _pattern(found.references, patterns)
    if fields is None:
        return  # no index, or one that is reported as unresolved
    for control in state["params"].get("controls", ()):
        yield from _aggregated("terms", control["fieldName"], fields)
    for aggregation in state["aggs"]:
        yield from _aggregation(aggregation, fields)
    yield from _queried(_query(found), fields)


def _aggregation(aggregation: Mapping[str, Any], fields: Fields) -> Iterator[str]:
    params = aggregation["params"]
    for inner in ("customBucket", "customMetric", "orderAgg"):
        if inner in params:
            yield from _aggregation(params[inner], fields)
    for each in params.get("filters", ()):
        yield from _queried(each["input"]["query"], fields)
    if "field" in params:
        yield from _aggregated(aggregation["type"], params["field"], fields)


def _aggregated(kind: str, path: str, fields: Fields) -> Iterator[str]:
    field = fields.get(path)
    if field is None:
        yield from _missing(path, fields)
    elif "flat_object" in field["esTypes"]:
        yield f"{kind} of {path}: it is a flat_object, whose aggregations are empty"
    elif not field["aggregatable"]:
        yield f"{kind} of {path}: it has no doc values to aggregate"
    elif field["type"] not in _TAKES[kind]:
        yield f"{kind} of {path}: it is of type {field['type']}, which that aggregation does not take"


def _missing(path: str, fields: Fields) -> Iterator[str]:
    above = next((name for name, field in fields.items() if path.startswith(f"{name}.")), None)
    if above is not None and "flat_object" in fields[above]["esTypes"]:
        yield f"{path} is below the flat_object {above}, whose aggregations are empty"
    else:
        yield f"no template has the field {path}"


def _search(found: SavedObject, patterns: Mapping[str, Fields]) -> Iterator[str]:
    fields = _pattern(found.references, patterns)
    if fields is None:
        return
    for column in found.attributes["columns"]:
        if column not in fields:
            yield f"column {column}: no template has it"
    for path, _ in found.attributes["sort"]:
        if not fields.get(path, {"aggregatable": False})["aggregatable"]:
            yield f"sorts by {path}, which cannot be sorted by"
    yield from _queried(_query(found), fields)


def _query(found: SavedObject) -> str:
    source = orjson.loads(found.attributes["kibanaSavedObjectMeta"]["searchSourceJSON"])
    return str(source["query"]["query"])


def _queried(query: str, fields: Fields) -> Iterator[str]:
    outside_quotes = re.sub(r'"[^"]*"', '""', query)
    for path in {*_QUERY_FIELD.findall(outside_quotes), *_EXISTS.findall(outside_quotes)} - {"_exists_"}:
        if path not in fields:
            yield from _missing(path, fields)
        elif not fields[path]["searchable"]:
            yield f"asks for {path}, which is not searchable"
