"""Log groups named on the command line → slices of their events, and how their records are laid out. Loads boto3."""

import random
from collections.abc import Iterator, Sequence
from itertools import chain

from shipper.cli.backfill.options import Chosen
from shipper.cli.context import now
from shipper.cli.output import note
from shipper.cli.signals import Stop
from shipper.settings import AwsSettings
from shipper.sources.aws_log_group import looked_up_format, open_log_group
from shipper.sources.inputs import Input
from shipper.sources.log_groups import log_group


def slices(sources: Sequence[str], chosen: Chosen, settings: AwsSettings, stop: Stop) -> Iterator[Input]:
    """What is wanted of these log groups, one after the other. Raises ConfigError, Refused, Unavailable."""
    groups = [log_group(source) for source in sources]
    found = [open_log_group(group, settings.model_dump(), stop.event.wait, random.random) for group in groups]
    return chain.from_iterable(each.period(chosen.since, chosen.until, now()) for each in found)


def known_format(sources: Sequence[str], settings: AwsSettings) -> str:
    """The format of the flow logs that write there, empty where it is not known. Raises ConfigError, Unavailable."""
    return looked_up_format([log_group(source) for source in sources], settings.model_dump(), note)
