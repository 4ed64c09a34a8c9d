"""The endpoint keeps AWS's documented rules: each broken one has its error code and names its page."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from aws.endpoint.answer import Endpoint
from aws.endpoint.seed import add_instance, add_interface, add_subnet, add_vpc, terminate
from aws.endpoint.world import World
from aws.mirror_rules import RULES, Limits
from ec2_client import client

ALL_IPV4 = {"SourceCidrBlock": "0.0.0.0/0", "DestinationCidrBlock": "0.0.0.0/0"}


class Cloud:
    """An endpoint with a sensor, which is a target, a source and a filter."""

    def __init__(self, **world: Any) -> None:
        self.endpoint = Endpoint(World(**world))
        self.world = self.endpoint.world
        self.subnet = add_subnet(self.world, add_vpc(self.world))
        self.sensor_instance, self.sensor = add_instance(self.world, self.subnet, {"role": "sensor"})
        self.instance, self.source = add_instance(self.world, self.subnet, {"role": "web"})
        self.ec2 = client(self.endpoint)
        self.target = self.ec2.create_traffic_mirror_target(NetworkInterfaceId=self.sensor)["TrafficMirrorTarget"][
            "TrafficMirrorTargetId"
        ]
        self.filter = self.new_filter()

    def new_filter(self, **more: Any) -> str:
        return str(self.ec2.create_traffic_mirror_filter(**more)["TrafficMirrorFilter"]["TrafficMirrorFilterId"])

    def rule(self, number: int = 1, **more: Any) -> Any:
        asked = {"TrafficDirection": "ingress", "RuleAction": "accept", "RuleNumber": number, **ALL_IPV4, **more}
        return self.ec2.create_traffic_mirror_filter_rule(TrafficMirrorFilterId=self.filter, **asked)[
            "TrafficMirrorFilterRule"
        ]

    def session(self, **more: Any) -> Any:
        asked = {
            "NetworkInterfaceId": self.source,
            "TrafficMirrorTargetId": self.target,
            "TrafficMirrorFilterId": self.filter,
            "SessionNumber": 1,
        }
        return self.ec2.create_traffic_mirror_session(**asked | more)["TrafficMirrorSession"]


def fails(code: str, call: Callable[[], object], rule: str = "") -> None:
    with pytest.raises(ClientError) as caught:
        call()
    told = caught.value.response["Error"]
    assert told["Code"] == code
    assert not rule or str(RULES[rule]) in told["Message"]


def test_a_target_is_one_thing_that_exists_and_no_source() -> None:
    cloud = Cloud()
    make = cloud.ec2.create_traffic_mirror_target
    fails("InvalidParameterCombination", make, "one-target")
    fails("InvalidNetworkInterfaceID.NotFound", lambda: make(NetworkInterfaceId="eni-0"))
    fails("InvalidVpcEndpointId.NotFound", lambda: make(GatewayLoadBalancerEndpointId="vpce-0"))
    cloud.session()
    fails("InvalidParameterValue", lambda: make(NetworkInterfaceId=cloud.source), "not-both")


def test_what_a_session_uses_is_not_deleted() -> None:
    cloud = Cloud()
    session = cloud.session()["TrafficMirrorSessionId"]
    remove_target = lambda: cloud.ec2.delete_traffic_mirror_target(TrafficMirrorTargetId=cloud.target)  # noqa: E731
    remove_filter = lambda: cloud.ec2.delete_traffic_mirror_filter(TrafficMirrorFilterId=cloud.filter)  # noqa: E731
    fails("TrafficMirrorTargetInUseException", remove_target, "target-in-use")
    fails("TrafficMirrorFilterInUse", remove_filter, "filter-in-use")
    cloud.ec2.delete_traffic_mirror_session(TrafficMirrorSessionId=session)
    remove_target()
    remove_filter()
    fails("InvalidTrafficMirrorTargetId.NotFound", remove_target)
    fails("InvalidTrafficMirrorFilterId.NotFound", remove_filter)


def test_a_filter_takes_its_rules_along() -> None:
    cloud = Cloud()
    rule = cloud.rule()["TrafficMirrorFilterRuleId"]
    cloud.ec2.delete_traffic_mirror_filter(TrafficMirrorFilterId=cloud.filter)
    remove = lambda: cloud.ec2.delete_traffic_mirror_filter_rule(TrafficMirrorFilterRuleId=rule)  # noqa: E731
    fails("InvalidTrafficMirrorFilterRuleId.NotFound", remove)


def test_rules_have_numbers_families_and_ports() -> None:
    cloud = Cloud()
    first = cloud.rule(1)["TrafficMirrorFilterRuleId"]
    cloud.rule(1, TrafficDirection="egress")
    fails("TrafficMirrorFilterRuleAlreadyExists", lambda: cloud.rule(1), "rule-number-once")
    fails("InvalidParameterValue", lambda: cloud.rule(2, DestinationCidrBlock="::/0"), "one-family")
    ports = {"DestinationPortRange": {"FromPort": 53, "ToPort": 53}}
    fails("InvalidParameterValue", lambda: cloud.rule(2, **ports), "ports-need-protocol")
    fails("InvalidParameterValue", lambda: cloud.rule(2, **ports, Protocol=1), "ports-need-protocol")
    cloud.rule(2, **ports, Protocol=17)
    modify = cloud.ec2.modify_traffic_mirror_filter_rule
    fails("TrafficMirrorFilterRuleAlreadyExists", lambda: modify(TrafficMirrorFilterRuleId=first, RuleNumber=2))
    fails("InvalidParameterValue", lambda: modify(TrafficMirrorFilterRuleId=first, **ports), "ports-need-protocol")
    changed = modify(TrafficMirrorFilterRuleId=first, Protocol=6, Description="web", **ports)["TrafficMirrorFilterRule"]
    assert (changed["Protocol"], changed["DestinationPortRange"]) == (6, ports["DestinationPortRange"])
    bare = modify(TrafficMirrorFilterRuleId=first, RemoveFields=["destination-port-range", "protocol", "description"])[
        "TrafficMirrorFilterRule"
    ]
    assert not {"Protocol", "DestinationPortRange", "Description"} & bare.keys()


def test_the_one_network_service_is_amazon_dns() -> None:
    cloud = Cloud()
    modify = cloud.ec2.modify_traffic_mirror_filter_network_services
    found = modify(TrafficMirrorFilterId=cloud.filter, AddNetworkServices=["amazon-dns"])["TrafficMirrorFilter"]
    assert found["NetworkServices"] == ["amazon-dns"]
    strange = lambda: modify(TrafficMirrorFilterId=cloud.filter, AddNetworkServices=["ntp"])  # noqa: E731
    fails("InvalidParameterValue", strange, "network-services")
    found = modify(TrafficMirrorFilterId=cloud.filter, RemoveNetworkServices=["amazon-dns"])["TrafficMirrorFilter"]
    assert found["NetworkServices"] == []


def test_sessions_have_numbers_lengths_and_vnis() -> None:
    cloud = Cloud()
    made = cloud.session(VirtualNetworkId=7)
    assert made["VirtualNetworkId"] == 7
    assert "PacketLength" not in made
    _, other = add_instance(cloud.world, cloud.subnet)
    fails("InvalidParameterValue", lambda: cloud.session(SessionNumber=1), "session-number-once")
    fails("InvalidParameterValue", lambda: cloud.session(SessionNumber=0), "session-number")
    fails("InvalidParameterValue", lambda: cloud.session(SessionNumber=32767), "session-number")
    fails("InvalidParameterValue", lambda: cloud.session(SessionNumber=2, PacketLength=8501), "packet-length")
    fails("InvalidParameterValue", lambda: cloud.session(SessionNumber=2, VirtualNetworkId=1 << 24), "vni")
    again = lambda: cloud.session(NetworkInterfaceId=other, VirtualNetworkId=7)  # noqa: E731
    fails("InvalidParameterValue", again, "vni-once")
    assert cloud.session(NetworkInterfaceId=other)["VirtualNetworkId"] != 7


def test_sources_are_interfaces_of_the_plain_type_and_no_targets() -> None:
    cloud = Cloud()
    odd = add_interface(cloud.world, cloud.subnet, kind="nat_gateway")
    fails("InvalidParameterValue", lambda: cloud.session(NetworkInterfaceId=odd), "source-type")
    fails("InvalidParameterValue", lambda: cloud.session(NetworkInterfaceId=cloud.sensor), "not-both")
    fails("InvalidNetworkInterfaceID.NotFound", lambda: cloud.session(NetworkInterfaceId="eni-0"))
    fails("InvalidTrafficMirrorTargetId.NotFound", lambda: cloud.session(TrafficMirrorTargetId="tmt-0"))
    fails("InvalidTrafficMirrorFilterId.NotFound", lambda: cloud.session(TrafficMirrorFilterId="tmf-0"))


def test_limits() -> None:
    cloud = Cloud(limits=Limits(sessions=4, targets=2, filters=2, sources_per_target=2))
    for number in (1, 2, 3):
        cloud.session(SessionNumber=number)
    full = lambda: cloud.session(SessionNumber=4)  # noqa: E731
    fails("TrafficMirrorSessionsPerInterfaceLimitExceeded", full, "sessions-per-interface")
    others = [add_instance(cloud.world, cloud.subnet)[1] for _ in range(3)]
    cloud.session(NetworkInterfaceId=others[0])
    fails("TrafficMirrorSessionLimitExceeded", lambda: cloud.session(NetworkInterfaceId=others[1]), "sessions")
    cloud.world.limits = Limits(sources_per_target=2)
    crowded = lambda: cloud.session(NetworkInterfaceId=others[1])  # noqa: E731
    fails("TrafficMirrorSourcesPerTargetLimitExceeded", crowded, "sources-per-target")
    cloud.world.kinds["instance"][cloud.sensor_instance]["InstanceType"] = "m5.24xlarge"
    crowded()
    cloud.world.limits = Limits(targets=1, filters=1)
    balancer = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/a/0"
    make = lambda: cloud.ec2.create_traffic_mirror_target(NetworkLoadBalancerArn=balancer)  # noqa: E731
    fails("TrafficMirrorTargetLimitExceeded", make, "targets")
    fails("TrafficMirrorFilterLimitExceeded", cloud.new_filter, "filters")
    for number in range(10):
        cloud.rule(number + 1)
    fails("TrafficMirrorFilterRuleLimitExceeded", lambda: cloud.rule(11), "rules-per-filter")


def test_a_load_balancer_takes_any_number_and_8500_bytes() -> None:
    cloud = Cloud(limits=Limits(sources_per_target=1))
    balancer = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/a/0"
    target = cloud.ec2.create_traffic_mirror_target(NetworkLoadBalancerArn=balancer)["TrafficMirrorTarget"]
    assert target["Type"] == "network-load-balancer"
    for _ in range(3):
        _, source = add_instance(cloud.world, cloud.subnet)
        made = cloud.session(NetworkInterfaceId=source, TrafficMirrorTargetId=target["TrafficMirrorTargetId"])
        assert made["PacketLength"] == 8500


def test_modify_changes_what_is_named_and_a_removed_vni_becomes_another() -> None:
    cloud = Cloud()
    made = cloud.session(PacketLength=100, VirtualNetworkId=9, Description="x")
    modify, identity = cloud.ec2.modify_traffic_mirror_session, made["TrafficMirrorSessionId"]
    changed = modify(TrafficMirrorSessionId=identity, SessionNumber=5)["TrafficMirrorSession"]
    assert changed == made | {"SessionNumber": 5}
    bare = modify(TrafficMirrorSessionId=identity, RemoveFields=["packet-length", "description", "virtual-network-id"])
    assert not {"PacketLength", "Description"} & bare["TrafficMirrorSession"].keys()
    assert bare["TrafficMirrorSession"]["VirtualNetworkId"] != 9


def test_a_terminated_instance_takes_its_sessions_along() -> None:
    cloud = Cloud()
    identity = cloud.session()["TrafficMirrorSessionId"]
    terminate(cloud.world, cloud.instance)
    remove = lambda: cloud.ec2.delete_traffic_mirror_session(TrafficMirrorSessionId=identity)  # noqa: E731
    fails("InvalidTrafficMirrorSessionId.NotFound", remove)


def test_a_token_is_answered_the_same_again_and_refused_with_other_parameters() -> None:
    cloud = Cloud()
    one = cloud.new_filter(ClientToken="t", Description="a")
    assert cloud.new_filter(ClientToken="t", Description="a") == one
    fails("IdempotentParameterMismatch", lambda: cloud.new_filter(ClientToken="t", Description="b"), "client-token")
    assert len(cloud.world.kinds["traffic-mirror-filter"]) == 2
    cloud.ec2.delete_traffic_mirror_filter(TrafficMirrorFilterId=one)
    assert cloud.new_filter(ClientToken="t", Description="a") == one, "the answer of before, though it is gone"
