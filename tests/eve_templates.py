"""Suricata's templates as the tables want them: what `shipper/opensearch/templates/suricata*.json` must say."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from shipper.decoders.eve.datasets import SHARED, family_objects, has_families, objects, own_objects
from shipper.decoders.eve.derived import DERIVED
from shipper.decoders.eve.event import DATASETS
from shipper.decoders.eve.table import Kind, leaves, table
from shipper.opensearch.leaves import tree

TEXT = {"type": "keyword", "ignore_above": 1024}
UNINDEXED = {"type": "keyword", "index": False, "doc_values": False}
DATE = {"type": "date", "format": "strict_date_optional_time"}
_TYPES: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: TEXT, Kind.MAC: TEXT, Kind.UNINDEXED: UNINDEXED, Kind.JSON: UNINDEXED, Kind.TIME: DATE,
}  # fmt: skip
_DERIVED = {"keyword": TEXT, "keyword, not indexed": UNINDEXED, "date": DATE}
# Derived leaves that only one template needs; the others stand in `suricata`, or in `base` and `network`.
_ONLY = {"event.severity": "suricata.alert", "dns.": "suricata.dns"}


def desired(elsewhere: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Every template by name. `elsewhere`: leaves that `base` and `network` have already."""
    there = set(elsewhere)
    shared = {**_of(SHARED), **{x.path: _derived(x.kind) for x in DERIVED if not _single(x.path)}}
    found = {
        "suricata": _template(None, {path: leaf for path, leaf in shared.items() if path not in there}),
        "suricata-families": _template(None, {**_of(family_objects()), **_only("suricata.dns")}),
    }
    for dataset in DATASETS:
        uses = ["base", "network", "suricata", *(["suricata-families"] if has_families(dataset) else [])]
        own = {**_of(own_objects(dataset)), **_only(dataset, has_families(dataset))}
        found[dataset] = _template(uses, {path: leaf for path, leaf in own.items() if path not in there})
    return found


def leaf(kind: Kind) -> dict[str, Any]:
    """The leaf a kind needs."""
    return _TYPES.get(kind) or {"type": kind.value}


def _of(names: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    wanted = set(names)
    return {
        each.path: leaf(each.kind)
        for path, each in leaves(table())
        if (path.split(".")[0] if "." in path or path in table().objects else "") in wanted
    }


def _single(path: str) -> str:
    return next((dataset for begin, dataset in _ONLY.items() if path.startswith(begin)), "")


def _only(dataset: str, in_families: bool = False) -> dict[str, dict[str, Any]]:
    wanted = {dataset, "suricata.dns"} if "dns" in objects(dataset) and not in_families else {dataset}
    return {x.path: _derived(x.kind) for x in DERIVED if _single(x.path) in wanted}


def _derived(kind: str) -> dict[str, Any]:
    return _DERIVED.get(kind) or {"type": kind}


def _template(uses: list[str] | None, flat: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    mappings = {"dynamic": False, "date_detection": False, "properties": tree(flat)}
    return ({"uses": uses} if uses else {}) | {"mappings": mappings}


def text(template: Mapping[str, Any]) -> str:
    """As the files are written: a leaf is a line."""
    return _written(template, 0) + "\n"


def _written(node: Any, depth: int) -> str:
    if not isinstance(node, dict):
        return json.dumps(node)
    if isinstance(node.get("type"), str):
        return f"{{ {json.dumps(node)[1:-1]} }}"
    inner = "  " * (depth + 1)
    parts = [f"{inner}{json.dumps(key)}: {_written(value, depth + 1)}" for key, value in node.items()]
    return "{\n" + ",\n".join(parts) + "\n" + "  " * depth + "}" if parts else "{}"
