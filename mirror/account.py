"""What a listener came to: everything it counted since it began, at one moment; what happened between two of them.

Looked at by the thread that listens, handed to others as a frozen value. Columns of VNIs are in their order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Final

import numpy as np

from mirror.frames import Drop, Places
from mirror.tally import Tally

_NONE: Final[Places] = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Account:
    """Counts. `further` are packets of VNIs beyond those counted one by one; `time_ns` is when it was looked.

    `kernel_drops` found no room in a socket's buffer, `cut` were longer than a slot, `not_handed_on` the interface or
    the pipe did not take. `waits` says what handing on waits for, empty where it waits for nothing.
    """

    time_ns: int
    frames: int = 0
    mirrored: int = 0
    octets: int = 0
    truncated: int = 0
    duplicates: int = 0
    reserved_bits: int = 0
    tags_stripped: int = 0
    further: int = 0
    kernel_drops: int = 0
    cut: int = 0
    not_handed_on: int = 0
    forwarded: int = 0
    not_forwarded: int = 0
    drops: Mapping[Drop, int] = field(default_factory=dict)
    vnis: Places = field(default_factory=lambda: _NONE)
    vni_packets: Places = field(default_factory=lambda: _NONE)
    vni_octets: Places = field(default_factory=lambda: _NONE)
    waits: str = ""

    @property
    def lost(self) -> int:
        """Mirrored packets that were here, or ought to have been, and went nowhere."""
        return self.kernel_drops + self.cut + self.not_handed_on

    def since(self, before: "Account") -> "Account":
        """What was counted in between, with the VNIs of which packets came. `before` is of the same listener."""
        counts = {each.name: getattr(self, each.name) - getattr(before, each.name) for each in fields(self)[1:14]}
        drops = {drop: more for drop in self.drops if (more := self.drops[drop] - before.drops.get(drop, 0))}
        packets, octets = self.vni_packets.copy(), self.vni_octets.copy()
        known = np.searchsorted(self.vnis, before.vnis)  # none is ever forgotten
        packets[known] -= before.vni_packets
        octets[known] -= before.vni_octets
        came = packets > 0
        return replace(
            self, **counts, drops=drops, vnis=self.vnis[came], vni_packets=packets[came], vni_octets=octets[came]
        )


def counted(tally: Tally, time_ns: int) -> Account:
    """What decoding counted so far; the others are added by whoever knows them."""
    vnis, packets, octets = tally.columns()
    return Account(
        time_ns,
        frames=tally.frames,
        mirrored=tally.mirrored,
        octets=tally.octets,
        truncated=tally.truncated,
        duplicates=tally.duplicates,
        reserved_bits=tally.reserved_bits,
        tags_stripped=tally.tags_stripped,
        further=tally.beyond_most_vnis,
        drops=dict(tally.drops),
        vnis=vnis,
        vni_packets=packets,
        vni_octets=octets,
    )
