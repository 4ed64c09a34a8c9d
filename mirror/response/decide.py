"""A finding, a policy, what there is at AWS, the past and the time → what to do, with the reason. Pure.

Guards stand in the order they are asked in; the first that says something decides. Nothing here evicts a session.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from aws.mirror_rules import RULES, Limits
from mirror.managed.desired import START, Desired
from mirror.managed.eligibility import analysers, refusal, selected
from mirror.managed.incident import POLICY, incident, target_of
from mirror.managed.members import GATEWAY, NETWORK
from mirror.managed.model import Interface, Observed, Session
from mirror.managed.ownership import FINDING, NAME, NEVER, SINCE, owned
from mirror.managed.placement import own_sessions, place
from mirror.managed.plan import expiry, stamp
from mirror.response.decision import Decision
from mirror.response.finding import Finding
from mirror.response.guards import SKEW, No, Situation, wanted
from mirror.response.policy import PolicyRule

_HOUR: Final = timedelta(hours=1)


def decide(finding: Finding, here: Situation) -> tuple[Decision, ...]:
    """One decision for each interface, or one for the finding where none is in question."""
    about = Decision(
        "refused", "", "", finding.id, finding.version, finding.type, finding.severity, finding.account, finding.region
    )
    rule = wanted(finding, here)
    if isinstance(rule, No):
        return (replace(about, reason=rule.reason, why=rule.why, instance=next(iter(finding.instances), "")),)
    found = [*_interfaces(finding, here.observed)]
    if not found:
        no = _no_interface(finding)
        return (replace(about, reason=no.reason, why=no.why, instance=next(iter(finding.instances), "")),)
    decisions: list[Decision] = []
    for interface in found:
        named = replace(about, eni=interface.eni, instance=interface.instance, vpc=interface.vpc)
        made = [each for each in decisions if each.new]
        decisions.append(_of_interface(finding, rule, interface, here, made, named))
    return tuple(decisions)


def _interfaces(finding: Finding, observed: Observed) -> Iterator[Interface]:
    """Those named that are there and still of the instance named, else those of the instances named."""
    named = [observed.interfaces[eni] for eni in finding.interfaces if eni in observed.interfaces]
    there = [each for each in named if not finding.instances or each.instance in finding.instances]
    yield from there or (
        each for each in observed.interfaces.values() if each.instance and each.instance in finding.instances
    )


def _no_interface(finding: Finding) -> No:
    if finding.interfaces or finding.instances:
        named = ", ".join((*finding.instances, *finding.interfaces))
        return No("gone", f"{named}: not there, or an interface that is another's by now")
    return No("no-interface", "it names no instance and no network interface that could be mirrored")


def _of_interface(
    finding: Finding, rule: PolicyRule, interface: Interface, here: Situation, made: list[Decision], about: Decision
) -> Decision:
    target = target_of(here.observed.targets, here.policy.target)
    session = _own(here.observed).get(interface.eni)
    no = _untouchable(interface, here)
    if no is None and session is not None:
        return _extension(finding, rule, session, here, replace(about, target=target, session=session.id))
    if no is None:
        no = _over_budget(interface, here, made) or _no_place(interface, target, rule.preset, here.observed)
    if no is None:
        ends = finding.told_at + rule.lasts
        why = f"{rule.preset} until {ends:%Y-%m-%d %H:%M}Z"
        begun = replace(about, action="mirrored", reason="finding", why=why, target=target, preset=rule.preset)
        return replace(begun, since=finding.told_at, ends=ends, new=True)
    return replace(about, reason=no.reason, why=no.why)


def _own(observed: Observed) -> dict[str, Session]:
    own = own_sessions(Desired(plan=START), observed)
    return {eni: sessions[0] for (policy, eni), sessions in own.items() if policy == POLICY}


def _untouchable(interface: Interface, here: Situation) -> No | None:
    """Guards that hold for new sessions and for those that are there."""
    observed = here.observed
    unseen = _unseen(observed) if here.policy.unseen_members == "refuse" else ""
    guarded = analysers(observed.interfaces, observed.targets, (), observed.analysers)
    said = refusal(interface, guarded)
    if said:
        never = "never" in {interface.tags.get(NEVER), interface.instance_tags.get(NEVER)}
        return No("analyser" if interface.eni in guarded else "opt-out" if never else "not-mirrorable", said)
    if unseen:
        return No("analysers-unseen", unseen)
    if not here.policy.never.empty and selected(interface, here.policy.never):
        return No("never", "the policy's `never` selects it")
    return None


def _unseen(observed: Observed) -> str:
    """Why it is not known who stands behind targets; empty where it is."""
    for each in observed.targets:
        if each.kind in {NETWORK, GATEWAY} and each.ref not in observed.looked_behind:
            why = (doubt for doubt in observed.doubts if each.ref in doubt)
            return next(why, f"nobody looked who stands behind {each.ref}")
    return ""


def _extension(finding: Finding, rule: PolicyRule, session: Session, here: Situation, about: Decision) -> Decision:
    """Later, never sooner, and at most `longest` after it began; the packets it takes stay what they are."""
    ends, since = expiry(session.tags), expiry(session.tags, SINCE) or finding.told_at
    wanted = finding.told_at + rule.lasts
    latest = since + here.policy.longest
    known = replace(about, preset=_preset(session, here.observed) or rule.preset, since=since)
    if session.tags.get(FINDING) == finding.id and session.tags.get(SINCE) == stamp(finding.told_at):
        why = f"this message began {session.id} already"
        return replace(known, action="mirrored", reason="finding", why=why, ends=ends)
    if ends is None or ends >= min(wanted, latest):
        why = f"{session.id} lasts as long as it would" if ends is None or ends >= wanted else "longest is used up"
        return replace(known, reason="lasts" if ends is None or ends >= wanted else "longest", why=why, ends=ends)
    if latest <= here.now:
        return replace(known, reason="longest", why="longest is used up", ends=ends)
    end = min(wanted, latest)
    return replace(known, action="extended", reason="repeat", why=f"until {end:%Y-%m-%d %H:%M}Z", ends=end)


def _preset(session: Session, observed: Observed) -> str:
    """The filter it has, by our name for it; empty for one that is not ours."""
    found = next((each for each in observed.filters if each.id == session.filter and owned(each.tags, START)), None)
    return found.tags.get(NAME, "") if found else ""


def _over_budget(interface: Interface, here: Situation, made: list[Decision]) -> No | None:
    budget, observed = here.policy.budget, here.observed
    running = [each for each in observed.sessions if owned(each.tags, START) and each.tags.get(FINDING)]
    beside = [observed.interfaces[each.eni].vpc for each in running if each.eni in observed.interfaces]
    in_vpc = sum(vpc == interface.vpc for vpc in (*beside, *(each.vpc for each in made)))
    lately = sum(here.now - _HOUR < when <= here.now + SKEW for when in here.past.begun) + len(made)
    if len(running) + len(made) >= budget.sessions:
        return No("budget-sessions", f"budget.sessions: {budget.sessions} of findings run already")
    if in_vpc >= budget.sessions_per_vpc:
        return No("budget-vpc", f"budget.sessions_per_vpc: {budget.sessions_per_vpc} run in {interface.vpc} already")
    if lately >= budget.new_per_hour:
        return No("budget-hour", f"budget.new_per_hour: {budget.new_per_hour} were begun within an hour")
    return None


def _no_place(interface: Interface, target: str, preset: str, observed: Observed) -> No | None:
    there = sum(each.eni == interface.eni for each in observed.sessions)
    if there >= Limits().sessions_per_interface:
        return No("full", f"it has {there} sessions, and none is ended for this: {RULES['sessions-per-interface']}")
    placed = place(incident((interface.eni,), target, preset), observed)
    if not placed.sessions:
        said = next((each.text for each in placed.remarks if each.refused), "it cannot be placed")
        return No("no-room", said)
    return None
