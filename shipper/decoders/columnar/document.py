"""JSON documents as pieces: leaves that some rows have and others lack, nested by their places.

A row's keys stand in the order of its own leaves' ranks, as in `document.nest`. The leaves of an object have ranks next
to each other, so it stands at one place in all rows. Rows of one kind (see `kinds`) have the same leaves, so all of
this is done with a row of each kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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


def parts(leaves: Sequence[Leaf], models: Ints) -> list[Part]:
    """The documents of these kinds of rows; cells stay those of all rows. Leaves ascend by rank."""
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
