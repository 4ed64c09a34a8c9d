"""One look at AWS and the plan that follows from it: what every command begins with."""

from dataclasses import dataclass, replace
from datetime import datetime

from aws.ec2 import Ec2
from mirror.managed.advice import advice, monthly_dollars, target_groups
from mirror.managed.desired import Desired
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


def look(ec2: Ec2, desired: Desired, now: datetime, expires: datetime | None = None) -> Look:
    """Ask, compare. Changes nothing. Raises AwsError."""
    observed = observe(ec2)
    observed = replace(observed, open_groups=open_groups(ec2, target_groups(desired, observed)))
    plan = make_plan(desired, observed, now, expires)
    return Look(desired, observed, plan, (*plan.remarks, *advice(desired, observed)))
