"""Who stands behind a load balancer that is a target is an analyser, whether registered by instance or address."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from aws.balancer import Balancer, Group
from aws.endpoint.seed import add_gateway_endpoint
from aws.errors import AwsDenied, AwsGone
from mirror.managed.desired import Desired
from mirror.managed.eligibility import analysers
from mirror.managed.incident import incident
from mirror.managed.look import look
from mirror.managed.members import Members, with_members
from mirror.managed.model import Observed
from mirror.managed.observe import observe
from mirror_account import BALANCER, NOW, Account

GROUP = Group("sensors", "UDP", ("TCP", "9465"), frozenset({"i-1"}), healthy=1)
SOUND = Balancer(2, cross_zone=True, listeners=frozenset({("UDP", 4789)}), groups=(GROUP,))
GATEWAY = BALANCER.replace("/net/", "/gwy/")


@pytest.fixture
def account() -> Account:
    return Account()


def to_balancer(account: Account) -> str:
    asked = {"NetworkLoadBalancerArn": BALANCER}
    account.raw.create_traffic_mirror_target(**asked)
    return BALANCER


def to_gateway(account: Account) -> str:
    endpoint = add_gateway_endpoint(account.world, account.vpc, GATEWAY)
    account.raw.create_traffic_mirror_target(GatewayLoadBalancerEndpointId=endpoint)
    return GATEWAY


class Behind:
    """These, behind this one; no other is there."""

    def __init__(self, arn: str, *who: str, balancer: Balancer = SOUND) -> None:
        self._arn, self._who, self._balancer = arn, who, balancer

    def members(self, arn: str) -> tuple[str, ...]:
        if arn != self._arn:
            raise AwsGone(arn)
        return self._who

    def described(self, arn: str) -> Balancer:
        self.members(arn)
        return self._balancer


def seen(account: Account, members: Members) -> Observed:
    return with_members(observe(account.ec2), account.ec2, members)


@pytest.mark.parametrize("target", [to_balancer, to_gateway])
@pytest.mark.parametrize("by", ["instance", "address"])
def test_members_and_their_interfaces_are_guarded(account: Account, target: Callable[[Account], str], by: str) -> None:
    arn = target(account)
    instance, eni = account.web[0]
    member = instance if by == "instance" else observe(account.ec2).interfaces[eni].addresses[0]
    found = seen(account, Behind(arn, member).members)
    assert analysers(found.interfaces, found.targets, (), found.analysers) == {eni}
    assert found.looked_behind == {found.targets[0].ref}
    assert found.doubts == ()


@pytest.mark.parametrize("refusal", [AwsGone("not here"), AwsDenied("not for you")])
def test_what_cannot_be_seen_is_a_doubt(account: Account, refusal: Exception) -> None:
    to_balancer(account)

    def members(_: str) -> list[str]:
        raise refusal

    found = seen(account, members)
    assert found.looked_behind == frozenset()
    assert (BALANCER in found.doubts[0], str(refusal) in found.doubts[0]) == (True, True)


def test_an_endpoint_of_another_accounts_service_cannot_be_seen_behind(account: Account) -> None:
    endpoint = add_gateway_endpoint(account.world, account.vpc)
    account.raw.create_traffic_mirror_target(GatewayLoadBalancerEndpointId=endpoint)
    found = seen(account, Behind(GATEWAY).members)
    assert found.looked_behind == frozenset()
    assert "is another account's" in found.doubts[0]


def test_a_plan_never_mirrors_them_nor_begins_to(account: Account) -> None:
    """Also behind a target that is yet to be made; and who became one is mirrored no longer."""
    desired, (instance, eni) = account.wishes(), account.web[0]

    def sessions(wishes: Desired, behind: Behind) -> set[tuple[str, str]]:
        steps = look(account.ec2, wishes, NOW, behind=behind).plan.steps
        return {(step.sign, step.name) for step in steps if step.kind == "session"}

    others = {("+", f"web/{each}") for _, each in account.web[1:]}
    assert sessions(desired, Behind(BALANCER, instance)) == others
    assert sessions(desired, Behind(BALANCER)) == others | {("+", f"web/{eni}")}
    account.apply(desired)
    assert sessions(desired, Behind(BALANCER, instance)) == {("-", f"web/{eni}")}

    target = account.raw.describe_traffic_mirror_targets()["TrafficMirrorTargets"][0]["TrafficMirrorTargetId"]
    looked = look(account.ec2, incident((eni,), target), NOW, behind=Behind(BALANCER, instance))
    assert [step for step in looked.plan.steps if step.kind == "session"] == []
    assert any(each.refused and "analyser" in each.text for each in looked.remarks)


def test_a_plan_tells_what_it_could_not_see(account: Account) -> None:
    remarks = look(account.ec2, account.wishes(), NOW, behind=Behind("another")).remarks
    assert any(f"who stands behind {BALANCER} cannot be seen" in each.text for each in remarks)


@pytest.mark.parametrize(
    ("balancer", "said"),
    [
        (replace(SOUND, listeners=frozenset({("TCP", 4789), ("UDP", 53)})), "no UDP listener on port 4789"),
        (replace(SOUND, groups=(replace(GROUP, check=("TCP", "traffic-port")),)), "is checked by TCP on the port"),
        (replace(SOUND, groups=(replace(GROUP, healthy=0),)), "none of the 1 targets of group sensors is healthy"),
        (replace(SOUND, zones=1), "it is in 1 zones, cross-zone balancing is on"),
        (replace(SOUND, cross_zone=False), "it is in 2 zones, cross-zone balancing is off"),
    ],
)
def test_a_balancer_that_would_lose_packets_is_told_of(account: Account, balancer: Balancer, said: str) -> None:
    def told(given: Balancer) -> list[str]:
        remarks = look(account.ec2, account.wishes(), NOW, behind=Behind(BALANCER, balancer=given)).remarks
        return [each.text for each in remarks if each.about == "targets.sensors"]

    assert told(SOUND) == []
    (text,) = told(balancer)
    assert said in text
    assert "docs.aws.amazon.com" in text
