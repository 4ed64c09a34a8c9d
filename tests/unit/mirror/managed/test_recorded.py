"""The inventory: from when until when a VNI stood for whom, as `mirror.inventory` reads it again."""

from dataclasses import replace
from datetime import timedelta

from aws.endpoint.seed import terminate
from mirror.inventory import MirroredInterface, read_inventory
from mirror.managed.observe import observe
from mirror.managed.recorded import inventory_text, record
from mirror_account import NOW, Account

HOUR = timedelta(hours=1)


def test_it_names_session_interface_instance_and_tags() -> None:
    account = Account(web=1)
    account.apply()
    [session], [(instance, eni)] = account.sessions(), account.web
    [entry] = read_inventory(inventory_text(record((), observe(account.ec2), NOW)))
    assert entry == MirroredInterface(
        session["VirtualNetworkId"], session["TrafficMirrorSessionId"], eni, instance, account.vpc, account.subnet,
        "123456789012", "us-east-1", {"role": "web"},
    )  # fmt: skip


def test_a_session_that_is_gone_ends_and_one_that_stays_is_as_it_was() -> None:
    account = Account(web=2)
    account.apply()
    first = record((), observe(account.ec2), NOW)
    terminate(account.world, account.web[0][0])
    second = record(first, observe(account.ec2), NOW + HOUR)
    assert {entry.eni: entry.valid_to for entry in second} == {account.web[0][1]: NOW + HOUR, account.web[1][1]: None}
    third = record(second, observe(account.ec2), NOW + 2 * HOUR)
    assert third == second
    assert read_inventory(inventory_text(third)) == third


def test_a_vni_that_is_given_again_changes_hands_at_that_moment() -> None:
    account = Account(web=2)
    account.apply()
    first = record((), observe(account.ec2), NOW)
    old, new = account.sessions()
    account.world.delete_interface(old["NetworkInterfaceId"])
    new["VirtualNetworkId"], before = old["VirtualNetworkId"], new["VirtualNetworkId"]
    second = record(first, observe(account.ec2), NOW + HOUR)
    assert {(entry.vni, entry.eni, entry.valid_from, entry.valid_to) for entry in second} == {
        (old["VirtualNetworkId"], old["NetworkInterfaceId"], None, NOW + HOUR),
        (before, new["NetworkInterfaceId"], None, NOW + HOUR),
        (old["VirtualNetworkId"], new["NetworkInterfaceId"], NOW + HOUR, None),
    }
    assert read_inventory(inventory_text(second)) == second


def test_an_entry_names_the_finding_that_its_session_was_begun_for() -> None:
    account = Account(web=1)
    account.apply()
    seen = observe(account.ec2)
    session = replace(seen.sessions[0], tags={"flowtap:finding": "0123", "flowtap:plan": "start"})
    (entry,) = record((), replace(seen, sessions=(session,)), NOW)
    assert entry.tags["flowtap:finding"] == "0123"
    assert "flowtap:plan" not in entry.tags
