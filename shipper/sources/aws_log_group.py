"""A log group, opened from the AWS options. Loads boto3."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from time import monotonic
from typing import Any

from aws.cloudwatch import LogGroupClient
from aws.errors import AwsError
from aws.session import AwsOptions
from shipper.errors import ours
from shipper.interfaces import Wait
from shipper.sources.log_groups import PER_SECOND, LogGroup, LogSlices
from shipper.sources.pace import Pace
from shipper.sources.patience import Patience


def open_client(group: LogGroup, options: Mapping[str, Any]) -> LogGroupClient:
    """A client of this log group. Raises ConfigError, Refused, Unavailable where the options lead to nothing."""
    given = AwsOptions(**options)
    try:
        return LogGroupClient(replace(given, region=group.region or given.region), group.name)
    except AwsError as error:
        raise ours(error) from error


def open_log_group(group: LogGroup, options: Mapping[str, Any], wait: Wait, random: Callable[[], float]) -> LogSlices:
    """The slices of this log group. Raises as `open_client` does."""
    pace = Pace(wait, monotonic, PER_SECOND)
    return LogSlices(open_client(group, options), Patience(wait, random), pace, group)
