"""A queue and the buckets it tells of, opened from the AWS options. Loads boto3."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from aws.errors import AwsError
from aws.s3 import S3
from aws.session import AwsOptions
from aws.sqs import Queue
from shipper.errors import ours
from shipper.identity import Framing
from shipper.interfaces import DeadLetterStore
from shipper.model import Stream
from shipper.sources.patience import Patience
from shipper.sources.queue_rules import QueueRules
from shipper.sources.s3_layout import Wanted
from shipper.sources.s3_objects import S3Objects
from shipper.sources.sqs_objects import SqsSource


def open_queue(  # noqa: PLR0913  (all of them by name, and each has one reason)
    url: str,
    options: Mapping[str, Any],
    rules: QueueRules,
    *,
    patience: Patience,
    dead_letters: DeadLetterStore,
    stream: Stream,
    framing: Framing,
    clock: Callable[[], datetime],
) -> SqsSource:
    """A source over this queue. Raises ConfigError, Refused, Unavailable where the options lead to nothing."""
    given = AwsOptions(**options)
    try:
        queue, client = Queue(given, url), S3(given)
    except AwsError as error:
        raise ours(error) from error
    objects = S3Objects(client, patience, Wanted())
    return SqsSource(queue, objects, rules, dead_letters=dead_letters, stream=stream, framing=framing, clock=clock)
