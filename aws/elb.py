"""Elastic Load Balancing: what a load balancer takes, and who stands behind it. A thin client, patient with AWS.

In: a load balancer's ARN. Out: ids of its targets as they are registered (instances or addresses); how it is set up.
Elastic Load Balancing API Reference, version 2015-12-01: "DescribeTargetGroups", "DescribeTargetHealth",
"DescribeLoadBalancers", "DescribeLoadBalancerAttributes", "DescribeListeners".
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from botocore import exceptions as theirs
from botocore.config import Config

from aws.balancer import Balancer, Group
from aws.errors import AwsDenied, AwsError, AwsGone
from aws.session import AwsOptions, open_session
from aws.trouble import calling, translated, translating

_CONFIG = Config(connect_timeout=10, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 6})
_ABSENT = frozenset({"LoadBalancerNotFound", "LoadBalancerNotFoundException", "TargetGroupNotFound", "ValidationError"})
_CROSS_ZONE = "load_balancing.cross_zone.enabled"
_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})


class Balancers:
    """Takes a boto3 client."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def members(self, arn: str) -> frozenset[str]:
        """Raises AwsGone where there is no such load balancer in this account and region, AwsError."""
        with calling(arn, partial(_answered, arn)):
            return frozenset().union(*(group.members for group in self._groups(arn)))

    def described(self, arn: str) -> Balancer:
        """Raises as `members` does."""
        with calling(arn, partial(_answered, arn)):
            (found,) = self._client.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
            told = self._client.describe_load_balancer_attributes(LoadBalancerArn=arn).get("Attributes", ())
            pages = self._client.get_paginator("describe_listeners").paginate(LoadBalancerArn=arn)
            listeners = [each for page in pages for each in page.get("Listeners", ())]
            crossing = {each["Key"]: each.get("Value") for each in told}.get(_CROSS_ZONE) == "true"
            return Balancer(
                len(found.get("AvailabilityZones", ())),
                crossing,
                frozenset((each["Protocol"], each["Port"]) for each in listeners),
                tuple(self._groups(arn)),
            )

    def _groups(self, arn: str) -> Iterator[Group]:
        for page in self._client.get_paginator("describe_target_groups").paginate(LoadBalancerArn=arn):
            for each in page.get("TargetGroups", ()):
                told = self._client.describe_target_health(TargetGroupArn=each["TargetGroupArn"])
                health = told.get("TargetHealthDescriptions", ())
                yield Group(
                    each["TargetGroupName"],
                    each.get("Protocol", ""),
                    (each.get("HealthCheckProtocol", ""), each.get("HealthCheckPort", "")),
                    frozenset(one["Target"]["Id"] for one in health),
                    sum(one.get("TargetHealth", {}).get("State") == "healthy" for one in health),
                )


def open_balancers(options: AwsOptions) -> Balancers:
    """A client for these options. Raises AwsError."""
    session = open_session(options)
    with translating():
        return Balancers(session.client("elbv2", endpoint_url=options.endpoint_url or None, config=_CONFIG))


def _answered(arn: str, error: theirs.ClientError) -> AwsError:
    code = error.response.get("Error", {}).get("Code", "")
    if code in _ABSENT:
        return AwsGone(f"{arn}: {code}")
    if code in _DENIED:
        return AwsDenied(f"{arn}: {code}. It takes elasticloadbalancing:{error.operation_name}")
    return translated(error)
