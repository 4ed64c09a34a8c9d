"""Mappings as flat leaves: a tree of `properties` ↔ {dotted path: leaf definition}. Pure.

What is compared is what OpenSearch gives back: settings as one flat map of texts, leaves without their tree.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

Leaves = Mapping[str, Mapping[str, Any]]

# Mapping parameters OpenSearch lets be changed on a mapping in use (Mapping parameters, "ignore_above", "copy_to").
_CHANGEABLE = frozenset({"ignore_above", "copy_to"})
# Those that only cost space where a mapping in use has them and we no longer want them ("index", "doc_values").
_SPARED = frozenset({"index", "doc_values"})


def leaves(properties: Mapping[str, Any], above: str = "") -> dict[str, Mapping[str, Any]]:
    """Every leaf below `properties`, by its dotted path."""
    found: dict[str, Mapping[str, Any]] = {}
    for name, node in properties.items():
        if "type" in node and "properties" not in node:
            found[above + name] = node
        else:
            found |= leaves(node.get("properties", {}), f"{above}{name}.")
    return found


def tree(flat: Leaves) -> dict[str, Any]:
    """The `properties` that hold these leaves, as `PUT _mapping` takes them."""
    root: dict[str, Any] = {}
    for path, leaf in flat.items():
        *above, name = path.split(".")
        node = root
        for step in above:
            node = node.setdefault(step, {"properties": {}})["properties"]
        node[name] = dict(leaf)
    return root


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a mapping in use lacks: `addable` can be put as it is, `fixed` paths only a new index can have."""

    addable: Leaves
    fixed: tuple[str, ...]


def compare(desired: Leaves, actual: Leaves) -> Comparison:
    """What a mapping in use needs so that it holds the desired leaves. Leaves beyond those are left alone.

    So are an index or doc values that are no longer wanted (they answer all that is asked, and cost space only), and a
    date's one format where a quicker one was put before it.
    """
    objects = {path[:dot] for path in actual for dot in _dots(path)}
    addable: dict[str, Mapping[str, Any]] = {}
    fixed: list[str] = []
    for path, wanted in desired.items():
        there = actual.get(path)
        leaf = wanted if there is None else _kept(wanted, there)
        if there == leaf:
            continue
        blocked = path in objects or any(path[:dot] in actual for dot in _dots(path))
        if not blocked and (there is None or _without_changeable(there) == _without_changeable(leaf)):
            addable[path] = leaf
        else:
            fixed.append(path)
    return Comparison(addable, tuple(fixed))


def flat(content: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """A template's content with one key per value, so that what we send equals what OpenSearch gives back.

    Settings come back nested, under `index`, as texts; empty objects and `data_stream`-like nulls are left out.
    """
    found: dict[str, Any] = {}
    for key, value in content.items():
        if key == "settings":
            found |= _settings(value, f"{above}settings.")
        elif isinstance(value, Mapping):
            found |= flat(value, f"{above}{key}.")
        elif value is not None:
            found[above + key] = value
    return found


def fingerprint(content: Mapping[str, Any]) -> str:
    """A short hash of a template's content, equal for what we send and what OpenSearch gives back."""
    canonical = orjson.dumps(flat(content), option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(canonical, digest_size=12).hexdigest()


def differences(desired: Mapping[str, Any], actual: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys in which two contents differ, sorted."""
    here, there = flat(desired), flat(actual)
    return tuple(sorted(key for key in here.keys() | there.keys() if here.get(key) != there.get(key)))


def _settings(value: Mapping[str, Any], above: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            found |= _settings(inner, f"{above}{key}.")
        else:
            found[above + key] = str(inner).lower() if isinstance(inner, bool) else str(inner)
    return found


def _dots(path: str) -> Iterator[int]:
    return (at for at, character in enumerate(path) if character == ".")


def _kept(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is wanted, with the index and the doc values that are there anyway.

    And with a date's format that reads the same texts: the last of several reads all, those before it are quicker.
    """
    spared = {key for key in _SPARED if wanted.get(key) is False and there.get(key, True) is True}
    kept = {key: value for key, value in wanted.items() if key not in spared}
    alone = there.get("format", "")
    return kept | {"format": alone} if alone and kept.get("format", "").endswith(f"||{alone}") else kept


def _without_changeable(leaf: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in leaf.items() if key not in _CHANGEABLE}
