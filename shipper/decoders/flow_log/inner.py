"""What a line turns out to hold once its wrapping is off: a record as text, a row by column names, or no record."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shipper.decoders.flow_log.fields import ABSENT

# Amazon VPC User Guide, "Flow log files" / "Publish flow logs to CloudWatch Logs": one log stream per interface.
_INTERFACE_STREAM = re.compile(r"(eni-[0-9a-f]{8,17})-(?:all|accept|reject)")


@dataclass(frozen=True, slots=True)
class Inner:
    """A record as text, or a row: text by column.

    `told` is what the wrapping says of the record, by column: for columns that the record lacks. `event_id` is
    CloudWatch's, empty where there is none.
    """

    text: str = ""
    row: Mapping[str, str] | None = None
    row_named_by: str = ""
    told: Mapping[str, str] = field(default_factory=dict)
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """The wrapping is known, but holds nothing that could be read."""

    reason: str


@dataclass(frozen=True, slots=True)
class NoRecord:
    """Not a flow-log record, and surely so. `kind` names another kind of log, empty for what only goes with records."""

    kind: str = ""


Unwrapped = Inner | Broken | NoRecord


def told_by_event(stream: object = None, time: object = None) -> dict[str, str]:
    """What a CloudWatch event's stream and time say. Its time is the record's `start` (VPC User Guide)."""
    told: dict[str, str] = {}
    match = _INTERFACE_STREAM.fullmatch(stream) if isinstance(stream, str) else None
    if match:
        told["interface-id"] = match[1]
    start = epoch_text(time)
    if start.isascii() and start.isdigit():
        told["start"] = start
    return told


def epoch_text(value: object) -> str:
    """A time as a flow log writes it (seconds, or milliseconds where there are any); what is none as its text."""
    text = str(value) if isinstance(value, int | str) else ABSENT
    if text.isdigit() or len(text) > 40:
        return text
    try:
        moment = datetime.fromisoformat(text.strip())
        aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        milliseconds = round(aware.timestamp() * 1000)
    except (ValueError, OverflowError):
        return text
    seconds, rest = divmod(milliseconds, 1000)
    return str(milliseconds if rest else seconds)
