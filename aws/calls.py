"""The calls to AWS that read flow logs and rules of networks, and the permission each takes: policies are made from it.

Service Authorization Reference, "Actions, resources, and condition keys" of Amazon S3, Amazon SQS, Amazon CloudWatch
Logs and Amazon EC2. Each client tells a Recorder of each call, so that tests can hold the policy against what was
really called.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

LIST_BUCKET: Final = "s3:ListBucket"
GET_OBJECT: Final = "s3:GetObject"
QUEUE: Final = (
    "sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes",
)  # fmt: skip
RECEIVE, HIDE, DELETE, LOOK = QUEUE
FILTER_EVENTS: Final = "logs:FilterLogEvents"
DESCRIBE_GROUPS: Final = "logs:DescribeLogGroups"
DESCRIBE_FLOW_LOGS: Final = "ec2:DescribeFlowLogs"
NETWORK: Final = (
    "ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroupRules", "ec2:DescribeNetworkAcls",
    "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeRouteTables",
    "ec2:DescribeManagedPrefixLists", "ec2:GetManagedPrefixListEntries",
)  # fmt: skip
"""What the rules of a network are read by; without the first three nothing can be said."""

Recorder = Callable[[str, str], None]
"""Told of each call: the permission it takes, and the ARN it is about."""


def recorded(_action: str, _resource: str) -> None:
    """Nobody asks."""


def bucket_arn(bucket: str) -> str:
    """The ARN of a bucket."""
    return f"arn:aws:s3:::{bucket}"


def object_arn(bucket: str, key: str) -> str:
    """The ARN of an object, or of several by a pattern."""
    return f"{bucket_arn(bucket)}/{key}"


def region_of(url: str) -> str:
    """The region that a queue's URL names; empty for any other address."""
    host = (urlsplit(url).hostname or "").split(".")
    return host[1] if len(host) >= 4 and host[0] == "sqs" and host[2] == "amazonaws" else ""


def queue_arn(url: str) -> str:
    """The ARN of the queue with this URL; the region is any where the URL does not name it."""
    account, _, name = urlsplit(url).path.strip("/").partition("/")
    return f"arn:aws:sqs:{region_of(url) or '*'}:{account}:{name}"


def log_group_arn(name: str, region: str = "") -> str:
    """The ARN of a log group with its streams, in any account; in any region where none is given."""
    return f"arn:aws:logs:{region or '*'}:*:log-group:{name}:*"


def policy(
    buckets: Sequence[tuple[str, str]] = (),
    queues: Sequence[str] = (),
    log_groups: Sequence[tuple[str, str]] = (),
    told: Sequence[tuple[str, str]] = (),
) -> Mapping[str, Any]:
    """The least that reading takes: below these prefixes of buckets, from the queues with these URLs and the prefixes
    of buckets that they tell of, and from these log groups (name and region, empty for any).

    Where a KMS key encrypts them, kms:Decrypt for that key comes on top.
    """
    statements: list[Mapping[str, Any]] = []
    for bucket, prefix in buckets:
        narrowed = {"Condition": {"StringLike": {"s3:prefix": f"{prefix}*"}}} if prefix else {}
        statements += [
            {"Effect": "Allow", "Action": LIST_BUCKET, "Resource": bucket_arn(bucket), **narrowed},
            {"Effect": "Allow", "Action": GET_OBJECT, "Resource": object_arn(bucket, f"{prefix}*")},
        ]
    statements += [
        {"Effect": "Allow", "Action": GET_OBJECT, "Resource": object_arn(bucket, f"{prefix}*")}
        for bucket, prefix in told
    ]
    statements += [{"Effect": "Allow", "Action": [*QUEUE], "Resource": queue_arn(url)} for url in queues]
    statements += [
        {"Effect": "Allow", "Action": FILTER_EVENTS, "Resource": log_group_arn(name, region)}
        for name, region in log_groups
    ]
    if log_groups:  # these two know no narrower resource that would do
        statements.append({"Effect": "Allow", "Action": [DESCRIBE_GROUPS, DESCRIBE_FLOW_LOGS], "Resource": "*"})
    return {"Version": "2012-10-17", "Statement": statements}


def network_policy() -> Mapping[str, Any]:
    """The least that reading a network's rules takes. These actions know no narrower resource, prefix lists aside."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [*NETWORK], "Resource": "*"}]}
