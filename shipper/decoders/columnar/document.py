"""JSON documents as pieces: leaves that some rows have and others lack, nested by their places.

A row's keys stand in the order of its own leaves' ranks, as in `document.nest`. So rows are grouped first: in a group
every object stands at one place. Rows of one kind (see `kinds`) have the same leaves, so all of this is done with a
row of each kind.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import numpy as np

from shipper.decoders.columnar.cells import Cells, Flags, Ints, Words
from shipper.decoders.columnar.joined import Part, Presence
from shipper.decoders.leaves import Place


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A leaf's JSON value in parts, and which rows have it."""

    place: Place
    parts: Sequence[Part]
    present: Presence = None


def text(cells: Cells | Words) -> list[Part]:
    """A JSON string. Its characters need no escapes."""
    return [(b'"', None), (cells, None), (b'"', None)]


def listed(elements: Sequence[tuple[Sequence[Part], Flags]]) -> list[Part]:
    """Elements that some rows lack, parted by commas."""
    parts: list[Part] = []
    seen: Presence = None
    for inner, present in elements:
        if seen is not None:
            parts.append((b",", seen & present))
        parts += [(piece, present if own is None else own) for piece, own in inner]
        seen = present if seen is None else seen | present
    return parts


def groups(leaves: Sequence[Leaf], models: Ints) -> Iterator[Ints]:
    """Kinds of rows, as places in `models`, grouped so that `parts` may be asked. Leaves ascend by rank."""
    firsts, left = _firsts(leaves, models), np.arange(len(models))
    while len(left):
        equal = np.logical_and.reduce([first == first[len(left) // 2] for first in firsts])
        yield left[equal]
        left, firsts = left[~equal], [first[~equal] for first in firsts]


def parts(leaves: Sequence[Leaf], models: Ints) -> list[Part]:
    """The documents of one group of kinds; cells stay those of all rows. Leaves ascend by rank."""
    chosen = _Chosen(models)
    there = [leaf for each in leaves if (leaf := chosen.leaf(each)) is not None]
    return _object(there, 0)[0]


class _Chosen:
    """Leaves as they are in some kinds of rows: what none of these has is gone, what all have is unconditional."""

    def __init__(self, models: Ints) -> None:
        self._models = models
        self._words: dict[int, Words] = {}
        self._flags: dict[int, tuple[Presence, bool]] = {}

    def leaf(self, leaf: Leaf) -> Leaf | None:
        """None if no kind has it."""
        present, anywhere = self._presence(leaf.present)
        if not anywhere:
            return None
        parts: list[Part] = []
        for piece, own in leaf.parts:
            flags, somewhere = (present, True) if own is None else self._presence(own)
            if somewhere:
                parts.append((self._of(piece) if isinstance(piece, Words) else piece, flags))
        return Leaf(leaf.place, parts, present)

    def _of(self, words: Words) -> Words:
        if id(words) not in self._words:
            self._words[id(words)] = words.take(self._models)
        return self._words[id(words)]

    def _presence(self, flags: Presence) -> tuple[Presence, bool]:
        """None where all have it; whether any has."""
        if flags is None:
            return None, True
        if id(flags) not in self._flags:
            mine = flags[self._models]
            self._flags[id(flags)] = None if mine.all() else mine, bool(mine.any())
        return self._flags[id(flags)]


def _object(leaves: Sequence[Leaf], depth: int) -> tuple[list[Part], Presence]:
    """An object of leaves that stand `depth` objects deep, and which rows have it."""
    inside: list[Part] = []
    whole: Presence = None
    for number, (key, members) in enumerate(_by_key(leaves, depth).items()):
        parts, present = (members[0].parts, members[0].present)
        if len(members[0].place.parents) > depth:
            parts, present = _object(members, depth + 1)
        if number:
            inside.append((b",", _both(whole, present)))
        inside.append((f'"{key}":'.encode("ascii"), present))
        inside += parts
        whole = _either(whole, present) if number else present
    return [(b"{", whole), *inside, (b"}", whole)], whole


def _by_key(leaves: Sequence[Leaf], depth: int) -> dict[str, list[Leaf]]:
    found: dict[str, list[Leaf]] = {}
    for leaf in leaves:
        parents = leaf.place.parents
        found.setdefault(parents[depth] if len(parents) > depth else leaf.place.key, []).append(leaf)
    return found


def _both(one: Presence, other: Presence) -> Presence:
    if one is None or one is other:
        return other
    return one if other is None else one & other


def _either(one: Presence, other: Presence) -> Presence:
    if one is None or other is None:
        return None
    return one if one is other else one | other


def _firsts(leaves: Sequence[Leaf], rows: Ints) -> list[Ints]:
    """For every object that stands at different places in different rows: by row, after how many leaves beside it."""
    found = [np.zeros(len(rows), np.int64)]
    always = tuple(leaf.present is None for leaf in leaves)
    for places in _moving(tuple(leaf.place for leaf in leaves), always):
        first = np.zeros(len(rows), np.int64)
        for at, before in places:
            present = leaves[at].present
            first[slice(None) if present is None else present[rows]] = before
        found.append(first)
    return found


@lru_cache(maxsize=256)
def _moving(places: Sequence[Place], always: Sequence[bool]) -> Sequence[Sequence[tuple[int, int]]]:
    """For each such object its possible first leaves, the last first, and how many leaves beside it stand before."""
    found = []
    for prefix in dict.fromkeys(place.parents[:depth] for place in places for depth in _depths(place)):
        inside = [at for at, place in enumerate(places) if place.parents[: len(prefix)] == prefix]
        until = next((at for at in inside if always[at]), inside[-1])
        before = [*accumulate((_beside(place, prefix) for place in places), initial=1)]
        if before[until] != before[inside[0]]:
            found.append([(at, before[at]) for at in reversed(inside) if at <= until])
    return found


def _depths(place: Place) -> range:
    return range(1, len(place.parents) + 1)


def _beside(place: Place, prefix: tuple[str, ...]) -> bool:
    """Whether a leaf stands in the object around this one, and not in this one."""
    parents = place.parents
    return parents[: len(prefix) - 1] == prefix[:-1] and parents[: len(prefix)] != prefix
