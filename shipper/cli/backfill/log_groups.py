"""Log groups named on the command line → slices of their events, and how their records are laid out. Loads boto3."""

import random
from collections.abc import Iterator, Sequence
from itertools import chain

from aws.errors import AwsError, AwsRefused
from shipper.cli.backfill.options import Chosen
from shipper.cli.context import now
from shipper.cli.output import note
from shipper.cli.signals import Stop
from shipper.errors import ConfigError, ours
from shipper.settings import AwsSettings
from shipper.sources.aws_log_group import open_client, open_log_group
from shipper.sources.inputs import Input
from shipper.sources.log_groups import log_group


def slices(sources: Sequence[str], chosen: Chosen, settings: AwsSettings, stop: Stop) -> Iterator[Input]:
    """What is wanted of these log groups, one after the other. Raises ConfigError, Refused, Unavailable."""
    groups = [log_group(source) for source in sources]
    found = [open_log_group(group, settings.model_dump(), stop.event.wait, random.random) for group in groups]
    return chain.from_iterable(each.period(chosen.since, chosen.until, now()) for each in found)


def looked_up_format(sources: Sequence[str], settings: AwsSettings) -> str:
    """The format of the flow logs that write to these log groups, empty where it is not known.

    Raises ConfigError where there is more than one: a line does not say which of them it has.
    """
    formats: set[str] = set()
    for source in sources:
        group = log_group(source)
        try:
            formats.update(open_client(group, settings.model_dump()).flow_log_formats())
        except AwsRefused as error:
            note(f"{error}; so lines are read in AWS's default format. Give --format if they have another")
        except AwsError as error:
            raise ours(error) from error
    if len(formats) > 1:
        listed = "\n  ".join(sorted(formats))
        raise ConfigError(
            f"flow logs of several formats write there; load each by a run with its --format:\n  {listed}"
        )
    return next(iter(formats), "")
