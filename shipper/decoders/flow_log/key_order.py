"""In which order the keys of a document stand: what changes from record to record, together.

On disk documents of one conversation stand together (ADR 0016), and compression pays for each place where one differs
from the one before. So times come first and counters last, next to each other across two documents, and between them
is what a conversation, an interface and a log have in common. All leaves of an object follow one another: so an object
stands at one place, whichever of its leaves a record has.
"""

from collections.abc import Iterable
from typing import Final

_OBJECTS: Final = (
    "@timestamp", "event", "cloud", "orchestrator", "container", "service", "flowtap", "aws", "network", "related",
    "destination", "client", "server", "source",
)  # fmt: skip
_FIRST: Final = ("event.start", "event.action", "event.reason", "event.type", "event.outcome")
_LAST: Final = ("source.packets", "source.bytes")

_Tree = dict[str, "_Tree"]


def in_order(paths: Iterable[str]) -> list[str]:
    """The same dotted paths as their keys stand in a document; what has no order of its own keeps that of `paths`."""
    return list(_leaves(_tree(sorted(paths, key=_rank))))


def _rank(path: str) -> tuple[int, int]:
    inside = _FIRST.index(path) - len(_FIRST) if path in _FIRST else 1 + _LAST.index(path) if path in _LAST else 0
    return _OBJECTS.index(path.split(".", 1)[0]), inside


def _tree(paths: Iterable[str]) -> _Tree:
    tree: _Tree = {}
    for path in paths:
        node = tree
        for key in path.split("."):
            node = node.setdefault(key, {})
    return tree


def _leaves(tree: _Tree) -> Iterable[str]:
    for key, inside in tree.items():
        yield from (f"{key}.{path}" for path in _leaves(inside)) if inside else (key,)
