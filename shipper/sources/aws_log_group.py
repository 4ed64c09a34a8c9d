"""A log group, opened from the AWS options. Loads boto3."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any

from aws.cloudwatch import LogGroupClient
from aws.errors import AwsError, AwsRefused
from aws.session import AwsOptions
from shipper.errors import ConfigError, ours
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


def looked_up_format(groups: Sequence[LogGroup], options: Mapping[str, Any], say: Callable[[str], object]) -> str:
    """The format of the flow logs that write to these log groups, empty where it is not known; `say` is told why.

    Raises ConfigError where there is more than one: a line does not say which of them it has. Raises Unavailable.
    """
    formats: set[str] = set()
    for group in groups:
        try:
            formats.update(open_client(group, options).flow_log_formats())
        except AwsRefused as error:
            say(f"{error}; so lines are read in AWS's default format. Give a format if they have another")
        except AwsError as error:
            raise ours(error) from error
    if len(formats) > 1:
        listed = "\n  ".join(sorted(formats))
        raise ConfigError(f"flow logs of several formats write there; give the format of those to be read:\n  {listed}")
    return next(iter(formats), "")
