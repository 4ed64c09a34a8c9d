"""A small network in EC2's words, and records of it: what tests of `shipper.access` and of the command share."""

import json
from collections.abc import Sequence
from typing import Any

from shipper.access.network import Network, read_network
from shipper.access.record import Seen, seen

VPC, SUBNET, ENI, GROUP, ACL = "vpc-1", "subnet-1", "eni-1", "sg-1", "acl-1"
HOME, AWAY = "10.0.0.5", "198.51.100.7"
TAKEN_AT = "2026-11-21T12:00:00+00:00"
ANYWHERE = "0.0.0.0/0"
_PROTOCOLS = {"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58", "-1": "-1"}


def interface(name: str = ENI, groups: Sequence[str] = (GROUP,), address: str = HOME, **more: Any) -> dict[str, Any]:
    return {
        "NetworkInterfaceId": name, "VpcId": VPC, "SubnetId": SUBNET, "OwnerId": "111122223333",
        "Groups": [{"GroupId": each, "GroupName": f"name of {each}"} for each in groups],
        "PrivateIpAddresses": [{"PrivateIpAddress": address}], **more,
    }  # fmt: skip


def rule(
    service: str, peer: Any = ANYWHERE, *, group: str = GROUP, egress: bool = False, **more: Any
) -> dict[str, Any]:
    """`peer`: a range, or the keys of another kind of peer."""
    protocol, first, last = _service(service)
    peers = peer if isinstance(peer, dict) else {"CidrIpv6" if ":" in peer else "CidrIpv4": peer}
    name = f"sgr-{group}-{service}-{next(iter(peers.values()))}"
    return {
        "SecurityGroupRuleId": name, "GroupId": group, "IsEgress": egress, "IpProtocol": protocol,
        "FromPort": first, "ToPort": last, **peers, **more,
    }  # fmt: skip


def entry(
    number: int, action: str, service: str = "-1", block: str = ANYWHERE, *, egress: bool = False
) -> dict[str, Any]:
    protocol, first, last = _service(service)
    icmp = {"IcmpTypeCode": {"Type": first, "Code": last}} if protocol in {"icmp", "icmpv6"} else {}
    return {
        "RuleNumber": number, "Egress": egress, "RuleAction": action, "Protocol": _PROTOCOLS[protocol],
        "Ipv6CidrBlock" if ":" in block else "CidrBlock": block,
        **({"PortRange": {"From": first, "To": last}} if protocol in {"tcp", "udp"} else icmp),
    }  # fmt: skip


def _service(text: str) -> tuple[str, int, int]:
    protocol, _, ports = text.partition(" ")
    first, _, last = ports.partition("-")
    return protocol, int(first or -1), int(last or first or -1)


OPEN = [entry(100, "allow"), entry(100, "allow", egress=True)]
REST = [entry(32767, "deny"), entry(32767, "deny", egress=True)]


def network(
    *rules: dict[str, Any],
    entries: Sequence[dict[str, Any]] = OPEN,
    interfaces: Sequence[dict[str, Any]] = (),
    **more: Any,
) -> Network:
    found = {
        "TakenAt": TAKEN_AT,
        "NetworkInterfaces": [*(interfaces or [interface()])],
        "SecurityGroupRules": rules,
        "NetworkAcls": [{"NetworkAclId": ACL, "Entries": [*entries, *REST], "Associations": [{"SubnetId": SUBNET}]}],
        "Subnets": [{"SubnetId": SUBNET, "VpcId": VPC, "CidrBlock": "10.0.0.0/24"}],
        **more,
    }
    return read_network(json.dumps(found), "a sample")


def record(
    source: str = AWAY, destination: str = HOME, ports: tuple[int, int] | None = (40_000, 443), protocol: int = 6,
    *, action: str = "accept", client: str = AWAY, initiator: str = "syn", **vpcflow: Any,
) -> Seen:  # fmt: skip
    """As a document has it; what is not named otherwise came from `client`, from outside."""
    reason = vpcflow.pop("reason", "")
    direction = vpcflow.pop("direction", "")
    document = {
        "@timestamp": "2026-11-21T11:00:00Z",
        "event": {"action": action, "kind": "event", **({"reason": reason} if reason else {})},
        "source": {"ip": source, "packets": 1, **({"port": ports[0]} if ports else {})},
        "destination": {"ip": destination, **({"port": ports[1]} if ports else {})},
        "client": {"ip": client},
        "network": {"iana_number": str(protocol), **({"direction": direction} if direction else {})},
        "flowtap": {"initiator": initiator},
        "aws": {"vpcflow": {"interface_id": ENI, "pkt_srcaddr": source, "pkt_dstaddr": destination, **vpcflow}},
    }
    return seen(document)
