"""What there is, asked of EC2: every page of what mirroring is about, nothing twice. Changes nothing."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from aws.ec2 import Ec2
from mirror.managed.model import Filter, Interface, Observed, Rule, Session, Target

Document = Mapping[str, Any]
_VXLAN: Final = 4789


def observe(ec2: Ec2, *, discover: bool = True) -> Observed:
    """Everything of the account and region that the credentials lead to. Raises AwsError.

    Without `discover` interfaces are left out: what destroying needs.
    """
    who = ec2.identity()
    targets = tuple(_target(each) for each in ec2.listed("DescribeTrafficMirrorTargets", "TrafficMirrorTargets"))
    filters = tuple(_filter(each) for each in ec2.listed("DescribeTrafficMirrorFilters", "TrafficMirrorFilters"))
    sessions = tuple(_session(each) for each in ec2.listed("DescribeTrafficMirrorSessions", "TrafficMirrorSessions"))
    found = {each.eni: each for each in _interfaces(ec2)} if discover else {}
    return Observed(who.account, who.arn, who.region, found, targets, filters, sessions)


def open_groups(ec2: Ec2, groups: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Which of these security groups let UDP 4789 in, and from where (networks, groups, prefix lists)."""
    if not groups:
        return {}
    wanted = [{"Name": "group-id", "Values": sorted(groups)}]
    return {
        each["GroupId"]: tuple(_openings(each))
        for each in ec2.listed("DescribeSecurityGroups", "SecurityGroups", Filters=wanted)
    }


def tags_of(listed: Any) -> dict[str, str]:
    """Tags as a mapping."""
    return {tag["Key"]: tag.get("Value", "") for tag in listed or ()}


def _interfaces(ec2: Ec2) -> Iterator[Interface]:
    instances = {
        instance["InstanceId"]: instance
        for reservation in ec2.listed("DescribeInstances", "Reservations")
        for instance in reservation.get("Instances", ())
    }
    subnets = {each["SubnetId"]: each for each in ec2.listed("DescribeSubnets", "Subnets")}
    for each in ec2.listed("DescribeNetworkInterfaces", "NetworkInterfaces"):
        instance: Document = instances.get(each.get("Attachment", {}).get("InstanceId", ""), {})
        yield Interface(
            each["NetworkInterfaceId"],
            each.get("InterfaceType", "interface"),
            each.get("PrivateIpAddress", ""),
            each.get("OwnerId", ""),
            each.get("VpcId", ""),
            each.get("SubnetId", ""),
            each.get("AvailabilityZone", ""),
            tuple(group["GroupId"] for group in each.get("Groups", ())),
            tags_of(each.get("TagSet")),
            instance.get("InstanceId", ""),
            instance.get("InstanceType", ""),
            tags_of(instance.get("Tags")),
            bool(subnets.get(each.get("SubnetId", ""), {}).get("Ipv6Native")),
            tuple(_addresses(each)),
        )


def _addresses(interface: Document) -> Iterator[str]:
    for each in interface.get("PrivateIpAddresses", ()):
        yield each.get("PrivateIpAddress", "")
        if public := each.get("Association", {}).get("PublicIp"):
            yield public
    yield from (each["Ipv6Address"] for each in interface.get("Ipv6Addresses", ()))


def _target(each: Document) -> Target:
    names = ("NetworkInterfaceId", "NetworkLoadBalancerArn", "GatewayLoadBalancerEndpointId")
    ref = next((each[name] for name in names if each.get(name)), "")
    return Target(
        each["TrafficMirrorTargetId"], each.get("Type", ""), ref, each.get("OwnerId", ""), tags_of(each.get("Tags"))
    )


def _filter(each: Document) -> Filter:
    rules = (*each.get("IngressFilterRules", ()), *each.get("EgressFilterRules", ()))
    return Filter(
        each["TrafficMirrorFilterId"],
        tuple(_rule(rule) for rule in rules),
        "amazon-dns" in each.get("NetworkServices", ()),
        tags_of(each.get("Tags")),
    )


def _rule(each: Document) -> Rule:
    return Rule(
        each["TrafficDirection"],
        each["RuleNumber"],
        each["RuleAction"],
        each["SourceCidrBlock"],
        each["DestinationCidrBlock"],
        each.get("Protocol", 0),
        _ports(each.get("SourcePortRange")),
        _ports(each.get("DestinationPortRange")),
        each.get("Description", ""),
        each["TrafficMirrorFilterRuleId"],
    )


def _ports(given: Document | None) -> tuple[int, int] | None:
    return (given["FromPort"], given["ToPort"]) if given else None


def _session(each: Document) -> Session:
    return Session(
        each["TrafficMirrorSessionId"],
        each["NetworkInterfaceId"],
        each["TrafficMirrorTargetId"],
        each["TrafficMirrorFilterId"],
        each["SessionNumber"],
        each.get("VirtualNetworkId", 0),
        each.get("OwnerId", ""),
        each.get("PacketLength", 0),
        tags_of(each.get("Tags")),
    )


def _openings(group: Document) -> Iterator[str]:
    for opened in group.get("IpPermissions", ()):
        whole = opened.get("IpProtocol") == "-1"
        udp = opened.get("IpProtocol") in {"udp", "17"}
        if whole or (udp and opened.get("FromPort", 0) <= _VXLAN <= opened.get("ToPort", 65535)):
            yield from (each["CidrIp"] for each in opened.get("IpRanges", ()))
            yield from (each["CidrIpv6"] for each in opened.get("Ipv6Ranges", ()))
            yield from (each["GroupId"] for each in opened.get("UserIdGroupPairs", ()))
            yield from (each["PrefixListId"] for each in opened.get("PrefixListIds", ()))
