"""One machine mirrored for a while: found by id or address, beside what runs, extended, swept when it is over."""

from datetime import UTC, datetime, timedelta

import pytest

from mirror.errors import BadDesired
from mirror.managed.desired import Desired
from mirror.managed.incident import incident, interfaces_of, nothing, target_of
from mirror.managed.observe import observe
from mirror.managed.plan import expiry
from mirror_account import NOW, Account

HOUR = timedelta(hours=1)


def started(account: Account, eni: str, hours: int = 1) -> None:
    seen = observe(account.ec2)
    desired = incident((eni,), target_of(seen.targets, ""))
    assert not account.apply(desired, expires=NOW + hours * HOUR).failed


def test_an_interface_is_found_by_id_instance_and_any_address() -> None:
    account = Account()
    instance, eni = account.web[0]
    seen = observe(account.ec2)
    address = seen.interfaces[eni].address
    assert interfaces_of(seen, instance=instance) == (eni,)
    assert interfaces_of(seen, eni=eni) == (eni,)
    assert interfaces_of(seen, address=address) == (eni,)
    with pytest.raises(BadDesired, match=r"192\.0\.2\.1"):
        interfaces_of(seen, address="192.0.2.1")


def test_without_a_target_it_is_said_what_to_do() -> None:
    with pytest.raises(BadDesired, match="mirror apply"):
        target_of((), "")
    account = Account()
    account.apply()
    account.raw.create_traffic_mirror_target(NetworkInterfaceId=account.sensor)
    with pytest.raises(BadDesired, match="--target: tmt-"):
        target_of(observe(account.ec2).targets, "")


def test_incidents_run_beside_each_other_are_extended_and_end() -> None:
    account = Account(web=4)
    account.apply()
    permanent = len(account.sessions())
    (_, one), (_, two), *_ = account.web
    started(account, one)
    started(account, two, hours=3)
    mine = {each["NetworkInterfaceId"]: each for each in account.sessions() if each["SessionNumber"] == 20000}
    assert mine.keys() == {one, two}
    assert account.look().plan.steps == (), "the file's plan leaves them alone"
    started(account, one, hours=2)
    assert len(account.sessions()) == permanent + 2
    assert account.look(nothing(), NOW + HOUR).plan.steps == ()
    assert not account.apply(nothing(), NOW + 2 * HOUR).failed
    assert {each["NetworkInterfaceId"] for each in account.sessions() if each["SessionNumber"] == 20000} == {two}
    assert not account.apply(nothing(), NOW + 3 * HOUR).failed
    assert len(account.sessions()) == permanent
    assert account.counts()[:2] == (1, 1), "the filter of incidents goes with the last one"


@pytest.mark.parametrize(("text", "hour"), [("2026-11-21T13:00:00", 13), ("2026-11-21T13:00:00+02:00", 11)])
def test_an_end_is_utc_where_it_says_nothing_else(text: str, hour: int) -> None:
    assert expiry({"flowtap:expires-at": text}) == NOW.replace(hour=hour)


@pytest.mark.parametrize("tags", [{}, {"flowtap:expires-at": "soon"}])
def test_what_is_no_time_is_no_end(tags: dict[str, str]) -> None:
    assert expiry(tags) is None


def test_destroying_it_all_does_not_wait_for_the_end() -> None:
    account = Account()
    account.apply()
    started(account, account.web[0][1])
    assert not account.apply(Desired(plan="start"), datetime.max.replace(tzinfo=UTC)).failed
    assert account.counts() == (1, 1, 10, 3)
