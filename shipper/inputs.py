"""What can be followed: type of a live input → what its records are, and how a source of them is made.

A new type is a row here, and its model in `shipper.input_settings`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shipper.input_settings import EveInput
from shipper.interfaces import LiveSource, Log, Wait
from shipper.model import RecordKind, StreamKey
from shipper.sources.tail import Manners, TailSource, followed
from shipper.sources.tail_marks import Marks, MarkStore


@dataclass(frozen=True, slots=True)
class SourceParts:
    """What any live source is made from. `once`: it ends where there is nothing more for the moment."""

    key: Callable[[str], StreamKey]
    checkpoints: MarkStore
    clock: Callable[[], datetime]
    log: Log
    stopped: Wait
    once: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A type of input. `plan` says what would be followed, a line each; it reads nothing but names."""

    kind: Callable[[Any], RecordKind]
    source: Callable[[Any, SourceParts], LiveSource]
    plan: Callable[[Any], Sequence[str]]


def _eve_kind(settings: EveInput) -> RecordKind:
    given = {"sensor": settings.sensor, "vlan_is_vni": "yes" if settings.vlan_is_vni else ""}
    return RecordKind("eve", {name: value for name, value in given.items() if value})


def _eve_source(settings: EveInput, parts: SourceParts) -> LiveSource:
    return TailSource(
        settings.paths,
        Marks(parts.checkpoints, parts.key, clock=parts.clock, log=parts.log),
        parts.log,
        clock=parts.clock,
        wait=parts.stopped,
        manners=Manners(silent_after_seconds=settings.silent_after_seconds, once=parts.once),
    )


def _eve_plan(settings: EveInput) -> Sequence[str]:
    return followed(settings.paths)


INPUTS: Mapping[str, Row] = {"eve": Row(_eve_kind, _eve_source, _eve_plan)}
