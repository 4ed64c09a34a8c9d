"""Plans applied at the EC2 endpoint: whatever happens on the way, applying again ends where a smooth run ends."""

from threading import Thread
from typing import Any

import pytest

from aws.ec2 import Ec2
from aws.endpoint.seed import terminate
from aws.endpoint.world import FILTER, RULE, SESSION, TARGET
from aws.errors import AwsDenied
from mirror.managed.apply import Outcome, apply
from mirror.managed.desired import Desired
from mirror_account import BALANCER, NOW, Account

WHOLE = (1, 1, 10, 3)


def settled(account: Account, rounds: int = 6) -> None:
    """Plan and apply until nothing is left to do, as somebody would."""
    for _ in range(rounds):
        if not account.look().plan.steps:
            return
        account.apply()
    raise AssertionError(account.look().plan.steps)


def test_the_second_plan_is_empty() -> None:
    account = Account()
    outcome = account.apply()
    assert not outcome.failed
    assert account.counts() == WHOLE
    assert account.look().plan.steps == ()
    numbers = {(session["SessionNumber"], session["PacketLength"]) for session in account.sessions()}
    assert numbers == {(1000, 8500)}


def test_200_instances_come_and_half_of_them_go() -> None:
    account = Account(web=0)
    account.apply()
    web = [account.add_web() for _ in range(200)]
    assert len([step for step in account.look().plan.steps if step.sign == "+"]) == 200
    account.apply()
    assert account.counts()[3] == 200
    for instance, _ in web[:100]:
        terminate(account.world, instance)
    assert account.look().plan.steps == (), "AWS removes the sessions of interfaces that are gone"
    for instance, _ in web[100:150]:
        account.world.kinds["instance"][instance]["Tags"] = []
    assert {step.sign for step in account.look().plan.steps} == {"-"}
    account.apply()
    assert account.counts()[3] == 50
    assert account.look().plan.steps == ()


class Killed(BaseException):
    """As when the process dies."""


class Dying(Ec2):
    """Dies before or after its so manieth change."""

    def __init__(self, account: Account, at: int, *, after: bool) -> None:
        whole = account.client()
        super().__init__(whole._ec2, whole._sts, "us-east-1", wait=account.waited.append)
        self._left, self._after = at, after

    def change(self, operation: str, asked: Any) -> Any:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed
        answer = super().change(operation, asked)
        if self._left == 0:
            raise Killed
        return answer


STEPS = 16


def test_there_are_as_many_steps_as_are_killed() -> None:
    assert len(Account().look().plan.steps) == STEPS


@pytest.mark.parametrize(("after", "stale"), [(False, 0), (True, 2)])
@pytest.mark.parametrize("at", range(1, STEPS + 1))
def test_killed_at_any_step_the_next_apply_ends_the_same(at: int, after: bool, stale: int) -> None:
    account = Account()
    account.world.trouble.stale_reads = stale
    with pytest.raises(Killed):
        apply(Dying(account, at, after=after), account.look().plan)
    settled(account)
    assert account.counts() == WHOLE


def test_two_applies_at_once_make_everything_once() -> None:
    account = Account(web=20)
    plans = [account.look().plan for _ in range(2)]
    outcomes: list[Outcome] = []
    threads = [Thread(target=lambda plan=plan: outcomes.append(apply(account.client(), plan))) for plan in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [outcome.failed for outcome in outcomes] == [[], []]
    assert account.counts() == (1, 1, 10, 20)
    assert account.look().plan.steps == ()


def test_throttled_one_in_three_it_converges() -> None:
    account = Account()
    account.world.trouble.throttle_every = 3
    settled(account)
    assert account.counts() == WHOLE
    assert account.waited


def test_answers_lost_after_the_change_make_nothing_twice() -> None:
    account = Account()
    account.world.trouble.lose_every = 2
    settled(account)
    assert account.counts() == WHOLE


def test_reads_of_yesterday_make_nothing_twice() -> None:
    account = Account()
    account.world.trouble.stale_reads = 3
    assert not account.apply().failed
    settled(account)
    assert account.counts() == WHOLE


def test_what_was_destroyed_is_made_anew_though_its_tokens_are_remembered() -> None:
    account = Account()
    account.apply()
    assert not account.apply(Desired(plan="prod")).failed
    assert account.counts() == (0, 0, 0, 0)
    assert not account.apply().failed
    assert account.counts() == WHOLE
    assert account.look().plan.steps == ()


def test_destroy_leaves_nothing_owned_and_everything_foreign() -> None:
    account = Account()
    account.apply()
    target = account.raw.create_traffic_mirror_target(NetworkInterfaceId=account.sensor)["TrafficMirrorTarget"]
    foreign = account.raw.create_traffic_mirror_filter()["TrafficMirrorFilter"]
    _, source = account.add_web()
    session = account.raw.create_traffic_mirror_session(
        NetworkInterfaceId=source,
        TrafficMirrorTargetId=target["TrafficMirrorTargetId"],
        TrafficMirrorFilterId=foreign["TrafficMirrorFilterId"],
        SessionNumber=1,
    )["TrafficMirrorSession"]
    idle = account.raw.create_traffic_mirror_target(NetworkLoadBalancerArn=BALANCER)["TrafficMirrorTarget"]
    assert not account.apply(Desired(plan="prod")).failed
    assert {*account.world.kinds[TARGET]} == {target["TrafficMirrorTargetId"], idle["TrafficMirrorTargetId"]}
    assert {*account.world.kinds[FILTER]} == {foreign["TrafficMirrorFilterId"]}
    assert {*account.world.kinds[SESSION]} == {session["TrafficMirrorSessionId"]}
    assert not account.world.kinds[RULE]
    assert account.look(Desired(plan="prod")).plan.steps == ()


def test_what_another_removed_meanwhile_is_as_good_as_removed() -> None:
    account = Account()
    account.apply()
    plans = [account.look(Desired(plan="prod")).plan for _ in range(2)]
    assert [apply(account.ec2, plan).failed for plan in plans] == [[], []]
    assert account.counts() == (0, 0, 0, 0)


def test_what_sessions_of_others_use_is_kept_and_said() -> None:
    account = Account()
    account.apply()
    [target] = account.world.kinds[TARGET]
    [own] = account.world.kinds[FILTER]
    _, source = account.add_web()
    account.raw.create_traffic_mirror_session(
        NetworkInterfaceId=source, TrafficMirrorTargetId=target, TrafficMirrorFilterId=own, SessionNumber=1
    )
    looked = account.look(Desired(plan="prod"))
    assert {remark.about for remark in looked.remarks} >= {target, own}
    assert not apply(account.ec2, looked.plan).failed
    assert account.counts() == (1, 1, 10, 1)


def test_drift_is_shown_and_undone() -> None:
    account = Account()
    account.apply()
    session, other, _ = account.sessions()
    account.raw.modify_traffic_mirror_session(
        TrafficMirrorSessionId=session["TrafficMirrorSessionId"], SessionNumber=5, PacketLength=100
    )
    account.raw.delete_traffic_mirror_session(TrafficMirrorSessionId=other["TrafficMirrorSessionId"])
    changed, gone, *_ = [*account.world.kinds[RULE]]
    account.raw.modify_traffic_mirror_filter_rule(
        TrafficMirrorFilterRuleId=changed, Protocol=6, SourcePortRange={"FromPort": 1, "ToPort": 2}, Description="mine"
    )
    account.raw.delete_traffic_mirror_filter_rule(TrafficMirrorFilterRuleId=gone)
    [own] = account.world.kinds[FILTER]
    account.raw.create_traffic_mirror_filter_rule(
        TrafficMirrorFilterId=own, TrafficDirection="ingress", RuleNumber=7, RuleAction="accept",
        SourceCidrBlock="::/0", DestinationCidrBlock="::/0",
    )  # fmt: skip
    account.raw.modify_traffic_mirror_filter_network_services(
        TrafficMirrorFilterId=own, RemoveNetworkServices=["amazon-dns"]
    )
    told = {(step.sign, step.kind): step.why for step in account.look().plan.steps}
    assert told.keys() == {
        ("~", "filter"),
        ("-", "rule"),
        ("~", "rule"),
        ("+", "rule"),
        ("~", "session"),
        ("+", "session"),
    }
    assert told["~", "session"] == "number is 5, not 1000; packet length is 100, not whole"
    assert not account.apply().failed
    assert account.look().plan.steps == ()
    assert account.counts() == WHOLE


def test_a_target_is_replaced_sessions_follow_and_the_old_one_goes_last() -> None:
    account = Account()
    account.apply()
    [old] = account.world.kinds[TARGET]
    moved = account.wishes(
        lambda text: text.replace("load_balancer", "network_interface").replace(BALANCER, account.sensor)
    )
    signs = [(step.sign, step.kind) for step in account.look(moved).plan.steps]
    assert signs == [("+", "target"), *[("~", "session")] * 3, ("-", "target")]
    assert not account.apply(moved).failed
    [new] = account.world.kinds[TARGET]
    assert new != old
    assert {session["TrafficMirrorTargetId"] for session in account.sessions()} == {new}
    assert account.look(moved).plan.steps == ()


CODES = (
    "TrafficMirrorSessionsPerInterfaceLimitExceeded", "TrafficMirrorSessionsPerTargetLimitExceeded",
    "TrafficMirrorSourcesPerTargetLimitExceeded", "TrafficMirrorSessionLimitExceeded", "InvalidParameterValue",
    "InvalidNetworkInterfaceID.NotFound", "IdempotentParameterMismatch",
)  # fmt: skip


@pytest.mark.parametrize("code", CODES)
def test_what_is_refused_is_told_with_its_code_and_the_rest_is_done(code: str) -> None:
    account = Account()
    account.world.trouble.refused["CreateTrafficMirrorSession"] = code
    outcome = account.apply()
    assert [failure.step.kind for failure in outcome.failed] == ["session"] * 3
    assert all(code in failure.why for failure in outcome.failed)
    assert account.counts() == (1, 1, 10, 0)
    account.world.trouble.refused.clear()
    settled(account)
    assert account.counts() == WHOLE


@pytest.mark.parametrize(
    ("operation", "code", "missing"),
    [
        ("CreateTrafficMirrorTarget", "TrafficMirrorTargetLimitExceeded", "target sensors"),
        ("CreateTrafficMirrorFilter", "TrafficMirrorFilterLimitExceeded", "filter all"),
        ("CreateTrafficMirrorFilterRule", "TrafficMirrorFilterRuleLimitExceeded", ""),
        ("CreateTrafficMirrorFilterRule", "TrafficMirrorFilterRuleAlreadyExists", ""),
    ],
)
def test_what_depends_on_something_refused_is_left(operation: str, code: str, missing: str) -> None:
    account = Account()
    account.world.trouble.refused[operation] = code
    failed = account.apply().failed
    assert any(code in failure.why for failure in failed)
    assert not missing or any(failure.why == f"there is no {missing}" for failure in failed)
    account.world.trouble.refused.clear()
    settled(account)
    assert account.counts() == WHOLE


def test_what_is_not_permitted_stops_and_names_the_permission() -> None:
    account = Account()
    account.world.trouble.refused["CreateTrafficMirrorSession"] = "UnauthorizedOperation"
    with pytest.raises(AwsDenied, match="It takes ec2:CreateTrafficMirrorSession"):
        account.apply()


def test_pages_are_read_once_each() -> None:
    account = Account(web=25, page=10)
    account.apply()
    account.endpoint.asked.clear()
    assert account.look(now=NOW).plan.steps == ()
    asked = account.endpoint.asked
    assert {name: asked.count(name) for name in set(asked)} == {
        "GetCallerIdentity": 1, "DescribeTrafficMirrorTargets": 1, "DescribeTrafficMirrorFilters": 1,
        "DescribeTrafficMirrorSessions": 1, "DescribeInstances": 1, "DescribeSubnets": 1,
        "DescribeNetworkInterfaces": 1,
    }  # fmt: skip
