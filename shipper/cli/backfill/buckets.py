"""Buckets named on the command line → the objects in them, found while reading goes on. Loads boto3."""

import random
from collections.abc import Iterator
from itertools import chain

from aws.errors import AwsError
from aws.s3 import S3
from aws.session import AwsOptions
from shipper.cli.backfill.options import Chosen
from shipper.cli.signals import Stop
from shipper.errors import ours
from shipper.settings import AwsSettings
from shipper.sources.inputs import Input, address
from shipper.sources.patience import Patience
from shipper.sources.s3_layout import Wanted
from shipper.sources.s3_objects import S3Objects


def objects(sources: list[str], chosen: Chosen, settings: AwsSettings, stop: Stop) -> Iterator[Input]:
    """What is wanted of these addresses, one after the other. Raises ConfigError, Refused, Unavailable."""
    addresses = [address(source) for source in sources]
    wanted = Wanted(frozenset(chosen.accounts), frozenset(chosen.regions), chosen.since, chosen.until)
    try:
        client = S3(AwsOptions(**settings.model_dump()))
    except AwsError as error:
        raise ours(error) from error
    found = S3Objects(client, Patience(stop.event.wait, random.random), wanted)
    return chain.from_iterable(found.below(bucket, prefix) for bucket, prefix in addresses)
