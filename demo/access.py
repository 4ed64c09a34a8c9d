"""The rules of the story's two VPCs, as EC2 would describe them: `network.json`, beside this module.

    python -m demo.access

writes it anew. The rules let through what the story says was let through, and refuse what it says was refused: a test
has every record of a day explained by them.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, NamedTuple

from demo import network as cast
from demo.network import Interface, Subnet, Vpc

TAKEN_AT: Final = "2026-11-21T00:00:00+00:00"
PAGE: Final = Path(__file__).parent / "network.json"

ANYWHERE, ANYWHERE_IPV6 = "0.0.0.0/0", "::/0"
OFFICE: Final = f"{cast.OFFICE}/32"
SHOP_RANGE, ANALYTICS_RANGE = "10.20.0.0/16", "10.30.0.0/16"
PARTNERS: Final = "pl-0c1a7e5d3b9f24680"
"""A prefix list: the outside services that servers call over HTTPS."""

# subnet → its ranges
RANGES: Final[dict[Subnet, tuple[str, ...]]] = {
    cast.PUBLIC_A: ("10.20.0.0/24", "2001:db8:20::/64"),
    cast.PUBLIC_B: ("10.20.1.0/24", "2001:db8:21::/64"),
    cast.WEB: ("10.20.10.0/24",),
    cast.APP: ("10.20.11.0/24",),
    cast.DATA: ("10.20.20.0/24",),
    cast.BATCH: ("10.30.0.0/24",),
    cast.REPORTS: ("10.30.1.0/24",),
}


class Group(NamedTuple):
    """A security group and who carries it, by the names of the cast."""

    id: str
    name: str
    vpc: Vpc
    members: Sequence[str]


GROUPS: Final = (
    Group("sg-0a10c4e8f2b6d9371", "balancers", cast.SHOP, ("lb-a", "lb-b")),
    Group("sg-0a20d5f9a3c7e1482", "bastion", cast.SHOP, ("bastion",)),
    Group("sg-0a30e6a1b4d8f2593", "legacy", cast.SHOP, ("legacy",)),
    Group("sg-0a40f7b2c5e9a36a4", "web", cast.SHOP, ("web-1", "web-2", "web-3")),
    Group("sg-0a50a8c3d6fab47b5", "app", cast.SHOP, ("app-1", "app-2", "app-3")),
    Group("sg-0a60b9d4e7abc58c6", "database", cast.SHOP, ("db-1", "db-spare")),
    Group("sg-0a70cae5f8bcd69d7", "managed", cast.SHOP, ("web-1", "web-2", "web-3", "app-1", "app-2", "app-3")),
    Group("sg-0b10dbf6a9cde7ae8", "warehouse", cast.ANALYTICS, ("warehouse",)),
    Group("sg-0b20eca7badef8bf9", "batch", cast.ANALYTICS, ("batch-1", "batch-2", "batch-old")),
    Group("sg-0b30fdb8cbefa9cfa", "reports", cast.ANALYTICS, ("reports",)),
)
BY_NAME: Final = {group.name: group for group in GROUPS}

# group, service, peer (a range, a prefix list, or the name of a group), what for. All inbound.
INBOUND: Final = (
    ("balancers", "tcp 443", ANYWHERE, "visitors"),
    ("balancers", "tcp 443", ANYWHERE_IPV6, "visitors"),
    ("balancers", "icmpv6", ANYWHERE_IPV6, "reachability"),
    ("bastion", "tcp 22", OFFICE, "administrators"),
    ("bastion", "icmp", OFFICE, "reachability"),
    ("legacy", "tcp 22", ANYWHERE, "TODO close, ask Kim"),
    ("legacy", "tcp 80", ANYWHERE, "old shop"),
    ("legacy", "tcp 443", ANYWHERE, "old shop"),
    ("legacy", "tcp 8000", ANYWHERE, "test, can go?"),
    ("legacy", "tcp 8443", ANYWHERE, "test, can go?"),
    ("legacy", "tcp 21", OFFICE, "stock lists"),
    ("web", "tcp 8080", "balancers", "pages"),
    ("app", "tcp 9000", "web", "orders"),
    ("managed", "tcp 22", "bastion", "administrators"),
    ("managed", "icmp", "bastion", "reachability"),
    ("database", "tcp 5432", "app", "orders"),
    ("database", "tcp 5432", "10.30.0.0/24", "nightly reports of analytics"),
    ("database", "tcp 5432", "10.20.1.0/24", "migration 2024, remove"),
    ("warehouse", "tcp 5439", "batch", "loads"),
    ("warehouse", "tcp 5439", "reports", "reads"),
    ("warehouse", "tcp 5439", "10.20.11.0/24", "orders of the shop"),
    ("reports", "tcp 443", OFFICE, "pages"),
)
OUTBOUND: Final = (
    *((group.name, "-1", ANYWHERE, "") for group in GROUPS if group.name not in {"app", "managed"}),
    ("app", "tcp 443", PARTNERS, "payment, mail, packages"),
    ("app", "tcp 5432", "database", "orders"),
    ("app", "tcp 5439", ANALYTICS_RANGE, "orders to the warehouse"),
    ("managed", "udp 53", f"{cast.RESOLVER}/32", "names"),
    ("managed", "udp 123", f"{cast.TIME_SERVER}/32", "time"),
)


class Acl(NamedTuple):
    """A network ACL; its entries are (number, egress, action, service, range)."""

    id: str
    name: str
    vpc: Vpc
    subnets: Sequence[Subnet]
    entries: Sequence[tuple[int, bool, str, str, str]]


EPHEMERAL: Final = "32768-60999"
_OUT: Final = ((100, True, "allow", "-1", ANYWHERE), (110, True, "allow", "-1", ANYWHERE_IPV6))
_NO_FILE_SHARING: Final = (90, False, "deny", "tcp 445", ANYWHERE)
ACLS: Final = (
    Acl("acl-0a1b5c9d3e7f10246", "edge", cast.SHOP, (cast.PUBLIC_A,), (
        _NO_FILE_SHARING,
        (100, False, "allow", "-1", SHOP_RANGE),
        (110, False, "allow", "tcp 443", ANYWHERE),
        (111, False, "allow", "tcp 443", ANYWHERE_IPV6),
        (120, False, "allow", "tcp 22", OFFICE),
        (130, False, "allow", "icmp", ANYWHERE),
        (131, False, "allow", "icmpv6", ANYWHERE_IPV6),
        (140, False, "allow", f"tcp {EPHEMERAL}", ANYWHERE),
        (150, False, "allow", f"udp {EPHEMERAL}", ANYWHERE),
        *_OUT,
    )),
    Acl("acl-0a2c6d0e4f8a21357", "edge-old", cast.SHOP, (cast.PUBLIC_B,), (
        _NO_FILE_SHARING,
        (100, False, "allow", "-1", ANYWHERE),
        (110, False, "allow", "-1", ANYWHERE_IPV6),
        *_OUT,
    )),
    Acl("acl-0a3d7e1f5a9b32468", "inside", cast.SHOP, (cast.WEB, cast.APP, cast.DATA), (
        _NO_FILE_SHARING,
        (100, False, "allow", "-1", ANYWHERE),
        *_OUT[:1],
    )),
    Acl("acl-0b1e8f2a6b0c43579", "default", cast.ANALYTICS, (cast.BATCH, cast.REPORTS), (
        (100, False, "allow", "-1", ANYWHERE),
        *_OUT[:1],
    )),
)  # fmt: skip

INTERNET, NAT_GATEWAY, PEERING = "igw-0d1c2b3a495867768", "nat-0e2d3c4b5a6978879", "pcx-0f3e4d5c6b7a8998a"
_NUMBERS: Final = {"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58", "-1": "-1"}


def described() -> dict[str, Any]:
    """What `shipper explain snapshot` would print."""
    return {
        "TakenAt": TAKEN_AT,
        "Region": cast.REGION,
        "Whole": True,
        "NetworkInterfaces": [_interface(each) for each in cast.INTERFACES],
        "SecurityGroups": [
            {"GroupId": each.id, "GroupName": each.name, "VpcId": each.vpc.id} for each in GROUPS
        ],
        "SecurityGroupRules": list(_rules()),
        "NetworkAcls": [_acl(each) for each in ACLS],
        "Subnets": [_subnet(subnet, *ranges) for subnet, ranges in RANGES.items()],
        "RouteTables": list(_route_tables()),
        "PrefixLists": [{
            "PrefixListId": PARTNERS,
            "PrefixListName": "partners",
            "Entries": [{"Cidr": f"{address}/32"} for address in cast.WEB_SERVICES],
        }],
        "Unread": [],
    }  # fmt: skip


def _interface(one: Interface) -> dict[str, Any]:
    return {
        "NetworkInterfaceId": one.eni,
        "VpcId": one.subnet.vpc.id,
        "SubnetId": one.subnet.id,
        "OwnerId": cast.ACCOUNT,
        "InterfaceType": "nat_gateway" if one == cast.NAT else "interface",
        "Groups": [{"GroupId": each.id, "GroupName": each.name} for each in GROUPS if one.name in each.members],
        "PrivateIpAddresses": [{"PrivateIpAddress": one.address, "Primary": True}],
        "Ipv6Addresses": [{"Ipv6Address": one.ipv6}] if one.ipv6 else [],
        "Attachment": {"InstanceId": one.instance} if one.instance != "-" else {},
        "TagSet": [{"Key": "Name", "Value": one.name}],
    }


def _rules() -> Iterator[dict[str, Any]]:
    told = [(False, *each) for each in INBOUND] + [(True, *each) for each in OUTBOUND]
    for number, (egress, group, service, peer, description) in enumerate(told, 1):
        protocol, first, last = _service(service)
        yield {
            "SecurityGroupRuleId": f"sgr-0c{number:02}7d1e5a9b3f{number:02}4",
            "GroupId": BY_NAME[group].id,
            "IsEgress": egress,
            "IpProtocol": protocol,
            "FromPort": first,
            "ToPort": last,
            **_peer(peer),
            **({"Description": description} if description else {}),
        }


def _peer(peer: str) -> dict[str, Any]:
    if peer in BY_NAME:
        return {"ReferencedGroupInfo": {"GroupId": BY_NAME[peer].id, "UserId": cast.ACCOUNT}}
    if peer == PARTNERS:
        return {"PrefixListId": peer}
    return {"CidrIpv6" if ip_network(peer).version == 6 else "CidrIpv4": peer}


def _service(text: str) -> tuple[str, int, int]:
    protocol, _, ports = text.partition(" ")
    first, _, last = ports.partition("-")
    return protocol, int(first or -1), int(last or first or -1)


def _acl(acl: Acl) -> dict[str, Any]:
    last = [(32767, egress, "deny", "-1", ANYWHERE) for egress in (False, True)]
    last += [(32768, egress, "deny", "-1", ANYWHERE_IPV6) for egress in (False, True)]
    return {
        "NetworkAclId": acl.id,
        "VpcId": acl.vpc.id,
        "Entries": [_entry(*each) for each in (*acl.entries, *last)],
        "Associations": [{"SubnetId": subnet.id} for subnet in acl.subnets],
        "Tags": [{"Key": "Name", "Value": acl.name}],
    }


def _entry(number: int, egress: bool, action: str, service: str, block: str) -> dict[str, Any]:
    protocol, first, last = _service(service)
    icmp = {"IcmpTypeCode": {"Type": -1, "Code": -1}} if protocol in {"icmp", "icmpv6"} else {}
    return {
        "RuleNumber": number,
        "Egress": egress,
        "RuleAction": action,
        "Protocol": _NUMBERS[protocol],
        "Ipv6CidrBlock" if ":" in block else "CidrBlock": block,
        **({"PortRange": {"From": first, "To": last}} if first != -1 else icmp),
    }


def _subnet(subnet: Subnet, block: str, ipv6: str = "") -> dict[str, Any]:
    return {
        "SubnetId": subnet.id,
        "VpcId": subnet.vpc.id,
        "CidrBlock": block,
        "Ipv6CidrBlockAssociationSet": [{"Ipv6CidrBlock": ipv6}] if ipv6 else [],
    }


def _route_tables() -> Iterator[dict[str, Any]]:
    for number, subnet in enumerate(RANGES, 1):
        here, there = (SHOP_RANGE, ANALYTICS_RANGE)[:: 1 if subnet.vpc == cast.SHOP else -1]
        outside = {"GatewayId": INTERNET} if subnet.public else {"NatGatewayId": NAT_GATEWAY}
        routes: list[dict[str, Any]] = [
            {"DestinationCidrBlock": here, "GatewayId": "local", "State": "active"},
            {"DestinationCidrBlock": there, "VpcPeeringConnectionId": PEERING, "State": "active"},
        ]
        if subnet.public or subnet.vpc == cast.SHOP:
            routes.append({"DestinationCidrBlock": ANYWHERE, **outside, "State": "active"})
        if len(RANGES[subnet]) > 1:
            routes.append({"DestinationIpv6CidrBlock": ANYWHERE_IPV6, "GatewayId": INTERNET, "State": "active"})
        yield {
            "RouteTableId": f"rtb-0d{number}2c5f8a1b4e7d03",
            "VpcId": subnet.vpc.id,
            "Routes": routes,
            "Associations": [{"SubnetId": subnet.id, "Main": False}],
        }


def page() -> str:
    """What `network.json` holds."""
    return json.dumps(described(), indent=1) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    sys.stdout.write(f"wrote {PAGE}\n")
