"""A saved object of OpenSearch Dashboards, as it stands on a line of NDJSON. Pure.

Attributes that hold JSON as text are kept as text; `comparable` opens them, so that spacing
and order make no difference.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from dashboards.errors import ObjectsInvalid

# The highest that every supported version knows, 2.8 and 3.x alike; a higher one has the whole file refused.
MIGRATION_VERSIONS: Mapping[str, str] = {
    "dashboard": "7.9.3",
    "visualization": "7.10.0",
    "search": "7.9.3",
    "index-pattern": "7.6.0",
}
_JSON_TEXTS = frozenset(
    {"visState", "uiStateJSON", "panelsJSON", "optionsJSON", "searchSourceJSON", "fields", "fieldFormatMap"}
)

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """What an object needs: another one, by type and id, under the name it is called inside."""

    name: str
    type: str
    id: str

    @property
    def key(self) -> Key:
        """Type and id."""
        return (self.type, self.id)


@dataclass(frozen=True, slots=True)
class SavedObject:
    """`migration_version` None: it says none, so every migration runs."""

    type: str
    id: str
    attributes: Mapping[str, Any]
    references: tuple[Reference, ...] = ()
    migration_version: str | None = None

    @property
    def key(self) -> Key:
        """Type and id."""
        return (self.type, self.id)

    @property
    def title(self) -> str:
        """What people call it."""
        return str(self.attributes.get("title", self.id))

    @property
    def name(self) -> str:
        """As messages call it."""
        return f"{self.type}:{self.id}"

    def with_attributes(self, **changed: Any) -> "SavedObject":
        """The same object with these attributes changed."""
        return replace(self, attributes={**self.attributes, **changed})


def made(
    kind: str, object_id: str, attributes: Mapping[str, Any], references: tuple[Reference, ...] = ()
) -> SavedObject:
    """An object of ours, at the version of its type that we write."""
    return SavedObject(kind, object_id, attributes, tuple(sorted(references)), MIGRATION_VERSIONS.get(kind))


def text(value: Any) -> str:
    """JSON for an attribute that holds JSON: always the same for the same value."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def line(found: SavedObject) -> bytes:
    """The object as a line of NDJSON, its end included; keys are sorted."""
    content: dict[str, Any] = {
        "type": found.type,
        "id": found.id,
        "attributes": found.attributes,
        "references": [{"name": each.name, "type": each.type, "id": each.id} for each in found.references],
    }
    if found.migration_version is not None:
        content["migrationVersion"] = {found.type: found.migration_version}
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def parsed(content: Any) -> SavedObject:
    """An object as Dashboards gives it, or a line of a file. Raises ObjectsInvalid for anything else."""
    try:
        references = [
            Reference(str(each["name"]), str(each["type"]), str(each["id"])) for each in content.get("references") or ()
        ]
        kind, attributes = str(content["type"]), content["attributes"]
        version = (content.get("migrationVersion") or {}).get(kind)
        return SavedObject(kind, str(content["id"]), dict(attributes), tuple(sorted(references)), version)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ObjectsInvalid(f"not a saved object ({type(error).__name__} {error}): {str(content)[:80]}") from error


def comparable(value: Any, key: str = "") -> Any:
    """Attributes with the JSON in their texts opened, all the way down."""
    if isinstance(value, Mapping):
        return {name: comparable(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [comparable(inner) for inner in value]
    if key in _JSON_TEXTS and isinstance(value, str):
        try:
            return comparable(orjson.loads(value))
        except orjson.JSONDecodeError:
            return value
    return value


def normal(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes whose JSON texts are spaced and ordered as we write them."""
    return {key: _normal(value, key) for key, value in attributes.items()}


def _normal(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        return normal(value)
    if key in _JSON_TEXTS and isinstance(value, str):
        opened = comparable(value, key)
        return value if isinstance(opened, str) else text(opened)
    return value
