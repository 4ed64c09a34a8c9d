"""Every guard: what would be mirrored without it is refused with its reason, and nothing else is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from findings import finding, sequence, text
from mirror.managed.model import Observed, Session, Target
from mirror.managed.observe import observe
from mirror.response.decide import decide
from mirror.response.decision import Decision, Past
from mirror.response.finding import read_finding
from mirror.response.guards import Situation
from mirror.response.policy import read_policy
from mirror_account import NOW, Account

POLICY = """
stale = "30m"
longest = "3h"
[budget]
sessions = 2
sessions_per_vpc = 2
new_per_hour = 2
[[rules]]
types = ["Recon:*"]
action = "ignore"
[[rules]]
roles = ["TARGET"]
severity = 7
for = "1h"
"""
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FOREIGN = "210987654321"


class World:
    """An account with a sensor that is a target, and web servers that nobody mirrors."""

    def __init__(self, change: Callable[[str], str] = str) -> None:
        self.account = Account()
        self.account.raw.create_traffic_mirror_target(NetworkInterfaceId=self.account.sensor)
        self.observed = observe(self.account.ec2)
        self.here = Situation(read_policy(change(POLICY)), self.observed, Past(), NOW)
        self.target = self.observed.targets[0].id

    def event(self, place: int = 0, **changed: Any) -> dict[str, Any]:
        return finding(*self.account.web[place], **changed)

    def decided(self, event: dict[str, Any] | None = None, **here: Any) -> tuple[Decision, ...]:
        return decide(read_finding(text(event or self.event())), replace(self.here, **here))

    def seen(self, **changed: Any) -> Observed:
        return replace(self.observed, **changed)

    def session(self, place: int = 0, number: int = 1, **tags: str) -> Session:
        named = {f"flowtap:{key.replace('_', '-')}": value for key, value in tags.items()}
        return Session(
            f"tms-{place}{number}", self.account.web[place][1], self.target, "tmf-1", number, number, tags=named
        )

    def begun(self, place: int = 0, finding: str = "another", since: str = "", ends: str = "") -> Session:
        now = NOW.isoformat(timespec="seconds")
        more = {"finding": finding, "since": since or now, "expires_at": ends or now.replace("12:", "13:")}
        return self.session(place, 20_000, plan="start", name="incident", **more)


def test_what_every_guard_lets_pass_is_mirrored_for_a_while() -> None:
    world = World()
    (found,) = world.decided()
    instance, eni = world.account.web[0]
    assert (found.action, found.reason, found.eni, found.instance) == ("mirrored", "finding", eni, instance)
    assert (found.since, found.ends, found.target, found.preset) == (NOW, NOW + HOUR, world.target, "everything")


def test_the_end_is_the_same_however_late_the_message_is_dealt_with() -> None:
    world = World()
    assert world.decided(now=NOW + 20 * MINUTE)[0].ends == NOW + HOUR


def event(**changed: Any) -> Callable[[World], tuple[dict[str, Any], dict[str, Any]]]:
    return lambda world: (world.event(**changed), {})


def sent(**changed: Any) -> Callable[[World], tuple[dict[str, Any], dict[str, Any]]]:
    return lambda world: (world.event() | changed, {})


def here(change: Callable[[World], dict[str, Any]]) -> Callable[[World], tuple[dict[str, Any], dict[str, Any]]]:
    return lambda world: (world.event(), change(world))


def tagged(world: World, **more: Any) -> Observed:
    eni = world.account.web[0][1]
    return world.seen(interfaces={**world.observed.interfaces, eni: replace(world.observed.interfaces[eni], **more)})


def behind(kind: str, *analysers: str, seen: bool = True) -> Callable[[World], dict[str, Any]]:
    target = Target("tmt-0000000000000000b", kind, "a balancer")
    looked = frozenset({"a balancer"} if seen else ())
    return lambda world: {
        "observed": world.seen(
            targets=(*world.observed.targets, target), analysers=frozenset(analysers), looked_behind=looked
        ),
        "policy": read_policy(f'target = "{world.target}"\n{POLICY}'),
    }


def member(kind: str) -> Callable[[World], dict[str, Any]]:
    return lambda world: behind(kind, world.account.web[0][1])(world)


GUARDS = {
    "sample": event(service={"additionalInfo": {"sample": True}}),
    "archived": event(service={"archived": True}),
    "foreign-sender": sent(account=FOREIGN),
    "foreign-account": event(accountId=FOREIGN),
    "foreign-region": event(region="eu-central-1"),
    "future": sent(time="2026-11-21T12:06:00Z"),
    "stale": here(lambda _: {"now": NOW + 31 * MINUTE}),
    "stale, by its update": event(updatedAt="2026-11-21T11:29:00Z"),
    "replay": here(lambda world: {"past": Past({read_finding(text(world.event())).version: NOW})}),
    "no-rule": event(severity=6.9),
    "no-rule, by role": event(service={"resourceRole": "ACTOR"}),
    "ignored": event(type="Recon:EC2/PortProbeUnprotectedPort"),
    "kill-switch": here(lambda _: {"killed": True}),
    "no-target": here(lambda world: {"observed": world.seen(targets=())}),
    "no-interface": event(resource={"resourceType": "AccessKey", "instanceDetails": None}),
    "gone": here(lambda world: {"observed": world.seen(interfaces={})}),
    "analyser": lambda world: (finding(world.account.sensor_instance, world.account.sensor), {}),
    "analyser, behind a load balancer": here(member("network-load-balancer")),
    "analyser, behind a gateway load balancer": here(member("gateway-load-balancer-endpoint")),
    "analysers-unseen": here(behind("network-load-balancer", seen=False)),
    "opt-out": here(lambda world: {"observed": tagged(world, tags={"flowtap:mirror": "never"})}),
    "opt-out, of the instance": here(lambda w: {"observed": tagged(w, instance_tags={"flowtap:mirror": "never"})}),
    "not-mirrorable": here(lambda world: {"observed": tagged(world, kind="nat_gateway")}),
    "never": here(lambda _: {"policy": read_policy(f'never = {{ tags = {{ role = "web" }} }}\n{POLICY}')}),
    "full": here(lambda world: {"observed": world.seen(sessions=tuple(world.session(number=n) for n in (1, 2, 3)))}),
    "budget-sessions": here(lambda w: {"observed": tagged_sessions(w, vpc="vpc-0000000b")}),
    "budget-vpc": here(lambda world: {"observed": tagged_sessions(world), "policy": generous("sessions = 2")}),
    "budget-hour": here(lambda _: {"past": Past(begun=(NOW - MINUTE, NOW - 59 * MINUTE))}),
    "no-room": here(lambda world: {"observed": world.seen(sessions=tuple(elsewhere(world)))}),
}  # fmt: skip


def tagged_sessions(world: World, **more: Any) -> Observed:
    return replace(tagged(world, **more), sessions=(world.begun(1), world.begun(2)))


def generous(*lines: str) -> Any:
    return read_policy("".join(POLICY.replace(line, line.replace("2", "9"), 1) for line in lines))


def elsewhere(world: World) -> list[Session]:
    """Ten sources that the sensor has already."""
    return [replace(world.session(number=n), eni=f"eni-f{n:016x}", target=world.target) for n in range(10)]


@pytest.mark.parametrize("reason", GUARDS)
def test_a_guard(reason: str) -> None:
    world = World()
    given, changed = GUARDS[reason](world)
    (found,) = world.decided(given, **changed)
    assert (found.action, found.reason) == ("refused", reason.partition(",")[0])
    assert found.why
    assert not found.new


def test_what_just_passes_a_guard() -> None:
    world = World(lambda text: f'senders = ["{FOREIGN}"]\n{text}')
    for given, changed in (
        (world.event() | {"account": FOREIGN}, {}),
        (world.event() | {"time": "2026-11-21T12:05:00Z"}, {}),
        (world.event(severity=7), {}),
        (world.event(), {"now": NOW + 30 * MINUTE}),
        (world.event(), {"past": Past(begun=(NOW - MINUTE, NOW - 61 * MINUTE))}),
        (world.event(), {"observed": world.seen(sessions=(world.session(number=1), world.session(number=2)))}),
        (
            world.event(updatedAt="2026-11-21T12:01:00Z"),
            {"past": Past({read_finding(text(world.event())).version: NOW})},
        ),
        (world.event(), behind("network-load-balancer")(world)),
        (
            world.event(),
            behind("network-load-balancer", seen=False)(world)
            | {"policy": read_policy(f'unseen_members = "allow"\ntarget = "{world.target}"\n{POLICY}')},
        ),
        (sequence(*world.account.web[0]) | {}, {"policy": read_policy("[[rules]]")}),
    ):
        assert [each.action for each in world.decided(given, **changed)] == ["mirrored"]


def test_an_interface_that_is_another_instances_by_now_is_not_mirrored() -> None:
    world = World()
    (found,) = world.decided(finding("i-0f0f0f0f0f0f0f0f0", world.account.web[0][1]))
    assert (found.action, found.reason) == ("refused", "gone")


def test_an_instance_whose_named_interface_is_gone_is_mirrored_by_those_it_has() -> None:
    world = World()
    instance, eni = world.account.web[0]
    assert [(each.action, each.eni) for each in world.decided(finding(instance, "eni-0f0f0f0f"))] == [("mirrored", eni)]


def test_a_budget_counts_what_the_same_finding_begins() -> None:
    world = World()
    event = world.event()
    first = event["detail"]["resource"]["instanceDetails"]["networkInterfaces"]
    first += [{**first[0], "networkInterfaceId": eni} for _, eni in world.account.web[1:]]
    instance = world.account.web[0][0]
    interfaces = {
        eni: replace(each, instance=instance) if each.instance != world.account.sensor_instance else each
        for eni, each in world.observed.interfaces.items()
    }
    found = world.decided(event, observed=world.seen(interfaces=interfaces))
    assert [each.reason for each in found] == ["finding", "finding", "budget-sessions"]


@pytest.mark.parametrize(
    ("since", "ends", "action", "reason", "end"),
    [
        (0, 40, "extended", "repeat", 60),
        (0, 60, "refused", "lasts", 60),
        (0, 90, "refused", "lasts", 90),
        (-150, 10, "extended", "repeat", 30),
        (-150, 30, "refused", "longest", 30),
        (-190, -5, "refused", "longest", -5),
        (-100, -5, "extended", "repeat", 60),
    ],
)
def test_repeats_extend_but_not_for_ever(since: int, ends: int, action: str, reason: str, end: int) -> None:
    world = World()
    session = world.begun(since=(NOW + since * MINUTE).isoformat(), ends=(NOW + ends * MINUTE).isoformat())
    (found,) = world.decided(observed=world.seen(sessions=(session,)))
    assert (found.action, found.reason, found.ends, found.new) == (action, reason, NOW + end * MINUTE, False)
    assert found.session == session.id


def test_a_repeat_needs_no_budget_and_no_room() -> None:
    world = World()
    ends = (NOW + MINUTE).isoformat()
    sessions = (world.begun(ends=ends), world.begun(1), *elsewhere(world))
    full = Past(begun=(NOW, NOW))
    assert world.decided(observed=world.seen(sessions=sessions), past=full)[0].action == "extended"


def test_a_session_of_a_person_is_extended_and_never_cut_short() -> None:
    world = World()
    session = world.session(number=20_000, plan="start", name="incident", expires_at=(NOW + 2 * HOUR).isoformat())
    assert world.decided(observed=world.seen(sessions=(session,)))[0].reason == "lasts"


def test_a_message_that_comes_again_after_a_crash_finds_what_it_began() -> None:
    world = World()
    session = world.begun(finding=read_finding(text(world.event())).id)
    (found,) = world.decided(observed=world.seen(sessions=(session,)))
    assert (found.action, found.session, found.new) == ("mirrored", session.id, False)
