"""What can be followed: type of a live input → what its records are, and how a source of them is made.

A new type is a row here, and its model in `shipper.input_settings`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shipper.catalog import KINDS
from shipper.input_settings import CloudWatchInput, EveInput, SqsInput
from shipper.interfaces import DeadLetterStore, LiveSource, Log, Wait
from shipper.model import RecordKind, Stream, StreamKey
from shipper.settings import AwsSettings
from shipper.sources.patience import Patience
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
    stream: Stream
    dead_letters: DeadLetterStore
    aws: AwsSettings
    random: Callable[[], float]
    once: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A type of input. `plan` says what would be followed, a line each; it reads nothing but names."""

    kind: Callable[[Any], RecordKind]
    source: Callable[[Any, SourceParts], LiveSource]
    plan: Callable[[Any], Sequence[str]]
    found: Callable[[Any, AwsSettings, Log], Mapping[str, str]] = lambda _settings, _aws, _log: {}
    """What of a decoder's settings is found out when reading begins; checkpoints do not depend on it."""


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


def _sqs_kind(settings: SqsInput) -> RecordKind:
    given = {"format": settings.format, "flow_log_id": settings.flow_log_id}
    return RecordKind("flowlogs", {name: value for name, value in given.items() if value})


def _sqs_source(settings: SqsInput, parts: SourceParts) -> LiveSource:
    from shipper.sources.aws_queue import open_queue  # noqa: PLC0415  (boto3 takes a third of a second to load)
    from shipper.sources.queue_rules import QueueRules  # noqa: PLC0415

    rules = QueueRules(
        prefixes=settings.prefixes,
        once=parts.once,
        visibility_seconds=settings.visibility_seconds,
        most_receives=settings.most_receives,
        parallel=settings.parallel,
    )
    return open_queue(
        settings.queue_url,
        parts.aws.model_dump(),
        rules,
        patience=Patience(parts.stopped, parts.random),
        dead_letters=parts.dead_letters,
        stream=parts.stream,
        framing=KINDS["flowlogs"].framing,
        clock=parts.clock,
    )


def _sqs_plan(settings: SqsInput) -> Sequence[str]:
    return [f"new objects that {settings.queue_url} tells of", *(f"  below {each}" for each in settings.prefixes)]


def _cloudwatch_kind(settings: CloudWatchInput) -> RecordKind:
    return RecordKind("flowlogs", {"format": settings.format} if settings.format else {})


def _cloudwatch_found(settings: CloudWatchInput, aws: AwsSettings, log: Log) -> Mapping[str, str]:
    """The format of the flow logs that write to the group. Raises ConfigError where there are several, Unavailable."""
    if settings.format:
        return {}
    from shipper.sources.aws_log_group import looked_up_format  # noqa: PLC0415  (boto3, as above)
    from shipper.sources.log_groups import LogGroup  # noqa: PLC0415

    group = LogGroup(settings.log_group, settings.streams, settings.region)
    line_format = looked_up_format([group], aws.model_dump(), lambda why: log("format not known", "warning", why=why))
    if line_format:
        log("format looked up", format=line_format)
    return {"format": line_format} if line_format else {}


def _cloudwatch_source(settings: CloudWatchInput, parts: SourceParts) -> LiveSource:
    from shipper.sources.aws_log_group import open_log_group  # noqa: PLC0415  (boto3, as above)
    from shipper.sources.log_groups import LogGroup  # noqa: PLC0415
    from shipper.sources.log_tail import LogGroupTail, TailRules  # noqa: PLC0415

    group = LogGroup(settings.log_group, settings.streams, settings.region)
    return LogGroupTail(
        open_log_group(group, parts.aws.model_dump(), parts.stopped, parts.random),
        TailRules(timedelta(minutes=settings.lookback_minutes), once=parts.once),
        checkpoints=parts.checkpoints,
        key=parts.key,
        framing=KINDS["flowlogs"].framing,
        clock=parts.clock,
    )


def _cloudwatch_plan(settings: CloudWatchInput) -> Sequence[str]:
    of = f" of log streams {settings.streams}…" if settings.streams else ""
    return [f"new events{of} in log group {settings.log_group}"]


INPUTS: Mapping[str, Row] = {
    "eve": Row(_eve_kind, _eve_source, _eve_plan),
    "sqs": Row(_sqs_kind, _sqs_source, _sqs_plan),
    "cloudwatch": Row(_cloudwatch_kind, _cloudwatch_source, _cloudwatch_plan, _cloudwatch_found),
}
