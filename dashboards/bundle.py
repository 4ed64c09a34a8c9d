"""The saved objects that are shipped: read, and written for another prefix or workspace. Pure but for `packaged`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

import orjson

from dashboards.errors import ObjectsInvalid
from dashboards.model import PREFIX
from dashboards.saved_object import Reference, SavedObject, parsed

SUFFIX = ".ndjson"


def packaged() -> dict[str, bytes]:
    """The files of `dashboards/objects`, by their names without suffix; index patterns come first."""
    folder = files("dashboards") / "objects"
    found = {
        entry.name.removesuffix(SUFFIX): entry.read_bytes() for entry in folder.iterdir() if entry.name.endswith(SUFFIX)
    }
    return dict(sorted(found.items(), key=lambda entry: (entry[0] != "patterns", entry[0])))


def read(content: bytes, name: str = "") -> list[SavedObject]:
    """The objects of a file of NDJSON; the summary that an export ends with is passed over. Raises ObjectsInvalid."""
    found = []
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise ObjectsInvalid(f"{name}, line {number}: not JSON ({error})") from error
        if not (isinstance(value, dict) and "exportedCount" in value):
            found.append(parsed(value))
    return found


def shipped(prefix: str = PREFIX, workspace: str = "") -> list[SavedObject]:
    """All that is shipped, for this index prefix and workspace, index patterns first."""
    objects = [each for name, content in packaged().items() for each in read(content, name)]
    return placed(objects, prefix, workspace)


def id_prefix(prefix: str, workspace: str = "") -> str:
    """What every id begins with. Ids that exist in another workspace would be copied anew at every import."""
    return f"{workspace}-{prefix}" if workspace else prefix


def placed(objects: Iterable[SavedObject], prefix: str, workspace: str = "") -> list[SavedObject]:
    """Objects written for the prefix `flowtap`, rewritten: ids, references, links, indices of index patterns."""
    move = _Move(PREFIX, prefix, PREFIX, id_prefix(prefix, workspace))
    return [move(each) for each in objects]


def brought_home(objects: Iterable[SavedObject], prefix: str, workspace: str = "") -> list[SavedObject]:
    """The other way round: objects of that prefix and workspace as they are written for the prefix `flowtap`."""
    move = _Move(prefix, PREFIX, id_prefix(prefix, workspace), PREFIX)
    return [move(each) for each in objects]


@dataclass(frozen=True, slots=True)
class _Move:
    """From one prefix of indices and ids to another; ids of others stay."""

    index: str
    new_index: str
    id: str
    new_id: str

    def __call__(self, found: SavedObject) -> SavedObject:
        attributes = _links(found.attributes, f"/view/{self.id}-", f"/view/{self.new_id}-")
        if found.type == "index-pattern":
            titles = [_swapped(each, self.index, self.new_index) for each in str(attributes["title"]).split(",")]
            attributes["title"] = ",".join(titles)
        references = tuple(
            Reference(each.name, each.type, _swapped(each.id, self.id, self.new_id)) for each in found.references
        )
        new_id = _swapped(found.id, self.id, self.new_id)
        return replace(found, id=new_id, attributes=attributes, references=tuple(sorted(references)))


def _swapped(name: str, old: str, new: str) -> str:
    return new + name.removeprefix(old) if name.startswith(f"{old}-") else name


def _links(value: Any, old: str, new: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _links(inner, old, new) for key, inner in value.items()}
    if isinstance(value, list):
        return [_links(inner, old, new) for inner in value]
    return value.replace(old, new) if isinstance(value, str) else value


def with_range(objects: Iterable[SavedObject], since: str, until: str) -> list[SavedObject]:
    """The objects, with dashboards that open with this range."""
    return [
        each.with_attributes(timeFrom=since, timeTo=until) if each.type == "dashboard" else each for each in objects
    ]


def unresolved(objects: Sequence[SavedObject], elsewhere: Iterable[tuple[str, str]] = ()) -> list[str]:
    """A line for each reference that leads nowhere: Dashboards itself imports a dashboard whose panels are missing."""
    known = {each.key for each in objects} | set(elsewhere)
    return [
        f"{each.name}: refers to {reference.type}:{reference.id} ({reference.name}), which is nowhere"
        for each in objects
        for reference in each.references
        if reference.key not in known
    ]
