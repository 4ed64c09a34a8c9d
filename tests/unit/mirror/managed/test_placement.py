"""Who is mirrored: selectors, what is never mirrored, room at targets, numbers; and what is said of the rest."""

from dataclasses import replace

import pytest

from aws.endpoint.seed import add_group, add_instance, add_interface, add_subnet
from aws.endpoint.world import INSTANCE, INTERFACE
from aws.mirror_rules import RULES
from mirror.managed.desired import Desired, read_desired
from mirror.managed.instance_types import InstanceTypes, instance_types
from mirror.managed.look import look
from mirror.managed.model import Session
from mirror.managed.plan import make_plan
from mirror_account import BALANCER, NOW, Account

SENSOR = """
plan = "prod"
[targets.sensor]
network_interface = "{sensor}"
[targets.second]
network_interface = "{second}"
[filters.all]
preset = "everything"
[sessions.web]
targets = [{targets}]
filter = "all"
select = {{ {select} }}
{more}
"""
TAGGED = 'tags = { role = "web" }'


def wishes(
    account: Account, select: str = TAGGED, targets: str = '"sensor"', more: str = "", second: str = "x"
) -> Desired:
    return read_desired(SENSOR.format(sensor=account.sensor, second=second, targets=targets, select=select, more=more))


def mirrored(account: Account, desired: Desired) -> set[str]:
    return {step.name.partition("/")[2] for step in account.look(desired).plan.steps if step.kind == "session"}


def said(account: Account, desired: Desired, about: str) -> str:
    return " ".join(remark.text for remark in account.look(desired).remarks if remark.about == about)


def test_selectors_choose_and_exclusions_take_away() -> None:
    account = Account()
    (first, one), (_, two), (_, three) = account.web
    other = add_subnet(account.world, account.vpc, "10.0.16.0/20")
    _, far = add_instance(account.world, other, {"role": "db"})
    assert mirrored(account, wishes(account)) == {one, two, three}
    assert mirrored(account, wishes(account, f'vpcs = ["{account.vpc}"]')) == {one, two, three, far}
    assert mirrored(account, wishes(account, f'subnets = ["{other}"]')) == {far}
    assert mirrored(account, wishes(account, f'interfaces = ["{two}"]')) == {two}
    assert mirrored(account, wishes(account, f'instances = ["{first}"], {TAGGED}')) == {one}
    assert mirrored(account, wishes(account, more=f'exclude = {{ interfaces = ["{two}"] }}')) == {one, three}
    assert (
        said(account, wishes(account, 'tags = { role = "none" }'), "sessions.web") == "its selector fits no interface"
    )


def test_an_analyser_is_never_mirrored_nor_any_interface_of_its_instance() -> None:
    account = Account()
    beside = add_interface(account.world, account.subnet, account.sensor_instance)
    everything = wishes(account, f'vpcs = ["{account.vpc}"]')
    assert not {account.sensor, beside} & mirrored(account, everything)
    assert "its own copies" in said(account, everything, beside)
    _, foreign = add_instance(account.world, account.subnet, {"role": "web"})
    account.raw.create_traffic_mirror_target(NetworkInterfaceId=foreign)
    assert foreign not in mirrored(account, everything), "a target of somebody else's is one, too"


@pytest.mark.parametrize("kind", [INSTANCE, INTERFACE])
def test_the_tag_never_is_obeyed(kind: str) -> None:
    account = Account()
    instance, eni = account.web[0]
    document = account.world.kinds[kind][instance if kind == INSTANCE else eni]
    document.setdefault("TagSet" if kind == INTERFACE else "Tags", []).append(
        {"Key": "flowtap:mirror", "Value": "never"}
    )
    assert eni not in mirrored(account, wishes(account))
    assert "flowtap:mirror=never" in said(account, wishes(account), eni)


def test_what_aws_does_not_mirror_is_said_with_the_rule() -> None:
    account = Account()
    gateway = add_interface(account.world, account.subnet, kind="nat_gateway")
    barren = add_subnet(account.world, account.vpc, only_ipv6=True)
    _, alone = add_instance(account.world, barren, {"role": "web"})
    _, metal = account.add_web(kind="m5.metal")
    _, new = account.add_web(kind="m7i.large")
    named = wishes(account, f'interfaces = ["{gateway}", "{alone}"]')
    assert not mirrored(account, named)
    assert str(RULES["source-type"]) in said(account, named, gateway)
    assert str(RULES["no-ipv6-only"]) in said(account, named, alone)
    assert {metal, new} <= mirrored(account, wishes(account)), "the API decides"
    assert str(RULES["instance-types"]) in said(account, wishes(account), metal)
    assert str(RULES["instance-types"]) in said(account, wishes(account), new)
    broad = account.look(wishes(account, f'vpcs = ["{account.vpc}"]'))
    assert broad.plan.passed_over == 1
    assert gateway not in {remark.about for remark in broad.remarks}


def test_what_is_known_of_instance_types_may_be_replaced() -> None:
    account = Account(web=0)
    _, new = account.add_web(kind="m7i.large")
    _, odd = account.add_web(kind="m9q.large")

    def doubted(types: InstanceTypes) -> set[str]:
        remarks = look(account.ec2, wishes(account), NOW, types=types).remarks
        return {each.about for each in remarks if str(RULES["instance-types"]) in each.text}

    assert doubted(instance_types("", "")) == {new}
    assert doubted(instance_types("m9q, m9q.large", "")) == {odd}
    assert doubted(instance_types("m9q.small", "")) == set()


def test_types_that_take_many_sources_may_be_replaced() -> None:
    account = Account(web=11)

    def refused(large: str) -> int:
        looked = look(account.ec2, wishes(account), NOW, types=instance_types("", large))
        return sum(remark.refused for remark in looked.remarks)

    assert (refused(""), refused("m5.large, m5.xlarge")) == (1, 0)


def test_a_full_interface_is_left_and_said() -> None:
    account = Account()
    _, full = account.web[0]
    target = account.raw.create_traffic_mirror_target(NetworkLoadBalancerArn=BALANCER)["TrafficMirrorTarget"]
    chosen = account.raw.create_traffic_mirror_filter()["TrafficMirrorFilter"]
    for number in (1000, 1001, 1002):
        account.raw.create_traffic_mirror_session(
            NetworkInterfaceId=full, TrafficMirrorTargetId=target["TrafficMirrorTargetId"],
            TrafficMirrorFilterId=chosen["TrafficMirrorFilterId"], SessionNumber=number,
        )  # fmt: skip
        if number == 1001:
            [step] = [step for step in account.look(wishes(account)).plan.steps if step.name == f"web/{full}"]
            assert step.asked["SessionNumber"] == 1002, "the first that is free"
    assert full not in mirrored(account, wishes(account))
    assert str(RULES["sessions-per-interface"]) in said(account, wishes(account), full)


def test_a_target_takes_ten_sources_the_next_one_the_rest_and_then_it_is_said() -> None:
    account = Account(web=22)
    _, second = add_instance(account.world, account.subnet, group=account.group)
    both = wishes(account, targets='"sensor", "second"', second=second)
    chosen = [
        step.needs["TrafficMirrorTargetId"][1] for step in account.look(both).plan.steps if step.kind == "session"
    ]
    assert (chosen.count("sensor"), chosen.count("second")) == (10, 10)
    refused = [remark for remark in account.look(both).remarks if remark.refused]
    assert len(refused) == 2
    assert all(str(RULES["sources-per-target"]) in remark.text for remark in refused)
    assert not account.apply(both).failed
    assert account.look(both).plan.steps == (), "who has a place keeps it"
    account.world.kinds[INSTANCE][account.sensor_instance]["InstanceType"] = "m5.24xlarge"
    assert not [remark for remark in account.look(both).remarks if remark.refused]


def test_more_sessions_than_an_account_has_are_said() -> None:
    account = Account(web=1)
    observed = account.look().observed
    session = Session("tms-1", "eni-x", "tmt-x", "tmf-x", 1, 1)
    crowded = replace(observed, sessions=tuple(replace(session, id=f"tms-{number}") for number in range(10_000)))
    told = [remark.text for remark in make_plan(account.wishes(), crowded, NOW).remarks if remark.refused]
    assert told == [f"10,001 sessions: {RULES['sessions']}"]


def test_a_target_in_the_same_zone_comes_first() -> None:
    account = Account(web=1)
    there = add_subnet(account.world, account.vpc, "10.0.16.0/20", zone="b")
    _, far = add_instance(account.world, there, group=account.group)
    chosen = wishes(account, targets='"second", "sensor"', second=far)
    [step] = [step for step in account.look(chosen).plan.steps if step.kind == "session"]
    assert step.needs["TrafficMirrorTargetId"] == ("target", "sensor")


def test_a_closed_security_group_is_said_for_those_it_keeps_out() -> None:
    account = Account()
    assert str(RULES["security-group"]) not in said(account, wishes(account), "targets.sensor")
    shut = add_group(account.world, account.vpc, udp_4789_from="10.9.0.0/16")
    account.world.kinds[INTERFACE][account.sensor]["Groups"] = [{"GroupId": shut}]
    told = said(account, wishes(account), "targets.sensor")
    assert str(RULES["security-group"]) in told
    assert "do not let in 3 sources" in told


@pytest.mark.parametrize(
    ("filter_", "word"),
    [
        ("rules = []", "it mirrors nothing"),
        ('rules = [{ action = "reject" }]', "it mirrors nothing"),
        ('rules = [{ direction = "ingress" }]', "no rule accepts egress"),
        ('rules = [{ source = "0.0.0.0/0" }]', "no rule accepts IPv6 of ingress"),
        ("rules = [{ }]", "amazon_dns = true only"),
        ("rules = [{ }]", "it takes mirrored packets that come in (UDP port 4789)"),
        ('rules = [{ action = "reject", protocol = "udp", destination_ports = "4789" }, { }]', "(UDP port 6081)"),
        ('rules = [{ protocol = "udp", destination_ports = "4000-5000" }]', "(UDP port 4789)"),
    ],
)
def test_what_a_filter_leaves_out_is_said(filter_: str, word: str) -> None:
    account = Account()
    text = SENSOR.format(sensor=account.sensor, second="x", targets='"sensor"', select=TAGGED, more="")
    told = said(account, read_desired(text.replace('preset = "everything"', filter_)), "filters.all")
    assert word in told


@pytest.mark.parametrize(
    "filter_",
    [
        'preset = "everything"',
        'preset = "tls-and-dns"',
        'rules = [{ action = "reject", protocol = "udp", destination_ports = "4789-6081" }, { }]',
        'rules = [{ protocol = "tcp" }]',
        'rules = [{ direction = "egress" }]',
        'rules = [{ protocol = "udp", destination_ports = "53" }]',
    ],
)
def test_a_filter_that_takes_no_mirrored_packets_is_not_warned_of(filter_: str) -> None:
    account = Account()
    text = SENSOR.format(sensor=account.sensor, second="x", targets='"sensor"', select=TAGGED, more="")
    told = said(account, read_desired(text.replace('preset = "everything"', filter_)), "filters.all")
    assert "it takes mirrored packets" not in told


def test_cut_packets_load_balancers_and_shared_targets_are_said() -> None:
    account = Account()
    cut = wishes(account, more="packet_length = 128")
    assert str(RULES["packet-length"]) in said(account, cut, "sessions.web")
    assert str(RULES["mtu"]) in said(account, cut, "targets.sensor")
    assert str(RULES["load-balancer"]) in said(account, account.wishes(), "targets.sensors")
    shared = account.wishes(lambda text: text.replace("load_balancer", "target_id").replace(BALANCER, "tmt-0"))
    assert str(RULES["shared-target"]) in said(account, shared, "targets.sensors")
    assert account.look(shared).monthly_dollars == 32.85
