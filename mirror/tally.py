"""What was seen of mirrored packets: frames by VNI, drops by reason, and what was odd. Adds up, in bounded memory."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np

from mirror.frames import Drop, Mirrored, Places

MOST_VNIS: Final = 20_000
"""VNIs counted one by one; AWS allows 10,000 sessions an account. Packets of further ones are counted together."""


@dataclass(frozen=True, slots=True)
class VniSum:
    """Frames of one VNI and their bytes, as mirrored: without what they were wrapped in."""

    packets: int
    octets: int


class Tally:
    """Counts blocks. `frames` = mirrored + all of `drops`."""

    def __init__(self, most_vnis: int = MOST_VNIS) -> None:
        self.frames = 0
        self.mirrored = 0
        self.octets = 0
        self.drops: Counter[Drop] = Counter()
        self.truncated = 0
        self.reserved_bits = 0
        self.tags_stripped = 0
        self.duplicates = 0
        self.beyond_most_vnis = 0
        self._most_vnis = most_vnis
        self._vnis: Places = np.empty(0, np.int64)  # in order
        self._packets: Places = np.empty(0, np.int64)
        self._octets: Places = np.empty(0, np.int64)

    def add(self, found: Mirrored) -> None:
        """Counts the mirrored frames of a block, and its drops."""
        self.frames += len(found.drops)
        self.mirrored += len(found)
        if len(found) < len(found.drops):
            counts = np.bincount(found.drops, minlength=len(Drop))
            self.drops.update({drop: int(counts[drop]) for drop in Drop if drop and counts[drop]})
        self.truncated += int(np.count_nonzero(found.truncated))
        self.reserved_bits += int(np.count_nonzero(found.reserved))
        self.tags_stripped += int(np.maximum(found.own_tags - 1, 0).sum())
        sizes = found.ends - found.starts
        self.octets += int(sizes.sum())
        self._add_vnis(found.vnis, sizes)

    def columns(self) -> tuple[Places, Places, Places]:
        """VNIs in order, the packets and the bytes of each; copies."""
        return self._vnis.copy(), self._packets.copy(), self._octets.copy()

    @property
    def vnis(self) -> dict[int, VniSum]:
        """By VNI, in order."""
        columns = (self._vnis.tolist(), self._packets.tolist(), self._octets.tolist())
        return {vni: VniSum(packets, octets) for vni, packets, octets in zip(*columns, strict=True)}

    def _add_vnis(self, vnis: Places, sizes: Places) -> None:
        places, known = self._places(vnis)
        if not known.all():
            self._learn(vnis[~known])
            places, known = self._places(vnis)
            self.beyond_most_vnis += len(vnis) - int(np.count_nonzero(known))
            places, sizes = places[known], sizes[known]
        count = len(self._vnis)
        self._packets += np.bincount(places, minlength=count)
        self._octets += np.bincount(places, weights=sizes, minlength=count).astype(np.int64)

    def _places(self, vnis: Places) -> tuple[Places, "np.typing.NDArray[np.bool_]"]:
        """Where each VNI is counted, and whether it has such a place."""
        if not len(self._vnis):
            return np.zeros(len(vnis), np.int64), np.zeros(len(vnis), np.bool_)
        places = np.minimum(np.searchsorted(self._vnis, vnis), len(self._vnis) - 1)
        return places, self._vnis[places] == vnis

    def _learn(self, strangers: Places) -> None:
        new = np.unique(strangers)[: max(0, self._most_vnis - len(self._vnis))]
        at = np.searchsorted(self._vnis, new)
        self._vnis = np.insert(self._vnis, at, new)
        self._packets = np.insert(self._packets, at, 0)
        self._octets = np.insert(self._octets, at, 0)
