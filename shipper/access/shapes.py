"""The shape of a snapshot of a network's rules, in the words of EC2's own answers, checked.

Amazon EC2 API Reference: "NetworkInterface", "SecurityGroup", "SecurityGroupRule", "NetworkAcl", "Subnet",
"ManagedPrefixList", "RouteTable". What is not used here is passed over.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_pascal

Address = IPv4Address | IPv6Address
Range = IPv4Network | IPv6Network


def _range(text: object) -> object:
    return ip_network(text, strict=False) if isinstance(text, str) else text


_Range = Annotated[Range, BeforeValidator(_range)]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_pascal, populate_by_name=True)


class Tag(_Shape):
    """A tag of a resource."""

    key: str
    value: str = ""


class _OwnAddress(_Shape):
    private_ip_address: IPv4Address


class _OwnIpv6Address(_Shape):
    ipv6_address: IPv6Address


class _OwnPrefix(_Shape):
    ipv4_prefix: _Range | None = None
    ipv6_prefix: _Range | None = None


class _Attachment(_Shape):
    instance_id: str = ""


class GroupName(_Shape):
    """A security group as an interface names it."""

    group_id: str
    group_name: str = ""


class Interface(_Shape):
    """A network interface."""

    network_interface_id: str
    vpc_id: str = ""
    subnet_id: str = ""
    owner_id: str = ""
    interface_type: str = "interface"
    description: str = ""
    groups: tuple[GroupName, ...] = ()
    private_ip_addresses: tuple[_OwnAddress, ...] = ()
    ipv6_addresses: tuple[_OwnIpv6Address, ...] = ()
    ipv4_prefixes: tuple[_OwnPrefix, ...] = ()
    ipv6_prefixes: tuple[_OwnPrefix, ...] = ()
    attachment: _Attachment = _Attachment()
    tag_set: tuple[Tag, ...] = ()

    @cached_property
    def addresses(self) -> frozenset[Address]:
        """Its private and its IPv6 addresses."""
        own = {each.private_ip_address for each in self.private_ip_addresses}
        return frozenset({*own, *(each.ipv6_address for each in self.ipv6_addresses)})

    def has(self, address: Address) -> bool:
        """Whether the address is one of its own, delegated prefixes included."""
        delegated = (each.ipv4_prefix or each.ipv6_prefix for each in (*self.ipv4_prefixes, *self.ipv6_prefixes))
        return address in self.addresses or any(address in each for each in delegated if each)

    @property
    def name(self) -> str:
        """Its tag Name, else its description."""
        return named(self.tag_set) or self.description


class Group(_Shape):
    """A security group. Its rules are described on their own."""

    group_id: str
    group_name: str = ""
    vpc_id: str = ""


class Reference(_Shape):
    """The group that a rule refers to; `user_id` is the account where that is another."""

    group_id: str
    user_id: str = ""


class GroupRule(_Shape):
    """A rule of a security group: it allows. For ICMP, `from_port` is the type and `to_port` the code; -1 is any."""

    security_group_rule_id: str
    group_id: str
    is_egress: bool
    ip_protocol: str
    from_port: int = -1
    to_port: int = -1
    cidr_ipv4: _Range | None = None
    cidr_ipv6: _Range | None = None
    prefix_list_id: str = ""
    referenced_group_info: Reference | None = None
    description: str = ""


class _Ports(_Shape):
    from_: int = Field(alias="From")
    to: int


class _Icmp(_Shape):
    type: int = -1
    code: int = -1


class AclEntry(_Shape):
    """A rule of a network ACL: the first by number that fits decides."""

    rule_number: int
    egress: bool
    protocol: str
    rule_action: str
    cidr_block: _Range | None = None
    ipv6_cidr_block: _Range | None = None
    port_range: _Ports | None = None
    icmp_type_code: _Icmp | None = None


class _AclAssociation(_Shape):
    subnet_id: str = ""


class Acl(_Shape):
    """A network ACL."""

    network_acl_id: str
    vpc_id: str = ""
    entries: tuple[AclEntry, ...] = ()
    associations: tuple[_AclAssociation, ...] = ()
    tags: tuple[Tag, ...] = ()


class _SubnetIpv6(_Shape):
    ipv6_cidr_block: _Range


class Subnet(_Shape):
    """A subnet."""

    subnet_id: str
    vpc_id: str = ""
    cidr_block: _Range | None = None
    ipv6_cidr_block_association_set: tuple[_SubnetIpv6, ...] = ()

    def holds(self, address: Address) -> bool:
        """Whether the address is one of this subnet's."""
        blocks = [self.cidr_block, *(each.ipv6_cidr_block for each in self.ipv6_cidr_block_association_set)]
        return any(address in block for block in blocks if block)


class _Entry(_Shape):
    cidr: _Range


class PrefixList(_Shape):
    """A managed prefix list with its entries; None where they could not be read."""

    prefix_list_id: str
    prefix_list_name: str = ""
    entries: tuple[_Entry, ...] | None = None


class Route(_Shape):
    """A route; one target is set."""

    destination_cidr_block: _Range | None = None
    destination_ipv6_cidr_block: _Range | None = None
    destination_prefix_list_id: str = ""
    state: str = "active"
    gateway_id: str = ""
    nat_gateway_id: str = ""
    transit_gateway_id: str = ""
    vpc_peering_connection_id: str = ""
    network_interface_id: str = ""
    egress_only_internet_gateway_id: str = ""
    local_gateway_id: str = ""
    carrier_gateway_id: str = ""
    core_network_arn: str = ""


class _RouteAssociation(_Shape):
    subnet_id: str = ""
    main: bool = False


class RouteTable(_Shape):
    """A route table."""

    route_table_id: str
    vpc_id: str = ""
    routes: tuple[Route, ...] = ()
    associations: tuple[_RouteAssociation, ...] = ()


class Snapshot(_Shape):
    """What EC2 said at one time. `unread`: permissions that were missing, so that this part is not known.

    `whole`: everything of `vpcs` (all of the region where none are named), not what is around some interfaces only.
    """

    taken_at: datetime
    region: str = ""
    whole: bool = True
    unread: tuple[str, ...] = ()
    network_interfaces: tuple[Interface, ...] = ()
    security_groups: tuple[Group, ...] = ()
    security_group_rules: tuple[GroupRule, ...] = ()
    network_acls: tuple[Acl, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    prefix_lists: tuple[PrefixList, ...] = ()
    route_tables: tuple[RouteTable, ...] = ()


def named(tags: Sequence[Tag]) -> str:
    """The tag Name, empty where there is none."""
    return next((tag.value for tag in tags if tag.key == "Name"), "")
