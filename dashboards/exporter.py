"""Objects edited in the browser, back into files.

What comes out is as `build` writes it: sorted, without seals and what the server added, for the prefix `flowtap`. So a
difference between two exports is what somebody changed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.build import DEFAULT_RANGE, PATTERNS_FILE
from dashboards.bundle import brought_home, id_prefix, read
from dashboards.client import Dashboards
from dashboards.errors import DashboardsRefused
from dashboards.model import PREFIX
from dashboards.saved_object import Key, SavedObject, line, normal
from dashboards.seal import unsealed


def exported(server: Dashboards, names: Sequence[str], prefix: str, workspace: str = "") -> dict[str, bytes]:
    """Name → NDJSON: index patterns, and each dashboard with what is on it. Raises DashboardsRefused for one missing.

    An object on two dashboards is in the file of the first.
    """
    keys = {name: ("dashboard", f"{id_prefix(prefix, workspace)}-{name}") for name in names}
    there = server.objects(keys.values())
    if missing := [name for name, key in keys.items() if key not in there]:
        raise DashboardsRefused(f"no dashboard {', '.join(missing)} is there: import it first")
    patterns: dict[Key, SavedObject] = {}
    seen: set[Key] = set()
    files: dict[str, bytes] = {}
    for name, key in keys.items():
        objects = [_clean(each) for each in brought_home(read(server.export_objects([key])), prefix, workspace)]
        patterns |= {each.key: each for each in objects if each.type == "index-pattern"}
        own = [each for each in objects if each.type != "index-pattern" and each.key not in seen]
        seen |= {each.key for each in own}
        files[name] = _lines(own)
    return {PATTERNS_FILE: _lines(list(patterns.values()))} | files


def _clean(found: SavedObject) -> SavedObject:
    bare = unsealed(found)
    attributes: Mapping[str, Any] = normal(bare.attributes)
    if bare.type == "dashboard":  # an import sets the range to that of the data
        attributes = {**attributes, "timeFrom": DEFAULT_RANGE[0], "timeTo": DEFAULT_RANGE[1]}
    return bare.with_attributes(**attributes)


def _lines(objects: Sequence[SavedObject]) -> bytes:
    """What a dashboard refers to comes before it."""
    ordered = sorted(objects, key=lambda each: (each.type == "dashboard", not each.id.startswith(PREFIX), each.key))
    return b"".join(line(each) for each in ordered)
