"""What both kinds of records call a leaf of their documents."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf that no received value is copied to: its path, its OpenSearch type, what it says."""

    path: str
    kind: str
    meaning: str


class Place(NamedTuple):
    """Where a leaf stands in a document: its rank among all leaves, the objects around it, its own key."""

    rank: int
    parents: tuple[str, ...]
    key: str
