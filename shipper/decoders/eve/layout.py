"""The text of a pattern, and the document's gaps: values that are neighbours in both, with the same between, are one.

In: a line and a document with marks, as `marks` and `learned` cut them up. Out: a regular expression and a template
with as few groups as can be: what a line costs is the number of its groups, not that of its bytes.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

_LETTERS = bytes.maketrans(b"0123456789", b"ABCDEFGHIJ")


class Hole(NamedTuple):
    """A place in a line: what may stand there, between quotation marks or not, and its first group.

    `groups`: how many its pattern brings along; none, and the whole is one. `again`: the group whose value it is.
    """

    pattern: bytes
    quoted: bool
    group: int = -1
    groups: int = 0
    again: int = -1

    @property
    def quote(self) -> bytes:
        """What stands before and behind the value."""
        return b'"' if self.quoted else b""


class Layout(NamedTuple):
    """A pattern, how many groups it has, the new numbers of the groups; a template and the values of its gaps."""

    pattern: bytes
    groups: int
    numbers: Mapping[int, int]
    template: bytes
    order: Sequence[int]


def cut(document: bytes, places: Mapping[bytes, int]) -> tuple[list[bytes], list[int]]:
    """A document's texts between marks, and the group of each mark. No document holds a NUL."""
    groups = {}
    for number, text in enumerate(sorted(places, key=len, reverse=True)):
        sign = (b"%d" % number).translate(_LETTERS)  # in which no mark is found
        groups[sign] = places[text]
        document = document.replace(text, b"\0%b\0" % sign)
    parts = document.split(b"\0")
    return parts[::2], [groups[sign] for sign in parts[1::2]]


def layout(
    line: Sequence[bytes], holes: Sequence[Hole], document: Sequence[bytes], order: Sequence[int], plain: Set[int]
) -> Layout:
    """`line`: texts, and by turns with them the numbers of holes; `document` and `order`: what `cut` gives.

    `plain`: groups that nothing is asked of.
    """
    there = [holes[int(number)] for number in line[1::2]]
    joined = _joined(there, line[2:-1:2], order, document[1:-1], plain)
    text = _Text(joined)
    for before, hole in zip(line[::2], there, strict=False):
        text.add(re.escape(before), hole)
    gaps = list(_gaps(document, order, joined))
    template = b"%b".join(each.replace(b"%", b"%%") for each in (document[0], *(behind for _, behind in gaps)))
    pattern = b"".join([*text.parts, re.escape(line[-1])])
    return Layout(pattern, text.groups, text.numbers, template, [at for at, _ in gaps])


def _joined(
    there: Sequence[Hole], line: Sequence[bytes], order: Sequence[int], document: Sequence[bytes], plain: Set[int]
) -> Set[int]:
    """The groups that are one with the group behind them."""
    behind = {
        one.group: (other.group, one.quote + between + other.quote)
        for (one, other), between in zip(pairwise(there), line, strict=True)
    }
    alone = {at for at, times in Counter(order).items() if times > 1 or at not in plain}
    return {
        one
        for (one, other), between in zip(pairwise(order), document, strict=True)
        if behind.get(one) == (other, between) and not {one, other} & alone
    }


def _gaps(texts: Sequence[bytes], order: Sequence[int], joined: Set[int]) -> Iterator[tuple[int, bytes]]:
    """The first group of each gap, and the text behind it."""
    first = True
    for at, behind in zip(order, texts[1:], strict=True):
        if first:
            begin = at
        first = at not in joined
        if first:
            yield begin, behind


@dataclass(slots=True)
class _Text:
    """A pattern as it grows."""

    joined: Set[int]
    parts: list[bytes] = field(default_factory=list)
    groups: int = 0
    numbers: dict[int, int] = field(default_factory=dict)
    _open: bool = False

    def add(self, before: bytes, hole: Hole) -> None:
        """A text and the hole behind it."""
        self.parts += [before, hole.quote, self._hole(hole), hole.quote]

    def _hole(self, hole: Hole) -> bytes:
        if hole.again >= 0:
            return b"\\%d" % (self.numbers[hole.again] + 1)
        if hole.groups:
            self._number(hole.group, hole.groups)
            return hole.pattern
        begins, self._open = not self._open, hole.group in self.joined
        if begins:
            self._number(hole.group, 1)
        if begins and not self._open:
            return b"(%b)" % hole.pattern
        return b"%b(?:%b)%b" % (b"(" * begins, hole.pattern, b")" * (not self._open))

    def _number(self, group: int, groups: int) -> None:
        self.numbers |= {group + at: self.groups + at for at in range(groups)}
        self.groups += groups
