"""CloudWatch Logs: events of one log group, and the formats of the flow logs that write to it. A thin client.

Every call is tried once. In: the name of a log group. Out: events, times, formats.
Raises the errors of `aws.errors`, told apart by code. Amazon CloudWatch Logs API Reference: "FilterLogEvents" (the one
read that gives events their ids), "DescribeLogGroups". Amazon EC2 API Reference: "DescribeFlowLogs".
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import boto3
from botocore import exceptions as theirs
from botocore.config import Config

from aws.calls import (
    DESCRIBE_FLOW_LOGS,
    DESCRIBE_GROUPS,
    FILTER_EVENTS,
    Recorder,
    log_group_arn,
    recorded,
)
from aws.errors import AwsDenied, AwsError, AwsNotSetUp, AwsUnavailable, AwsUnreadable
from aws.session import AwsOptions, open_session
from aws.trouble import calling, translated, translating

_CONFIG = Config(connect_timeout=10, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 1})
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_PASSING = frozenset({"ServiceUnavailableException", "LimitExceededException"})
_DAY_MS: Final = 86_400_000
_MOST_LATE_MS: Final = 14 * _DAY_MS
"""PutLogEvents takes no event that is older."""


@dataclass(frozen=True, slots=True)
class LogEvent:
    """An event; times are milliseconds since 1970. `id` is the same however it is read."""

    id: str
    stream: str
    time_ms: int
    ingested_ms: int
    message: str


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events; `token` asks for the next page, and is empty at the end. A page may be empty before the end."""

    events: Sequence[LogEvent]
    token: str


class LogGroupClient:
    """A client of one log group, for any number of threads."""

    def __init__(self, options: AwsOptions, group: str, record: Recorder = recorded) -> None:
        """Raises AwsError where options lead to nothing."""
        self._session: boto3.Session = open_session(options)
        self._endpoint = options.endpoint_url or None
        with translating():
            self._logs = self._session.client("logs", endpoint_url=self._endpoint, config=_CONFIG)
        self._group = group
        self._arn = log_group_arn(group, self._logs.meta.region_name)
        self._record = record

    def events(self, begin_ms: int, end_ms: int, stream_prefix: str = "", token: str = "") -> EventPage:
        """Events of `begin_ms` ≤ time < `end_ms`, of log streams that are named so."""
        asked: dict[str, Any] = {"startTime": begin_ms, "endTime": end_ms - 1}  # endTime itself is included
        asked |= {"logStreamNamePrefix": stream_prefix} if stream_prefix else {}
        asked |= {"nextToken": token} if token else {}
        with self._translating(FILTER_EVENTS, self._arn, again=bool(token)):
            answer: Mapping[str, Any] = self._logs.filter_log_events(logGroupName=self._group, **asked)
        found = [
            LogEvent(
                each.get("eventId", ""),
                each.get("logStreamName", ""),
                each.get("timestamp", 0),
                each.get("ingestionTime", 0),
                each.get("message", ""),
            )
            for each in answer.get("events", ())
        ]
        return EventPage(found, answer.get("nextToken", ""))

    def first_ms(self, now_ms: int) -> int:
        """Before this no event can be. Raises AwsNotSetUp where there is no such log group."""
        token: dict[str, str] = {}
        while True:
            with self._translating(DESCRIBE_GROUPS, "*"):
                answer: Mapping[str, Any] = self._logs.describe_log_groups(logGroupNamePrefix=self._group, **token)
            for each in answer.get("logGroups", ()):
                if each.get("logGroupName") == self._group:
                    first = int(each.get("creationTime", 0)) - _MOST_LATE_MS
                    days = each.get("retentionInDays")
                    return max(first, now_ms - days * _DAY_MS if days else 0, 0)
            if not answer.get("nextToken"):
                raise self._absent()
            token = {"nextToken": answer["nextToken"]}

    def flow_log_formats(self) -> Sequence[str]:
        """The LogFormat of each flow log that writes to this group, each once, sorted."""
        formats: set[str] = set()
        token: dict[str, str] = {}
        wanted: Any = [{"Name": "log-group-name", "Values": [self._group]}]
        ec2 = self._session.client("ec2", endpoint_url=self._endpoint, config=_CONFIG)
        while True:
            with self._translating(DESCRIBE_FLOW_LOGS, "*"):
                answer: Mapping[str, Any] = ec2.describe_flow_logs(Filters=wanted, **token)
            formats |= {each["LogFormat"] for each in answer.get("FlowLogs", ()) if each.get("LogFormat")}
            if not answer.get("NextToken"):
                return sorted(formats)
            token = {"NextToken": answer["NextToken"]}

    @contextmanager
    def _translating(self, action: str, resource: str, *, again: bool = False) -> Iterator[None]:
        self._record(action, resource)
        with calling(self._group, partial(self._answered, action, again)):
            yield

    def _answered(self, action: str, again: bool, error: theirs.ClientError) -> AwsError:
        told = error.response.get("Error", {})
        code, said = told.get("Code", ""), told.get("Message", "")
        if code == "ResourceNotFoundException":
            return self._absent()
        if code in _DENIED:
            return AwsDenied(f"log group {self._group}: {code}: {said}. It takes {action}")
        if code in _PASSING:
            return AwsUnavailable(f"log group {self._group}: {code}: {said}")
        if again and code == "InvalidParameterException":  # a token is good for a day
            return AwsUnreadable(f"log group {self._group}: reading cannot go on where it was ({said}); it begins anew")
        return translated(error)

    def _absent(self) -> AwsNotSetUp:
        return AwsNotSetUp(f"there is no log group {self._group} in {self._logs.meta.region_name}")
