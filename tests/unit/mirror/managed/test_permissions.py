"""The permissions that docs/mirroring.md names are those of the calls that are made, and no more."""

import re
from pathlib import Path
from typing import Any

from aws.elb import Balancers
from aws.endpoint.seed import add_gateway_endpoint
from mirror.managed.apply import apply
from mirror.managed.desired import Desired
from mirror.managed.incident import incident
from mirror.managed.look import look
from mirror_account import NOW, Account

PAGE = Path(__file__).parents[4] / "docs" / "mirroring.md"
TARGETS = """
[targets.sensor]
network_interface = "{sensor}"
[targets.gateway]
gateway_endpoint = "{endpoint}"
"""
CHANGED = 'rules = [{ protocol = "tcp" }]'


class Elb:
    """boto3's client of a load balancer with one group and no targets; notes its calls."""

    def __init__(self) -> None:
        self.called: set[str] = set()

    def get_paginator(self, call: str) -> Any:
        return Pages(getattr(self, call))

    def __getattr__(self, call: str) -> Any:
        def answer(**_: object) -> Any:
            self.called.add("".join(part.title() for part in call.split("_")))
            return {"LoadBalancers": [{}], "TargetGroups": [{"TargetGroupArn": "a", "TargetGroupName": "a"}]}

        return answer


class Pages:
    def __init__(self, call: Any) -> None:
        self._call = call

    def paginate(self, **asked: object) -> list[Any]:
        return [self._call(**asked)]


def made(account: Account, elb: Elb) -> None:
    """Made, changed in every way, extended, and removed."""
    endpoint = add_gateway_endpoint(account.world, account.vpc, "a gateway")
    targets = TARGETS.format(sensor=account.sensor, endpoint=endpoint)
    first = account.wishes(lambda text: text + targets)
    other = account.wishes(lambda text: (text + targets).replace('preset = "everything"', CHANGED))
    same = account.wishes(lambda text: (text + targets).replace('preset = "everything"', CHANGED.replace("tcp", "udp")))
    for desired in (first, other, same, account.wishes(lambda text: text.replace("sensors", "others"))):
        assert not apply(account.ec2, look(account.ec2, desired, NOW, behind=Balancers(elb)).plan).failed
    target = account.raw.describe_traffic_mirror_targets()["TrafficMirrorTargets"][0]["TrafficMirrorTargetId"]
    for minute in (1, 2):
        wish = incident((account.web[0][1],), target)
        apply(account.ec2, look(account.ec2, wish, NOW, NOW.replace(minute=minute), Balancers(elb)).plan)
    for plan in ("start", "prod"):
        assert not account.apply(Desired(plan=plan), NOW.replace(year=2027)).failed
    assert account.counts() == (0, 0, 0, 0)


def test_the_page_names_what_is_called_and_no_more() -> None:
    account, elb = Account(), Elb()
    made(account, elb)
    called = {f"ec2:{name}" for name in account.endpoint.asked if name != "GetCallerIdentity"}  # which takes none
    called |= {f"elasticloadbalancing:{name}" for name in elb.called}
    named = set(re.findall(r"(?:ec2|elasticloadbalancing):[A-Z]\w+", PAGE.read_text("utf-8")))
    assert sorted(called ^ named) == []
