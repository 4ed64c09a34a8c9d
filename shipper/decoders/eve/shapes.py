"""One object of an event after its table: what has an ECS name moves, what is not of its kind or not known moves aside.

Objects come in few shapes (their keys, and the types of their values). What is to be done with one is worked out once
for each shape and kept; most shapes need nothing, or a few moves. An object is changed in place: it is the document's.
Never raises for what an object holds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shipper.decoders.eve.table import Kind, Leaf, Table, snake
from shipper.decoders.eve.values import AS_IT_IS, READERS, hashed, shown

MOST_SHAPES = 2048
"""Kept for one table. Who sends more makes decoding slower, not larger."""

MALFORMED_CHARACTERS = 256

Read = Callable[[Any], Any]


@dataclass(slots=True)
class Fitted:
    """The document so far, and what has no place in it."""

    document: dict[str, Any]
    malformed: list[dict[str, str]] = field(default_factory=list)
    unknown: dict[str, Any] = field(default_factory=dict)
    opaque: bool = False
    """Whether a part of it was kept as JSON text."""

    def put_aside(self, path: str, value: Any) -> None:
        """A value that is not of its leaf's kind."""
        self.malformed.append({"path": path, "text": shown(value)[:MALFORMED_CHARACTERS]})


class _Seldom(NamedTuple):
    """What few objects need, by key."""

    drop: Sequence[str]
    unknown: Sequence[str]
    lists: Sequence[tuple[str, Table]]
    values: Sequence[tuple[str, Leaf]]
    opaque: bool


class _Plan(NamedTuple):
    """What to do with an object of one shape, by key. `moves` and `read_moves` go to an object of the document."""

    seldom: _Seldom | None
    objects: Sequence[tuple[str, Table]]
    reads: Sequence[tuple[str, Leaf, Read]]
    moves: Sequence[tuple[tuple[str, ...], Sequence[tuple[str, str, Leaf, Read | None]]]]


def fit(node: dict[str, Any], table: Table, out: Fitted) -> None:
    """Change an object, and all objects in it, into what the document holds of it."""
    kept = table.plans.get((*node, *map(type, node.values())))
    seldom, objects, reads, moves = kept if isinstance(kept, _Plan) else _worked_out(node, table)
    if seldom is not None:
        _fit_seldom(node, seldom, table, out)
    for key, below in objects:
        inner = node[key]
        fit(inner, below, out)
        if not inner:
            del node[key]
    for key, leaf, read in reads:
        value = read(node[key])
        if value is None:
            out.put_aside(leaf.path, node.pop(key))
        else:
            node[key] = value
    for path, leaves in moves:
        _move(node, object_at(out.document, path) if path else node, leaves, out)


def _move(
    node: dict[str, Any], target: dict[str, Any], leaves: Sequence[tuple[str, str, Leaf, Read | None]], out: Fitted
) -> None:
    for key, name, leaf, read in leaves:
        value = given = node.pop(key)
        if read is not None and (value := read(given)) is None:
            out.put_aside(leaf.path, given)
        elif target.setdefault(name, value) is not value:
            target[name] = _both(target[name], value)


def _fit_seldom(node: dict[str, Any], seldom: _Seldom, table: Table, out: Fitted) -> None:
    out.opaque = out.opaque or seldom.opaque
    for key in seldom.drop:
        del node[key]
    for key in seldom.unknown:
        path = f"{table.path}.{key}" if table.path else key
        out.unknown[path] = _unknown(path, node.pop(key), table.private)
    for key, below in seldom.lists:
        found = node[key]
        node[key] = [each for each in (found if type(found) is list else [found]) if _fit_element(each, below, out)]
    for key, leaf in seldom.values:
        node[key] = _fit_values(node[key], leaf, out)


def _unknown(path: str, value: Any, private: Mapping[str, Kind]) -> Any:
    """A value that is kept as text, without what is somebody's own in it: no table looks there."""
    if not private:
        return value
    if private.get(path) is Kind.HASHED:
        return hashed(value)
    if isinstance(value, list):
        return [_unknown(path, each, private) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _unknown(f"{path}.{key}", each, private)
        for key, each in value.items()
        if private.get(f"{path}.{key}") is not Kind.DROPPED
    }


def object_at(document: dict[str, Any], path: Sequence[str]) -> dict[str, Any]:
    """The object at a path of a document, made where it is missing."""
    for step in path:
        inner = document.get(step)
        if inner is None:
            inner = document[step] = {}
        document = inner
    return document


def _fit_element(each: Any, table: Table, out: Fitted) -> bool:
    if type(each) is not dict:
        out.put_aside(table.name, each)
        return False
    fit(each, table, out)
    return bool(each)


def _fit_values(values: list[Any], leaf: Leaf, out: Fitted) -> list[Any]:
    """A list of values: those of the leaf's kind."""
    as_it_is = AS_IT_IS.get(leaf.kind)
    if all(type(each) is as_it_is for each in values):
        return values
    kept = []
    read = READERS[leaf.kind]
    for each in values:
        value = None if isinstance(each, (dict, list)) and leaf.kind is not Kind.HASHED else read(each)
        if value is not None:
            kept.append(value)
        elif each is not None:
            out.put_aside(leaf.path, each)
    return kept


def _both(one: Any, other: Any) -> list[Any]:
    """Two sources of one leaf: all that is different."""
    found = one if isinstance(one, list) else [one]
    return [*found, *(each for each in (other if isinstance(other, list) else [other]) if each not in found)]


class _Draft:
    """A plan being worked out."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.drop: list[str] = []
        self.unknown: list[str] = []
        self.objects: list[tuple[str, Table]] = []
        self.lists: list[tuple[str, Table]] = []
        self.values: list[tuple[str, Leaf]] = []
        self.reads: list[tuple[str, Leaf, Read]] = []
        self.moves: dict[tuple[str, ...], list[tuple[str, str, Leaf, Read | None]]] = {}
        self.opaque = False

    def add(self, key: str, value: Any) -> None:
        """What becomes of a key with a value of this type."""
        below, leaf = self._table.objects.get(key), self._table.leaves.get(key)
        if value is None or (leaf is not None and leaf.kind is Kind.DROPPED):
            self.drop.append(key)
        elif below is not None and type(value) in (dict, list) and (below.in_list or type(value) is dict):
            (self.lists if below.in_list else self.objects).append((key, below))
        elif leaf is not None:
            self._add_leaf(key, leaf, value)
        elif below is not None and type(value) is not list:
            self.reads.append((key, Leaf(Kind.TEXT, below.name), _nothing))
        else:
            self.unknown.append(key)

    def _add_leaf(self, key: str, leaf: Leaf, value: Any) -> None:
        read: Read | None = READERS[leaf.kind]
        if leaf.kind is Kind.JSON:
            self.opaque = True
        elif type(value) is list:
            self.values.append((key, leaf))
            read = None
        elif type(value) is AS_IT_IS.get(leaf.kind):
            read = None
        name = leaf.moved[-1] if leaf.moved else snake(key)
        if leaf.moved or name != key:
            self.moves.setdefault(leaf.moved[:-1], []).append((key, name, leaf, read))
        elif read is not None:
            self.reads.append((key, leaf, read))

    def plan(self) -> _Plan:
        """The finished plan."""
        seldom = _Seldom(tuple(self.drop), tuple(self.unknown), tuple(self.lists), tuple(self.values), self.opaque)
        return _Plan(
            seldom if any(seldom) else None,
            tuple(self.objects),
            tuple(self.reads),
            tuple((path, tuple(leaves)) for path, leaves in self.moves.items()),
        )


def _nothing(_value: Any) -> None:
    """An object was expected: no other value will do."""


def _worked_out(node: dict[str, Any], table: Table) -> _Plan:
    draft = _Draft(table)
    for key, value in node.items():
        draft.add(key, value)
    plan = draft.plan()
    if len(table.plans) < MOST_SHAPES:
        table.plans[(*node, *map(type, node.values()))] = plan
    return plan
