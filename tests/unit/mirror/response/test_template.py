"""The CloudFormation template of a watcher: it passes cfn-lint, and its role allows what was called and no more."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aws.calls import DELETE, RECEIVE
from aws.ec2 import Ec2
from aws.endpoint.seed import add_gateway_endpoint
from ec2_client import client
from findings import finding, text
from mirror.managed.members import with_members
from mirror.managed.model import Observed
from mirror.managed.observe import observe
from mirror.response.decision import Past
from mirror.response.policy import read_policy
from mirror.response.watching import Watching
from mirror_account import NOW, Account
from watcher_template import FILE, RESOURCES

ELB = {f"elasticloadbalancing:{name}" for name in ("DescribeTargetGroups", "DescribeTargetHealth")}
"""What `aws.elb` calls."""


STATEMENTS: list[dict[str, Any]] = RESOURCES["Watcher"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]


def actions(statement: dict[str, Any]) -> set[str]:
    found = statement["Action"]
    return {found} if isinstance(found, str) else {*found}


class Recording:
    """A boto3 client whose calls are noted, by the API's names."""

    def __init__(self, inner: Any, called: set[str]) -> None:
        self._inner, self._called = inner, called

    def __getattr__(self, name: str) -> Any:
        self._called.add("ec2:" + "".join(part.title() for part in name.split("_")))
        return getattr(self._inner, name)


class Nowhere:
    def append(self, text: str) -> None:
        del text


def calls() -> Iterator[str]:
    """Those of a session that is begun, extended and ended."""
    account, called = Account(), set[str]()
    made = account.raw.create_traffic_mirror_target(NetworkInterfaceId=account.sensor)["TrafficMirrorTarget"]
    endpoint = add_gateway_endpoint(account.world, account.vpc, "a balancer")
    account.raw.create_traffic_mirror_target(GatewayLoadBalancerEndpointId=endpoint)
    ec2 = Ec2(Recording(account.raw, called), client(account.endpoint, "sts"), "us-east-1", wait=account.waited.append)
    now = NOW
    policy = read_policy(f'target = "{made["TrafficMirrorTargetId"]}"\n[[rules]]')

    def looked() -> Observed:
        return with_members(observe(ec2), ec2, lambda _: ())

    watching = Watching(policy, looked, lambda: now, Nowhere(), lambda: False, Past(), ec2)
    said = []
    for minutes in (0, 30):
        now = NOW.replace(minute=minutes)
        said += watching.answer(text(finding(*account.web[0], now)))
    now = NOW.replace(hour=23)
    said += watching.sweep()
    assert [each.action for each in said] == ["mirrored", "extended", "expired"]
    assert account.counts() == (2, 0, 0, 0)
    yield from called


def test_the_role_allows_what_was_called_and_no_more() -> None:
    allowed = set().union(*(actions(each) for each in STATEMENTS))
    assert allowed == {*calls(), *ELB, RECEIVE, DELETE}


def test_only_what_is_owned_is_changed() -> None:
    """A condition on tags wherever something is changed; targets are others' by nature."""
    for statement in STATEMENTS:
        looks = all(
            each.partition(":")[2].startswith(("Describe", "ReceiveMessage", "DeleteMessage"))
            for each in actions(statement)
        )
        if not looks and statement["Sid"] != "MirrorTo":
            assert statement["Condition"], statement["Sid"]
            assert statement["Resource"] != "*", statement["Sid"]


def test_the_queue_takes_findings_from_the_rule_only() -> None:
    (sending,) = RESOURCES["Sending"]["Properties"]["PolicyDocument"]["Statement"]
    assert sending["Condition"] == {"ArnEquals": {"aws:SourceArn": "Rule.Arn"}}
    pattern = RESOURCES["Rule"]["Properties"]["EventPattern"]
    event = finding("i-0a1b2c3d", "eni-0a1b2c3d")
    assert all(event[key] in allowed for key, allowed in pattern.items())


@pytest.mark.slow
def test_it_passes_cfn_lint() -> None:
    ran = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), FILE], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (0, "")
