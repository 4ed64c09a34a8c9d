"""One look at AWS and the plan that follows from it: what every command begins with."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from aws.balancer import Balancer
from aws.ec2 import Ec2
from mirror.managed.advice import advice, monthly_dollars, target_groups
from mirror.managed.desired import Desired
from mirror.managed.instance_types import KNOWN, InstanceTypes
from mirror.managed.members import with_balancers, with_members
from mirror.managed.model import Observed
from mirror.managed.observe import observe, open_groups
from mirror.managed.placement import Remark
from mirror.managed.plan import make_plan
from mirror.managed.step import Plan


@dataclass(frozen=True, slots=True)
class Look:
    """What is wanted, what there is, the plan, and everything to know about it."""

    desired: Desired
    observed: Observed
    plan: Plan
    remarks: tuple[Remark, ...]

    @property
    def monthly_dollars(self) -> float:
        """What the sessions cost a month when the plan is applied."""
        return monthly_dollars(self.plan.sessions)


class Behind(Protocol):
    """Load balancers, by their ARNs. Raises AwsGone where one is not there, as one of another account."""

    def members(self, arn: str) -> Iterable[str]:
        """Who stands behind it: instances and addresses."""

    def described(self, arn: str) -> Balancer:
        """How it is set up."""


def look(
    ec2: Ec2,
    desired: Desired,
    now: datetime,
    expires: datetime | None = None,
    behind: Behind | None = None,
    types: InstanceTypes = KNOWN,
) -> Look:
    """Ask, compare. Changes nothing. Raises AwsError.

    Whoever stands behind a target is never mirrored; without `behind` nobody is looked for, as where only what is there
    is to go.
    """
    observed = replace(observe(ec2), types=types)
    if behind is not None:
        observed = with_members(observed, ec2, behind.members, desired.targets.values())
        observed = with_balancers(observed, desired.targets.values(), behind.described)
    observed = replace(observed, open_groups=open_groups(ec2, target_groups(desired, observed)))
    plan = make_plan(desired, observed, now, expires)
    return Look(desired, observed, plan, (*plan.remarks, *advice(desired, observed)))
