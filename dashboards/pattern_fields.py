"""The fields of an index pattern, made from index templates: what Dashboards would read from the indices. Pure.

In: for each dataset its leaves (dotted path → mapping). Out: `fields` and `fieldFormatMap` of an index pattern.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from dashboards.errors import ObjectsInvalid
from dashboards.model import Pattern
from dashboards.saved_object import text

Leaves = Mapping[str, Mapping[str, Any]]

# OpenSearch Dashboards, src/plugins/data/common/osd_field_types: mapping type → type of field.
_TYPES = {
    "keyword": "string", "ip": "ip", "date": "date", "boolean": "boolean", "flat_object": "object",
    "long": "number", "integer": "number", "short": "number", "byte": "number", "double": "number", "float": "number",
}  # fmt: skip
_META = {
    "_id": ("string", True),
    "_index": ("string", True),
    "_score": ("number", False),
    "_source": ("_source", False),
}


def pattern_leaves(pattern: Pattern, datasets: Mapping[str, Leaves]) -> dict[str, Mapping[str, Any]]:
    """The leaves that the pattern shows, aliases as what they stand for. Raises ObjectsInvalid for unknown datasets."""
    missing = [name for name in pattern.datasets if name not in datasets]
    if missing:
        raise ObjectsInvalid(f"index pattern {pattern.id}: no template for {', '.join(missing)}")
    times = Counter(path for name in pattern.datasets for path in datasets[name])
    wanted: dict[str, Mapping[str, Any]] = {}
    for name in pattern.datasets:
        leaves = datasets[name]
        for path, leaf in leaves.items():
            if not pattern.common_only or times[path] > 1 or name == pattern.datasets[0]:
                # A type of its own goes before an alias, which only some datasets have.
                known = leaf if leaf["type"] != "alias" else leaves[leaf["path"]]
                wanted.setdefault(path, known)
    return dict(sorted(wanted.items()))


def fields(leaves: Leaves) -> str:
    """`fields`: every leaf, and what every document has."""
    meta = [
        _field(name, kind, [], searchable=aggregatable, aggregatable=aggregatable)
        for name, (kind, aggregatable) in _META.items()
    ]
    return text([*meta, *(_of_leaf(path, leaf) for path, leaf in leaves.items())])


def formats(pattern: Pattern, leaves: Leaves) -> str:
    """`fieldFormatMap`. Raises ObjectsInvalid where a format is for a field that is not there."""
    unknown = sorted(pattern.formats.keys() - leaves.keys())
    if unknown and not pattern.common_only:
        raise ObjectsInvalid(f"index pattern {pattern.id}: formats for {', '.join(unknown)}, which no template has")
    found = {
        path: {"id": shown.id, "params": dict(shown.params)}
        for path, shown in pattern.formats.items()
        if path in leaves
    }
    return text(found)


def _of_leaf(path: str, leaf: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(leaf["type"])
    values = leaf.get("doc_values") is not False and kind != "flat_object"
    # OpenSearch searches doc values where there is no index ("Doc values"), only slower.
    searchable = leaf.get("index") is not False or values
    return _field(path, _TYPES[kind], [kind], searchable=searchable, aggregatable=values)


def _field(name: str, kind: str, types: list[str], *, searchable: bool, aggregatable: bool) -> dict[str, Any]:
    return {
        "name": name,
        "type": kind,
        "esTypes": types or ([name] if name != "_score" else []),
        "searchable": searchable,
        "aggregatable": aggregatable,
        "readFromDocValues": aggregatable and not name.startswith("_"),
        "scripted": False,
        "count": 0,
    }
