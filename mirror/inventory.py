"""Who a VNI stands for, and since when: the inventory file, checked. Text in, frozen sessions out; reads no file.

A JSON object with a list `sessions`. An entry needs `vni`; everything else may be left out, and keys that are not known
are refused, for they are likely misspelt ones.
"""

import json
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from mirror.errors import BadInventory
from mirror.vxlan import MAX_VNI


@dataclass(frozen=True, slots=True)
class MirroredInterface:
    """What a VNI stands for from `valid_from` until before `valid_to`; without one of them, ever."""

    vni: int
    session_id: str = ""
    eni: str = ""
    instance_id: str = ""
    vpc_id: str = ""
    subnet_id: str = ""
    account_id: str = ""
    region: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    valid_from: datetime | None = None
    valid_to: datetime | None = None


_NAMES = {each.name for each in fields(MirroredInterface)}
_TEXTS = _NAMES - {"vni", "tags", "valid_from", "valid_to"}
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def read_inventory(text: str) -> tuple[MirroredInterface, ...]:
    """All entries. Raises BadInventory, which names the entry."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as trouble:
        raise BadInventory(f"not JSON: {trouble}") from trouble
    if not isinstance(found, dict) or not isinstance(entries := found.get("sessions"), list):
        raise BadInventory('it must be a JSON object with a list "sessions"')
    read = tuple(_entry(number, entry) for number, entry in enumerate(entries, 1))
    _check_times(read)
    return read


def _entry(number: int, entry: Any) -> MirroredInterface:
    where = f"entry {number} of sessions"
    if not isinstance(entry, dict):
        raise BadInventory(f"{where} is no JSON object")
    if strange := sorted(entry.keys() - _NAMES):
        raise BadInventory(f"{where} has {strange[0]!r}; known are {', '.join(sorted(_NAMES))}")
    vni = entry.get("vni")
    if type(vni) is not int or not 0 <= vni <= MAX_VNI:
        raise BadInventory(f"{where}: vni must be a whole number from 0 to {MAX_VNI}")
    if wrong := sorted(name for name in _TEXTS & entry.keys() if not isinstance(entry[name], str)):
        raise BadInventory(f"{where}: {wrong[0]} must be text")
    try:
        json.dumps(entry, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise BadInventory(f"{where} holds half a character (a lone surrogate)") from None
    tags = entry.get("tags", {})
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        raise BadInventory(f"{where}: tags must be an object of texts")
    times = {name: _time(where, name, entry.get(name)) for name in ("valid_from", "valid_to")}
    return MirroredInterface(**{**entry, "tags": tags, **times})


def _time(where: str, name: str, given: Any) -> datetime | None:
    if given is None:
        return None
    try:
        when = datetime.fromisoformat(given)
    except (TypeError, ValueError):
        when = None
    if when is None or when.tzinfo is None:
        raise BadInventory(f"{where}: {name} must be a time with its offset, such as 2026-11-20T12:00:00Z")
    return when.astimezone(UTC)


def _check_times(entries: tuple[MirroredInterface, ...]) -> None:
    """One VNI stands for one interface at a time, or an event would be somebody's by chance."""
    ordered = sorted(entries, key=lambda each: (each.vni, each.valid_from or _FIRST))
    for each in ordered:
        if each.valid_from and each.valid_to and each.valid_to <= each.valid_from:
            raise BadInventory(f"VNI {each.vni} ends at {each.valid_to}, before it begins")
    for one, following in pairwise(ordered):
        if one.vni == following.vni and (one.valid_to or _LAST) > (following.valid_from or _FIRST):
            raise BadInventory(
                f"VNI {one.vni} stands for {one.eni or 'one'} and {following.eni or 'another'} at one time"
            )
