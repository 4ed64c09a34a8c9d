"""A listener's figures as lines in the form of EVE, for whoever follows Suricata's files: one object for each interval.

In: what was counted between two moments. Out: lines, and a file of bounded size that they are appended to. One line
tells of the listener; one for each VNI of which packets came has that VNI as Suricata would write it, in two VLAN tags.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from mirror.account import Account
from mirror.frames import Drop

EVENT_TYPE: Final = "mirror"
MOST_LINES: Final = 1000
"""VNIs that are told one by one in an interval, those with most packets first; the others are told together."""
_MOST_BYTES = 64 << 20


def lines(before: Account, now: Account, host: str, most: int = MOST_LINES) -> Iterator[str]:
    """What happened in between, with the end of each line."""
    between = now.since(before)
    seconds = round(max(now.time_ns - before.time_ns, 0) / 1e9, 3)
    when = datetime.fromtimestamp(now.time_ns / 1e9, UTC).isoformat(timespec="microseconds")
    head = {"timestamp": when, "event_type": EVENT_TYPE, "host": host}
    order = np.argsort(-between.vni_packets, kind="stable")
    told, left = order[:most], order[most:]
    yield _line(head, listener=_of_listener(between, seconds, int(between.vni_packets[left].sum())))
    columns = (between.vnis[told], between.vni_packets[told], between.vni_octets[told])
    for vni, packets, octets in zip(*(column.tolist() for column in columns), strict=True):
        tags = [vni >> 12, vni & 0xFFF]
        yield _line(head, vlan=tags, listener={"interval_seconds": seconds, "packets": packets, "bytes": octets})


def _of_listener(between: Account, seconds: float, of_others: int) -> dict[str, Any]:
    return {
        "interval_seconds": seconds,
        "frames": between.frames,
        "mirrored": between.mirrored,
        "mirrored_bytes": between.octets,
        "vnis": len(between.vnis),
        "packets_of_further_vnis": between.further + of_others,
        "dropped": sum(between.drops.values()),
        "dropped_by": {drop.name.lower(): between.drops[drop] for drop in Drop if between.drops.get(drop)},
        "truncated": between.truncated,
        "duplicates": between.duplicates,
        "reserved_bits": between.reserved_bits,
        "tags_stripped": between.tags_stripped,
        "kernel_drops": between.kernel_drops,
        "longer_than_slots": between.cut,
        "not_handed_on": between.not_handed_on,
        "lost": between.lost,
        "forwarded": between.forwarded,
        "not_forwarded": between.not_forwarded,
    } | ({"waits": between.waits} if between.waits else {})


def _line(head: dict[str, str], **more: Any) -> str:
    return json.dumps({**head, **more}) + "\n"


class FiguresFile:
    """Appends to a file; a full one becomes NAME.1, and what was that is gone.

    What cannot be written is told with the next; `failed` counts tries that came to nothing.
    """

    def __init__(self, path: Path, host: str, first: Account, most_bytes: int = _MOST_BYTES) -> None:
        self._path = path
        self._host = host
        self._before = first
        self._most_bytes = most_bytes
        self.failed = 0

    def write(self, now: Account) -> str:
        """Tells of the time since it last could. Empty, or why not; never raises for what the disk says."""
        text = "".join(lines(self._before, now, self._host))
        try:
            if self._path.exists() and self._path.stat().st_size + len(text) > self._most_bytes:
                self._path.replace(self._path.with_name(f"{self._path.name}.1"))
            with self._path.open("a", encoding="ascii") as file:
                begins = file.tell()
                try:
                    file.write(text)
                    file.flush()
                except OSError:
                    file.truncate(begins)  # a part of a line would spoil the next
                    raise
        except OSError as trouble:
            self.failed += 1
            return f"{self._path}: {trouble.strerror}"
        self._before = now
        return ""
