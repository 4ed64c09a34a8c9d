"""`shipper run --print-policy`: what the chosen inputs may do at AWS, and nothing more."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws.calls import policy
from shipper.errors import ConfigError
from shipper.input_settings import AnyInput, CloudWatchInput, SqsInput


def policy_of(inputs: Mapping[str, AnyInput], buckets: Sequence[str]) -> Mapping[str, Any]:
    """The IAM policy that following these takes; `buckets` are those that their queues tell of. Raises ConfigError."""
    queues = [each for each in inputs.values() if isinstance(each, SqsInput)]
    groups = [each for each in inputs.values() if isinstance(each, CloudWatchInput)]
    if not queues and not groups:
        raise ConfigError("--print-policy is about AWS, and none of these inputs has type sqs or cloudwatch")
    if queues and not buckets:
        raise ConfigError("a queue does not say which buckets it tells of: name them with --bucket")
    prefixes = sorted({prefix for each in queues for prefix in each.prefixes or ("",)})
    return policy(
        queues=[each.queue_url for each in queues],
        log_groups=[(each.log_group, each.region) for each in groups],
        told=[(bucket, prefix) for bucket in buckets for prefix in prefixes] if queues else (),
    )
