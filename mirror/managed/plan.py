"""What is to be done: wishes and what there is → ordered steps with their reasons. Pure.

Order: sessions that go (their numbers and places become free), targets and filters with their rules, sessions that
change, sessions that come, filters and targets that go. What has no tag of this plan is never in a step.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from aws.mirror_rules import RULES, Limits
from mirror.managed.desired import Desired, TargetWish
from mirror.managed.model import NO_TAGS, Filter, Observed, Session, Tags, Target
from mirror.managed.ownership import EXPIRES, NAME, PLAN, owned, specification
from mirror.managed.placement import Placed, Remark, own_sessions, place, standing_target
from mirror.managed.rule_steps import rule_steps
from mirror.managed.step import IDS, Plan, Ref, Step

_REFS = {
    "network-interface": "NetworkInterfaceId",
    "network-load-balancer": "NetworkLoadBalancerArn",
    "gateway-load-balancer-endpoint": "GatewayLoadBalancerEndpointId",
}


def make_plan(
    desired: Desired, observed: Observed, now: datetime, expires: datetime | None = None, tags: Tags = NO_TAGS
) -> Plan:
    """The steps from what there is to what is wanted; none where it is so already.

    With `expires` sessions get that end; those of the plan that have an end are left until then. New sessions get
    `tags` on top.
    """
    placement = place(desired, observed)
    wanted = {each.key: each for each in placement.sessions}
    standing: dict[Ref, str] = {}
    remarks = [*placement.remarks, *(Remark("", text) for text in observed.doubts)]
    own = own_sessions(desired, observed)
    going = [*_going_sessions(own, wanted, now)]
    gone = {step.asked["TrafficMirrorSessionId"] for step in going}
    targets = [*_targets(desired, observed, standing)]
    filters = [*_filters(desired, observed, standing)]
    left = sum(session.id not in gone for sessions in own.values() for session in sessions)
    changing: list[Step] = []
    coming: list[Step] = []
    for placed in placement.sessions:
        kept = [session for session in own.get(placed.key, ()) if session.id not in gone][:1]
        if kept:
            changing += _changed(kept[0], placed, standing, _balanced(desired, observed, placed.target))
            changing += _extended(kept[0], placed, expires)
        else:
            replaced = tuple(session.id for session in own.get(placed.key, ()))
            coming.append(_new_session(desired, placed, expires, replaced, tags))
    others = len(observed.sessions) - sum(len(sessions) for sessions in own.values())
    if left + len(coming) + others > Limits().sessions:
        remarks.append(
            Remark(desired.plan, f"{left + len(coming) + others:,} sessions: {RULES['sessions']}", refused=True)
        )
    removed = [*_removed(desired, observed, gone, set(standing.values()), remarks)]
    steps = (*going, *targets, *filters, *changing, *coming, *removed)
    return Plan(desired.plan, steps, standing, tuple(remarks), left + len(coming), placement.passed_over)


def expiry(tags: Mapping[str, str], key: str = EXPIRES) -> datetime | None:
    """When a thing with these tags is to go; None for never, and for what cannot be read. Other times by their key."""
    try:
        end = datetime.fromisoformat(tags[key])
    except (KeyError, ValueError):
        return None
    return end if end.tzinfo else end.replace(tzinfo=UTC)


def _going_sessions(
    own: Mapping[tuple[str, str], list[Session]], wanted: Mapping[tuple[str, str], Placed], now: datetime
) -> Iterator[Step]:
    for key, sessions in own.items():
        for place_of_it, session in enumerate(sessions):
            end = expiry(session.tags)
            if end is not None and end <= now and key not in wanted:
                why = f"its time ended at {end:%Y-%m-%d %H:%M}Z"
            elif key in wanted:
                why = "a second session of the same policy and interface" if place_of_it else ""
            else:
                why = "" if end is not None else f"no policy {key[0]} wants {key[1]} mirrored any more"
            if why:
                asked = {"TrafficMirrorSessionId": session.id}
                yield Step("-", "session", "/".join(key), "DeleteTrafficMirrorSession", asked, why)


def _targets(desired: Desired, observed: Observed, standing: dict[Ref, str]) -> Iterator[Step]:
    for name, wish in desired.targets.items():
        found = standing_target(desired, observed, name)
        if found is not None or wish.target_id:
            standing["target", name] = found.id if found is not None else wish.target_id
            continue
        old = tuple(each.id for each in _own_named(observed.targets, desired.plan, name))
        why = f"takes the place of {', '.join(old)}: a target cannot be changed" if old else "it is not there"
        yield _new_target(desired, name, wish, why, old)


def _new_target(desired: Desired, name: str, wish: TargetWish, why: str, old: tuple[str, ...]) -> Step:
    tags = specification("traffic-mirror-target", {PLAN: desired.plan, NAME: name})
    asked = {_REFS[wish.kind]: wish.ref, "Description": f"flowtap {desired.plan}/{name}", "TagSpecifications": tags}
    return Step("+", "target", name, "CreateTrafficMirrorTarget", asked, f"{why}: {wish.ref}", generation=old)


def _filters(desired: Desired, observed: Observed, standing: dict[Ref, str]) -> Iterator[Step]:
    for name, wish in desired.filters.items():
        found = next(iter(_own_named(observed.filters, desired.plan, name)), None)
        if found is None:
            tags = specification("traffic-mirror-filter", {PLAN: desired.plan, NAME: name})
            asked: dict[str, Any] = {"Description": f"flowtap {desired.plan}/{name}", "TagSpecifications": tags}
            yield Step("+", "filter", name, "CreateTrafficMirrorFilter", asked, "it is not there")
        else:
            standing["filter", name] = found.id
        if wish.amazon_dns != bool(found and found.amazon_dns):
            verb = "Add" if wish.amazon_dns else "Remove"
            asked = {f"{verb}NetworkServices": ["amazon-dns"]}
            needs: dict[str, Ref] = {IDS["filter"]: ("filter", name)}
            why = f"the file says amazon_dns = {str(wish.amazon_dns).lower()}"
            yield Step("~", "filter", name, "ModifyTrafficMirrorFilterNetworkServices", asked, why, needs)
        yield from rule_steps(desired.plan, name, wish.as_rules(), found.rules if found else ())


_Thing = TypeVar("_Thing", Target, Filter)


def _own_named(things: Iterable[_Thing], plan: str, name: str) -> list[_Thing]:
    found = [each for each in things if owned(each.tags, plan) and each.tags.get(NAME) == name]
    return sorted(found, key=lambda each: each.id)


def _new_session(
    desired: Desired, placed: Placed, expires: datetime | None, replaced: tuple[str, ...], more: Tags
) -> Step:
    tags = {**more, PLAN: desired.plan, NAME: placed.policy} | ({EXPIRES: stamp(expires)} if expires else {})
    asked: dict[str, Any] = {
        "NetworkInterfaceId": placed.interface.eni,
        "SessionNumber": placed.number,
        "Description": f"flowtap {desired.plan}/{placed.policy}",
        "TagSpecifications": specification("traffic-mirror-session", tags),
    } | ({"PacketLength": placed.packet_length} if placed.packet_length else {})
    needs: dict[str, Ref] = {IDS["target"]: ("target", placed.target), IDS["filter"]: ("filter", placed.filter)}
    who = placed.interface.instance or placed.interface.eni
    why = f"{placed.policy} selects {who}" + (f", until {expires:%Y-%m-%d %H:%M}Z" if expires else "")
    return Step("+", "session", "/".join(placed.key), "CreateTrafficMirrorSession", asked, why, needs, replaced)


def stamp(when: datetime) -> str:
    """A time as a tag has it."""
    return when.isoformat(timespec="seconds")


def _changed(session: Session, placed: Placed, standing: Mapping[Ref, str], balanced: bool) -> Iterator[Step]:
    asked: dict[str, Any] = {"TrafficMirrorSessionId": session.id}
    needs: dict[str, Ref] = {}
    why = []
    for kind, name, there in (("target", placed.target, session.target), ("filter", placed.filter, session.filter)):
        ref: Ref = (kind, name)  # type: ignore[assignment]  # the tuple above spells the two kinds
        if standing.get(ref) != there:
            needs[IDS[ref[0]]] = ref
            why.append(f"{kind} is {there}, not {name}")
    if session.number != placed.number:
        asked["SessionNumber"] = placed.number
        why.append(f"number is {session.number}, not {placed.number}")
    whole = {0, 8500} if balanced else {0}  # a load balancer's sessions are given 8500
    if session.packet_length != placed.packet_length and not {session.packet_length, placed.packet_length} <= whole:
        change = {"PacketLength": placed.packet_length} if placed.packet_length else {"RemoveFields": ["packet-length"]}
        asked |= change
        why.append(f"packet length is {session.packet_length or 'whole'}, not {placed.packet_length or 'whole'}")
    if why:
        said = "; ".join(why)
        yield Step("~", "session", "/".join(placed.key), "ModifyTrafficMirrorSession", asked, said, needs)


def _extended(session: Session, placed: Placed, expires: datetime | None) -> Iterator[Step]:
    if expires is None or session.tags.get(EXPIRES) == stamp(expires):
        return
    tags = [{"Key": EXPIRES, "Value": stamp(expires)}]
    asked = {"Resources": [session.id], "Tags": tags}
    why = f"until {expires:%Y-%m-%d %H:%M}Z"
    yield Step("~", "session", "/".join(placed.key), "CreateTags", asked, why)


def _balanced(desired: Desired, observed: Observed, name: str) -> bool:
    found = standing_target(desired, observed, name) if desired.targets[name].target_id else None
    return (found.kind if found else desired.targets[name].kind) == "network-load-balancer"


def _kept(identity: str, user: Session, plan: str, rule: str) -> list[Remark]:
    """Worth a word where it is somebody else's session that keeps it."""
    return [] if owned(user.tags, plan) else [Remark(identity, f"kept: session {user.id} uses it: {RULES[rule]}")]


def _removed(
    desired: Desired, observed: Observed, gone: set[str], kept: set[str], remarks: list[Remark]
) -> Iterator[Step]:
    """Filters and targets of ours that nothing wants, but for those that sessions of others use."""
    staying = [each for each in observed.sessions if each.id not in gone]
    users = [each for each in staying if expiry(each.tags) is not None or not owned(each.tags, desired.plan)]
    for filter_ in _unwanted(observed.filters, desired.plan, kept):
        if user := next((each for each in users if each.filter == filter_.id), None):
            remarks += _kept(filter_.id, user, desired.plan, "filter-in-use")
            continue
        asked = {"TrafficMirrorFilterId": filter_.id}
        name = filter_.tags.get(NAME, filter_.id)
        yield Step("-", "filter", name, "DeleteTrafficMirrorFilter", asked, "nothing wants it; its rules go along")
    for target in _unwanted(observed.targets, desired.plan, kept):
        if user := next((each for each in users if each.target == target.id), None):
            remarks += _kept(target.id, user, desired.plan, "target-in-use")
            continue
        asked = {"TrafficMirrorTargetId": target.id}
        name = target.tags.get(NAME, target.id)
        yield Step("-", "target", name, "DeleteTrafficMirrorTarget", asked, f"nothing wants it: {target.ref}")


def _unwanted(things: Iterable[_Thing], plan: str, kept: set[str]) -> list[_Thing]:
    return [each for each in things if owned(each.tags, plan) and each.id not in kept]
