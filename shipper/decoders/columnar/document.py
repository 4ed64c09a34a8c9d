"""JSON documents as pieces: leaves that some rows have and others lack, nested by their places.

A row's keys stand in the order of its own leaves' ranks, as in `flow_log_document.nest`. So rows are grouped first:
in a group every object stands at one place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from shipper.decoders.columnar.cells import Cells, Flags, Ints, literal
from shipper.decoders.columnar.writer import Piece
from shipper.decoders.leaves import Place

LEAST_ALIKE = 64
"""So many rows with the same leaves are written together, with no look at each leaf of each row."""

_MOST_ALIKE = 64

Presence = Flags | None
"""In which rows; None is everywhere, or all that the whole it belongs to is in."""

Part = tuple[Piece, Presence]
Words = NDArray[np.unsignedinteger]


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A leaf's JSON value in parts, and which rows have it."""

    place: Place
    parts: Sequence[Part]
    present: Presence = None


def text(cells: Cells) -> list[Part]:
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


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Rows for which `pieces` may be asked. `alike`: each leaf is in all of them or in none."""

    rows: Ints
    alike: bool


def groups(leaves: Sequence[Leaf], rows: Ints) -> Iterator[Group]:
    """These rows, grouped. Leaves ascend by rank."""
    presences = {id(flags): flags for leaf in leaves for flags in (leaf.present, *(own for _, own in leaf.parts))
                 if flags is not None}  # fmt: skip
    alike, rest = _alike(_bits([*presences.values()], rows), _MOST_ALIKE)
    yield from (Group(rows[group], alike=True) for group in alike if len(group) >= LEAST_ALIKE)
    others = rows[np.sort(np.concatenate([*(group for group in alike if len(group) < LEAST_ALIKE), rest]))]
    if len(others):
        for group in _alike(_firsts(leaves, others), len(others))[0]:
            yield Group(others[group], alike=False)


def pieces(leaves: Sequence[Leaf], group: Group) -> list[Piece]:
    """The documents of one group of rows. Leaves ascend by rank."""
    chosen = _Chosen(group)
    there = [leaf for each in leaves if (leaf := chosen.leaf(each)) is not None]
    return _joined(_object(there, 0)[0])


class _Chosen:
    """Leaves as they are in some rows: what none of these has is gone, what all have is unconditional."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._cells: dict[int, Cells] = {}
        self._flags: dict[int, tuple[Presence, bool]] = {}

    def leaf(self, leaf: Leaf) -> Leaf | None:
        """None if no row has it."""
        present, anywhere = self._presence(leaf.present)
        if not anywhere:
            return None
        parts: list[Part] = []
        for piece, own in leaf.parts:
            flags, somewhere = (present, True) if own is None else self._presence(own)
            if somewhere:
                parts.append((piece if isinstance(piece, bytes) else self._of(piece), flags))
        return Leaf(leaf.place, parts, present)

    def _of(self, cells: Cells) -> Cells:
        if id(cells) not in self._cells:
            self._cells[id(cells)] = cells.take(self._group.rows)
        return self._cells[id(cells)]

    def _presence(self, flags: Presence) -> tuple[Presence, bool]:
        """None where all have it; whether any has."""
        if flags is None:
            return None, True
        if id(flags) not in self._flags:
            self._flags[id(flags)] = self._look(flags)
        return self._flags[id(flags)]

    def _look(self, flags: Flags) -> tuple[Presence, bool]:
        if self._group.alike:
            return None, bool(flags[self._group.rows[0]])
        mine = flags[self._group.rows]
        return None if mine.all() else mine, bool(mine.any())


def _object(leaves: Sequence[Leaf], depth: int) -> tuple[list[Part], Presence]:
    """An object of leaves that stand `depth` objects deep, and which rows have it."""
    inside: list[Part] = []
    seen: list[Presence] = []
    for key, members in _by_key(leaves, depth).items():
        parts, present = (members[0].parts, members[0].present)
        if len(members[0].place.parents) > depth:
            parts, present = _object(members, depth + 1)
        inside += _comma(seen, present)
        inside.append((f'"{key}":'.encode("ascii"), present))
        inside += parts
        seen.append(present)
    whole = _either(seen)
    return [(b"{", whole), *inside, (b"}", whole)], whole


def _by_key(leaves: Sequence[Leaf], depth: int) -> dict[str, list[Leaf]]:
    found: dict[str, list[Leaf]] = {}
    for leaf in leaves:
        parents = leaf.place.parents
        found.setdefault(parents[depth] if len(parents) > depth else leaf.place.key, []).append(leaf)
    return found


def _comma(seen: Sequence[Presence], present: Presence) -> list[Part]:
    if not seen:
        return []
    before = _either(seen)
    if before is None:
        return [(b",", present)]
    return [(b",", before if present is None else before & present)]


def _either(presences: Sequence[Presence]) -> Presence:
    """Where any of these is."""
    found = presences[0]
    for flags in presences[1:]:
        if found is None or flags is None:
            return None
        found = found if flags is found else found | flags
    return found


def _joined(parts: Sequence[Part]) -> list[Piece]:
    """Literals that follow each other in the same rows as one; nothing where a part is absent."""
    found: list[Piece] = []
    for _, run in groupby(parts, key=lambda part: (id(part[1]), isinstance(part[0], bytes) or id(part[0]))):
        same = list(run)
        present = same[0][1]
        literals = b"".join(piece for piece, _ in same if isinstance(piece, bytes))
        if literals:
            found.append(literals if present is None else literal(literals, present))
        else:
            found += [_only(piece, present) for piece, _ in same if not isinstance(piece, bytes)]
    return found


def _only(cells: Cells, present: Presence) -> Cells:
    return cells if present is None else cells.only(present)


def _firsts(leaves: Sequence[Leaf], rows: Ints) -> Words:
    """For every object that stands at different places in different rows: by row, the leaf that it begins with."""
    found = [np.zeros(len(rows), np.uint64)]
    for prefix in dict.fromkeys(leaf.place.parents[:depth] for leaf in leaves for depth in _depths(leaf)):
        inside = [at for at, leaf in enumerate(leaves) if leaf.place.parents[: len(prefix)] == prefix]
        until = next((at for at in inside if leaves[at].present is None), inside[-1])
        if all(at in inside for at in range(inside[0], until) if _beside(leaves[at], prefix)):
            continue
        first = np.zeros(len(rows), np.uint64)
        for at in reversed([at for at in inside if at <= until]):
            present = leaves[at].present
            first[slice(None) if present is None else present[rows]] = at + 1
        found.append(first)
    return np.array(found)


def _depths(leaf: Leaf) -> range:
    return range(1, len(leaf.place.parents) + 1)


def _beside(leaf: Leaf, prefix: tuple[str, ...]) -> bool:
    """Whether a leaf stands in the object around this one."""
    return leaf.place.parents[: len(prefix) - 1] == prefix[:-1]


def _bits(presences: Sequence[Flags], rows: Ints) -> Words:
    """Which of these each row has, eight to a word: (words, rows)."""
    words = np.zeros(
        (max(-(-len(presences) // 8), 1), len(presences[0]) if presences else int(rows.max()) + 1), np.uint8
    )
    for at, present in enumerate(presences):
        words[at // 8] |= present.view(np.uint8) << (at % 8)
    return words[:, rows]


def _alike(words: Words, most: int) -> tuple[list[Ints], Ints]:
    """Columns that are equal, in up to `most` groups, and those left over."""
    left = np.arange(words.shape[1])
    found: list[Ints] = []
    while len(left) and len(found) < most:
        equal = np.logical_and.reduce([word == word[len(left) // 2] for word in words])
        found.append(left[equal])
        left, words = left[~equal], words[:, ~equal]
    return found, left
