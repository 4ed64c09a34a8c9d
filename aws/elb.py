"""Elastic Load Balancing: who stands behind a load balancer. A thin client; every call is tried a few times.

In: a load balancer's ARN. Out: ids of its targets as they are registered: instances or addresses.
Elastic Load Balancing API Reference, version 2015-12-01: "DescribeTargetGroups", "DescribeTargetHealth".
"""

from typing import Any

from botocore import exceptions as theirs
from botocore.config import Config

from aws.errors import AwsDenied, AwsError, AwsGone, AwsUnavailable
from aws.session import AwsOptions, open_session
from aws.trouble import TROUBLES, translated

_CONFIG = Config(connect_timeout=10, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 6})
_ABSENT = frozenset({"LoadBalancerNotFound", "LoadBalancerNotFoundException", "TargetGroupNotFound", "ValidationError"})
_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})


class Balancers:
    """Takes a boto3 client."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def members(self, arn: str) -> frozenset[str]:
        """Raises AwsGone where there is no such load balancer in this account and region, AwsError."""
        try:
            groups = self._client.get_paginator("describe_target_groups").paginate(LoadBalancerArn=arn)
            return frozenset(
                each["Target"]["Id"]
                for page in groups
                for group in page.get("TargetGroups", ())
                for each in self._client.describe_target_health(TargetGroupArn=group["TargetGroupArn"]).get(
                    "TargetHealthDescriptions", ()
                )
            )
        except theirs.ClientError as error:
            raise _answered(error, arn) from error
        except (theirs.ConnectionError, theirs.HTTPClientError) as error:
            raise AwsUnavailable(f"{arn}: {' '.join(str(error).split())[:200]}") from error
        except TROUBLES as error:
            raise translated(error) from error


def open_balancers(options: AwsOptions) -> Balancers:
    """A client for these options. Raises AwsError."""
    session = open_session(options)
    try:
        return Balancers(session.client("elbv2", endpoint_url=options.endpoint_url or None, config=_CONFIG))
    except TROUBLES as error:
        raise translated(error) from error


def _answered(error: theirs.ClientError, arn: str) -> AwsError:
    code = error.response.get("Error", {}).get("Code", "")
    if code in _ABSENT:
        return AwsGone(f"{arn}: {code}")
    if code in _DENIED:
        actions = "elasticloadbalancing:DescribeTargetGroups and elasticloadbalancing:DescribeTargetHealth"
        return AwsDenied(f"{arn}: {code}. It takes {actions}")
    return translated(error)
