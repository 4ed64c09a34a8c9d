"""The inventory of VNIs, brought up to date: what was recorded and what there is → what to record. Pure.

AWS does not tell since when a session is there. One that is seen for the first time holds its VNI from now on where
another held it before, else ever; one that is seen no more held it until now.
"""

import json
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from mirror.inventory import MirroredInterface
from mirror.managed.model import Observed, Session
from mirror.managed.ownership import FINDING


def record(recorded: Iterable[MirroredInterface], observed: Observed, now: datetime) -> tuple[MirroredInterface, ...]:
    """All entries: ended ones stay, since events of their time may still come."""
    before = [*recorded]
    there = {(session.id, session.vni): session for session in observed.sessions}
    kept = [_ended(entry, now) if entry.valid_to is None and _key(entry) not in there else entry for entry in before]
    # What began and ended between two looks at one moment was never in force.
    kept = [entry for entry in kept if not (entry.valid_from and entry.valid_to and entry.valid_to <= entry.valid_from)]
    running = {_key(entry): entry for entry in kept if entry.valid_to is None}
    taken = {entry.vni for entry in kept}
    ended = [entry for entry in kept if entry.valid_to is not None]
    current = []
    for key, session in there.items():
        old = running.get(key)
        begin = old.valid_from if old is not None else (now if session.vni in taken else None)
        current.append(_entry(session, observed, begin))
    return (*ended, *sorted(current, key=lambda each: each.vni))


def inventory_text(entries: Iterable[MirroredInterface]) -> str:
    """As `mirror.inventory` reads it; what is empty is left out."""
    return json.dumps({"sessions": [_shown(each) for each in entries]}, indent=1, ensure_ascii=False) + "\n"


def _entry(session: Session, observed: Observed, begin: datetime | None) -> MirroredInterface:
    interface = observed.interfaces.get(session.eni)
    return MirroredInterface(
        session.vni,
        session.id,
        session.eni,
        interface.instance if interface else "",
        interface.vpc if interface else "",
        interface.subnet if interface else "",
        session.owner or observed.account,
        observed.region,
        ({**interface.instance_tags, **interface.tags} if interface else {}) | _finding(session),
        begin,
    )


def _finding(session: Session) -> dict[str, str]:
    """So that what is seen in its packets names the finding that it was begun for."""
    return {FINDING: session.tags[FINDING]} if FINDING in session.tags else {}


def _key(entry: MirroredInterface) -> tuple[str, int]:
    return entry.session_id, entry.vni


def _ended(entry: MirroredInterface, now: datetime) -> MirroredInterface:
    return replace(entry, valid_to=now)


def _shown(entry: MirroredInterface) -> dict[str, Any]:
    values = {each.name: getattr(entry, each.name) for each in fields(entry)}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
        if name == "vni" or value
    }
