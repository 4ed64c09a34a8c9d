"""The schema this code wants: component and index templates, made from `templates/*.json`.

A file with `uses` is a dataset: it becomes a component of its own leaves and an index template composed of `settings`,
what it uses, and itself. All others are components only. A new dataset is a new file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import orjson

from shipper.opensearch.leaves import Leaves, leaves
from shipper.partition import Unit

SCHEMA_VERSION = 8
"""Raised with any change to a template; code refuses to write where the server's is older."""

MANAGED_BY = "flowtap"
PRIORITY = 200
"""Above the 100 and less that others commonly take; the highest that matches an index wins."""


@dataclass(frozen=True, slots=True)
class Template:
    """A component or index template: what `PUT` takes, without `_meta`. `dataset` is empty for components."""

    name: str
    content: Mapping[str, Any]
    dataset: str = ""

    @property
    def path(self) -> str:
        """Where it is put (APIs `_component_template`, `_index_template`)."""
        return f"/{'_index_template' if self.dataset else '_component_template'}/{self.name}"


@dataclass(frozen=True, slots=True)
class Schema:
    """Everything wanted for one prefix. `units` holds the datasets whose partition unit is set; others keep theirs."""

    prefix: str
    components: tuple[Template, ...]
    indices: tuple[Template, ...]
    leaves: Mapping[str, Leaves]
    units: Mapping[str, Unit]


def desired(prefix: str, *, units: Mapping[str, Unit] | None = None, replicas: int | None = None) -> Schema:
    """The schema for a prefix. `replicas` None: one copy as soon as there is a second data node."""
    shapes = _shapes()
    if replicas is not None:
        shapes["settings"] = {"settings": _with_replicas(shapes["settings"]["settings"], replicas)}
    composed = {name: ["settings", *shape["uses"], name] for name, shape in shapes.items() if "uses" in shape}
    return Schema(
        prefix=prefix,
        components=tuple(
            Template(component_name(prefix, name), {"template": {k: v for k, v in shape.items() if k != "uses"}})
            for name, shape in sorted(shapes.items())
        ),
        indices=tuple(_index_template(prefix, name, parts) for name, parts in sorted(composed.items())),
        leaves={name: _leaves(shapes, parts) for name, parts in composed.items()},
        units=dict(units or {}),
    )


def datasets() -> tuple[str, ...]:
    """Every dataset that has a template."""
    return tuple(sorted(name for name, shape in _shapes().items() if "uses" in shape))


def component_name(prefix: str, name: str) -> str:
    """What a component template is called."""
    return f"{prefix}-component-{name}"


def template_name(prefix: str, dataset: str) -> str:
    """What an index template is called."""
    return f"{prefix}-{dataset}"


def _index_template(prefix: str, dataset: str, parts: list[str]) -> Template:
    name = template_name(prefix, dataset)
    content = {
        "index_patterns": [f"{name}-*"],
        "priority": PRIORITY,
        "composed_of": [component_name(prefix, part) for part in parts],
    }
    return Template(name, content, dataset)


def _leaves(shapes: Mapping[str, Any], parts: list[str]) -> Leaves:
    return {
        path: leaf
        for part in parts
        for path, leaf in leaves(shapes[part].get("mappings", {}).get("properties", {})).items()
    }


def _with_replicas(settings: Mapping[str, Any], replicas: int) -> dict[str, Any]:
    kept = {key: value for key, value in settings.items() if key != "index.auto_expand_replicas"}
    return kept | {"index.number_of_replicas": replicas}


def _shapes() -> dict[str, dict[str, Any]]:
    folder = files("shipper.opensearch") / "templates"
    return {
        entry.name.removesuffix(".json"): orjson.loads(entry.read_bytes())
        for entry in folder.iterdir()
        if entry.name.endswith(".json")
    }
