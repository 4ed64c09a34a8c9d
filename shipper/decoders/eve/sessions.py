"""Whose a mirrored packet was: what a VNI stood for at a time, put into documents that are written already. Pure.

A VNI is given again to another session when one has ended, so time decides, too. Documents are joined after they were
made, by the exact way or the fast one, so neither knows of inventories.
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from mirror.inventory import MirroredInterface

# Suricata's own keys never stand so: these are the first of `flowtap.mirror`, and quotes inside texts are escaped.
_MARK: Final = b'"mirror":{"vni":'
# Documents begin with their time, to the millisecond; one without a fraction is the arrival of an event without a time.
_TIME: Final = slice(len(b'{"@timestamp":"'), len(b'{"@timestamp":"2026-03-04T05:06:07.891'))
_FRACTION: Final = len(b"2026-03-04T05:06:07")
_MIRROR = ("session_id", "eni", "instance_id", "vpc_id", "subnet_id")


class _Known(NamedTuple):
    until: bytes
    mirror: bytes
    cloud: bytes


class MirrorSessions:
    """A snapshot of the inventory."""

    def __init__(self, interfaces: Iterable[MirroredInterface] = ()) -> None:
        self._of: dict[bytes, tuple[list[bytes], list[_Known]]] = {}
        for each in sorted(interfaces, key=lambda one: _text(one.valid_from, b"")):
            begins, known = self._of.setdefault(b"%d" % each.vni, ([], []))
            begins.append(_text(each.valid_from, b""))
            known.append(_Known(_text(each.valid_to, b"~"), *_parts(each)))

    def joined(self, document: bytes) -> bytes:
        """The document with what its VNI stood for at its time; as it is where that is not known."""
        at = document.rfind(_MARK)
        if at < 0:
            return document
        start = at + len(_MARK)
        end = document.index(b"}", start)
        when = document[_TIME]
        begins, known = self._of.get(document[start:end], ((), ()))
        place = bisect_right(begins, when) - 1
        if place < 0 or when >= known[place].until or when[_FRACTION] != ord("."):
            return document
        _, mirror, cloud = known[place]
        return b"".join((b"{", cloud, document[1:end], mirror, document[end:]))


def _parts(each: MirroredInterface) -> tuple[bytes, bytes]:
    """What follows the VNI, and what the document begins with."""
    mirror: dict[str, Any] = {name: value for name in _MIRROR if (value := getattr(each, name))}
    if each.tags:
        mirror["tags"] = [f"{key}={value}" for key, value in sorted(each.tags.items())]
    cloud: dict[str, Any] = {
        "instance": {"id": each.instance_id} if each.instance_id else None,
        "account": {"id": each.account_id} if each.account_id else None,
        "region": each.region or None,
    }
    cloud = {key: value for key, value in cloud.items() if value}
    # Surrogates that JSON may hold and UTF-8 may not are refused when the inventory is read.
    after = b"," + orjson.dumps(mirror)[1:-1] if mirror else b""
    return after, b'"cloud":%b,' % orjson.dumps(cloud) if cloud else b""


def _text(when: datetime | None, without: bytes) -> bytes:
    """A time as documents have it: texts sort as times do."""
    return without if when is None else when.replace(tzinfo=None).isoformat(timespec="milliseconds").encode()
