"""The tables of EVE's fields, read once into what decoding, the templates' check and docs/fields.md go by.

A table says of one object of an event which keys it may have, of what kind each is, and where it goes in a document:
to its ECS name, or where it stands, below `suricata.eve`, in lower snake case.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from shipper.decoders.eve.fields_core import CORE
from shipper.decoders.eve.fields_mirror import MIRROR
from shipper.decoders.eve.fields_protocols import PROTOCOLS
from shipper.decoders.eve.fields_stats import STATS
from shipper.decoders.eve.fields_web import WEB

OWN = "suricata.eve"


class Kind(Enum):
    """How a value is checked; the value is the OpenSearch type of its leaf."""

    TEXT = "keyword"
    COUNT = "long"
    NUMBER = "double"
    FLAG = "boolean"
    IP = "ip"
    TIME = "date"
    MAC = "keyword, a MAC address"
    UNINDEXED = "keyword, not indexed"
    JSON = "keyword, not indexed, JSON text"
    HASHED = "keyword, not indexed, hashed"
    DROPPED = "nothing"


_KINDS = {
    "": Kind.TEXT, "n": Kind.COUNT, "c": Kind.COUNT, "f": Kind.NUMBER, "b": Kind.FLAG, "ip": Kind.IP, "t": Kind.TIME,
    "mac": Kind.MAC, "x": Kind.UNINDEXED, "j": Kind.JSON,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value: its kind and its path in the document. `moved` is that path in steps, empty for one that stays."""

    kind: Kind
    path: str
    moved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One object of an event, or each of a list of objects.

    `private`: the kinds that take the place of the tables' own in the whole event, by path in EVE.
    `plans` is for `shapes`: what it worked out for the shapes it met.
    """

    path: str
    name: str
    in_list: bool = False
    leaves: dict[str, Leaf] = field(default_factory=dict)
    objects: dict[str, "Table"] = field(default_factory=dict)
    private: Mapping[str, Kind] = field(default_factory=dict)
    plans: dict[tuple[object, ...], object] = field(default_factory=dict)


@lru_cache(maxsize=1)
def families() -> Mapping[str, str]:
    """Every object's path and words, of all families."""
    return {**CORE, **WEB, **PROTOCOLS, **STATS, **MIRROR}


def table(kinds: Mapping[str, Kind] | None = None, objects: Container[str] | None = None) -> Table:
    """The table of a whole event, with these objects below it, or all.

    `kinds` take the place of those in the tables for some keys, by path in EVE.
    """
    root = Table("", "", private=kinds or {})
    tables = {"": root}
    for path, words in families().items():
        if objects is not None and path.replace("[]", "").split(".")[0] not in objects:
            continue
        here = _table(tables, path.replace("[]", ""), in_list=path.endswith("[]"))
        for word in words.split():
            _add(here, word, kinds or {}, in_list="[]" in path)
    return root


def snake(key: str) -> str:
    """A key as it is called in a document."""
    return key.replace("-", "_").lower()


def leaves(node: Table) -> Iterator[tuple[str, Leaf]]:
    """Every leaf below a table, by its path in EVE, in the tables' order."""
    above = f"{node.path}." if node.path else ""
    for key, leaf in node.leaves.items():
        yield above + key, leaf
    for below in node.objects.values():
        yield from leaves(below)


def _table(tables: dict[str, Table], path: str, *, in_list: bool = False) -> Table:
    if path not in tables:
        above, _, key = path.rpartition(".")
        parent = _table(tables, above)
        name = ".".join(snake(step) for step in path.split("."))
        parent.objects[key] = tables[path] = Table(path, f"{OWN}.{name}", in_list, private=parent.private)
    return tables[path]


def _add(here: Table, word: str, kinds: Mapping[str, Kind], *, in_list: bool) -> None:
    key, _, target = word.partition(">")
    key, _, kind = key.partition(":")
    for name in (key, f"{key}_delta") if kind == "c" else (key,):
        path = target or f"{here.name or OWN}.{snake(name)}"
        wanted = kinds.get(f"{here.path}.{name}" if here.path else name, _KINDS[kind])
        if target and in_list:
            raise ValueError(f"{here.path}.{key}: in a list of objects nothing can be moved out")
        moved = tuple(path.split(".")) if target else ()
        here.leaves[name] = Leaf(wanted, path, moved)
