"""Guards about a finding as such: whose it is, when it is of, and what the policy says to it. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from mirror.errors import BadDesired
from mirror.managed.incident import target_of
from mirror.managed.model import Observed
from mirror.response.decision import Past
from mirror.response.finding import Finding
from mirror.response.policy import Policy, PolicyRule

SKEW: Final = timedelta(minutes=5)
"""How far a finding's times may be in the future."""


class No(NamedTuple):
    """Why not: a word and a sentence."""

    reason: str
    why: str


@dataclass(frozen=True, slots=True)
class Situation:
    """What a decision stands on. `killed`: the kill switch is on."""

    policy: Policy
    observed: Observed
    past: Past
    now: datetime
    killed: bool = False


def wanted(finding: Finding, here: Situation) -> PolicyRule | No:
    """The rule that it is dealt with by, or why not at all."""
    return _untrue(finding) or _foreign(finding, here) or _untimely(finding, here) or _ruled(finding, here)


def _untrue(finding: Finding) -> No | None:
    if finding.sample:
        return No("sample", "it is a sample finding")
    if finding.archived:
        return No("archived", "it is archived")
    return None


def _foreign(finding: Finding, here: Situation) -> No | None:
    own = here.observed
    if finding.sender not in {own.account, *here.policy.senders}:
        return No("foreign-sender", f"account {finding.sender} sent it, which is not among senders")
    if finding.account != own.account:
        return No("foreign-account", f"it is about account {finding.account}; sessions are made in {own.account}")
    if finding.region != own.region:
        return No("foreign-region", f"it is about {finding.region}; sessions are made in {own.region}")
    return None


def _untimely(finding: Finding, here: Situation) -> No | None:
    first, last = sorted((finding.told_at, finding.updated_at))
    if last > here.now + SKEW:
        return No("future", f"it is of {last:%Y-%m-%d %H:%M}Z, which is yet to come")
    if first < here.now - here.policy.stale:
        return No("stale", f"it is of {first:%Y-%m-%d %H:%M}Z: older than stale")
    if finding.version in here.past.seen:
        return No("replay", "this version of it was decided on already")
    return None


def _ruled(finding: Finding, here: Situation) -> PolicyRule | No:
    policy = here.policy
    rule = policy.rule_for(finding)
    if rule is None:
        return No("no-rule", "no rule of the policy fits")
    if rule.action == "ignore":
        return No("ignored", "the policy says to ignore it")
    if here.killed:
        return No("kill-switch", f"{policy.kill_switch} is there: nothing is begun or extended")
    try:
        target_of(here.observed.targets, policy.target)
    except BadDesired as error:
        return No("no-target", str(error))
    return rule
