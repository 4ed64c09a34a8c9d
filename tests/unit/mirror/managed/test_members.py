"""Who stands behind a load balancer that is a target is an analyser, whether registered by instance or address."""

from dataclasses import replace

import pytest

from aws.errors import AwsGone
from mirror.managed.eligibility import analysers
from mirror.managed.members import with_members
from mirror.managed.model import Observed, Target
from mirror.managed.observe import observe
from mirror_account import BALANCER, Account

ENDPOINT = "vpce-0a1b2c3d"


@pytest.fixture
def account() -> Account:
    return Account()


def seen(account: Account) -> Observed:
    targets = (
        Target("tmt-1", "network-load-balancer", BALANCER),
        Target("tmt-2", "gateway-load-balancer-endpoint", ENDPOINT),
    )
    return replace(observe(account.ec2), targets=targets)


@pytest.mark.parametrize("by", ["instance", "address"])
def test_members_and_their_interfaces_are_guarded(account: Account, by: str) -> None:
    there = seen(account)
    instance, eni = account.web[0]
    member = instance if by == "instance" else there.interfaces[eni].addresses[0]
    found = with_members(there, lambda arn: [member] if arn == BALANCER else [])
    assert analysers(found.interfaces, found.targets, (), found.analysers) == {eni}
    assert found.looked_behind == {BALANCER}


def test_one_that_is_not_there_was_not_looked_behind(account: Account) -> None:
    def members(arn: str) -> list[str]:
        raise AwsGone(arn)

    assert with_members(seen(account), members).looked_behind == frozenset()
