"""Which objects are as we left them, and which somebody changed since. Pure.

Every object that we import carries a seal: a hash of its own content, at the end of its description. Whoever saves it
in Dashboards changes the content and keeps the description, so the seal breaks. There is no other place for it: the
mappings of dashboards, visualizations and searches are strict.
"""

import hashlib
import re

import orjson

from dashboards.saved_object import SavedObject, comparable

_SEAL = re.compile(r" ?\[flowtap ([0-9a-f]{12})\]$")
# An index pattern's cache of fields, which Dashboards itself writes anew: how often a field was looked at, new leaves.
_OWN = frozenset({"fields"})


def sealed(found: SavedObject) -> SavedObject:
    """The object with the seal of its content."""
    bare = unsealed(found)
    description = f"{bare.attributes.get('description', '')} [flowtap {fingerprint(bare)}]"
    return bare.with_attributes(description=description.lstrip())


def unsealed(found: SavedObject) -> SavedObject:
    """The object without a seal."""
    if "description" not in found.attributes:
        return found
    description = _SEAL.sub("", str(found.attributes["description"]))
    if not description and found.type == "index-pattern":
        return _without(found, "description")
    return found.with_attributes(description=description)


def is_untouched(found: SavedObject) -> bool:
    """Whether the object is ours and nobody changed it since we wrote it."""
    seal = _SEAL.search(str(found.attributes.get("description", "")))
    return seal is not None and seal[1] == fingerprint(unsealed(found))


def fingerprint(found: SavedObject) -> str:
    """Equal for objects that say the same, however their JSON is spaced and ordered; without their seal."""
    attributes = {key: value for key, value in unsealed(found).attributes.items() if key not in _OWN}
    references = [[each.name, each.type, each.id] for each in sorted(found.references)]
    canonical = orjson.dumps([found.type, comparable(attributes), references], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(canonical, digest_size=6).hexdigest()


def _without(found: SavedObject, key: str) -> SavedObject:
    return SavedObject(
        found.type,
        found.id,
        {name: value for name, value in found.attributes.items() if name != key},
        found.references,
        found.migration_version,
    )
