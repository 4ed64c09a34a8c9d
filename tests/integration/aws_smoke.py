"""A bucket that tells a queue of its objects, made for one run in the account the credentials lead to, and removed.

In: an AWS session and an endpoint (none: AWS itself). Out: the bucket's name and the queue's URL. All of it carries the
tag `flowtap=smoke`, and is removed when it is left, whatever happened.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3

TAG = ("flowtap", "smoke")


@dataclass(frozen=True, slots=True)
class Stage:
    """What was made."""

    bucket: str
    queue: str
    s3: Any
    sqs: Any


@contextmanager
def stage(session: boto3.Session, endpoint: str | None = None) -> Iterator[Stage]:
    """Made, connected, and removed when it is left."""
    name = f"flowtap-smoke-{secrets.token_hex(6)}"
    s3: Any = session.client("s3", endpoint_url=endpoint)
    sqs: Any = session.client("sqs", endpoint_url=endpoint)
    region = session.region_name or "us-east-1"
    elsewhere = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **elsewhere)
    queue = ""
    try:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": TAG[0], "Value": TAG[1]}]})
        queue = sqs.create_queue(QueueName=name, tags=dict([TAG]))["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(_policy(arn, name))})
        told = [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]
        s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={"QueueConfigurations": told})
        yield Stage(name, queue, s3, sqs)
    finally:
        if queue:
            sqs.delete_queue(QueueUrl=queue)
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
            for each in page.get("Contents", ()):
                s3.delete_object(Bucket=name, Key=each["Key"])
        s3.delete_bucket(Bucket=name)


def _policy(queue_arn: str, bucket: str) -> dict[str, Any]:
    """As docs/aws.md has it: S3 may send, for this bucket only."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
