"""What can be looked up in a snapshot of a network: interfaces, rules, prefix lists, routes.

In: the JSON of a snapshot. Out: its parts by id, by address, by subnet.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from shipper.access.shapes import Acl, Address, GroupRule, Interface, PrefixList, RouteTable, Snapshot, Subnet
from shipper.errors import ConfigError


class Network:
    """A snapshot, ready for look-ups."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._interfaces = {each.network_interface_id: each for each in snapshot.network_interfaces}
        carried = (group for each in snapshot.network_interfaces for group in each.groups)
        self._names = {group.group_id: group.group_name for group in carried}
        self._names |= {group.group_id: group.group_name for group in snapshot.security_groups}
        self._prefix_lists = {each.prefix_list_id: each for each in snapshot.prefix_lists}
        self._subnets = {each.subnet_id: each for each in snapshot.subnets}
        self._acls = {of.subnet_id: acl for acl in snapshot.network_acls for of in acl.associations}
        self._rules: defaultdict[tuple[str, bool], list[GroupRule]] = defaultdict(list)
        for rule in snapshot.security_group_rules:
            self._rules[rule.group_id, rule.is_egress].append(rule)
        self._owners: defaultdict[Address, list[Interface]] = defaultdict(list)
        for interface in snapshot.network_interfaces:
            for address in interface.addresses:
                self._owners[address].append(interface)
        self._delegating = [each for each in snapshot.network_interfaces if each.ipv4_prefixes or each.ipv6_prefixes]

    def interface(self, name: str) -> Interface | None:
        """The interface of this id, where there is one."""
        return self._interfaces.get(name)

    def owners(self, address: Address) -> Sequence[Interface]:
        """The interfaces that have this address now; several where VPCs use the same."""
        return [*self._owners.get(address, ()), *(each for each in self._delegating if each.has(address))]

    def rules(self, group: str, *, egress: bool) -> Sequence[GroupRule]:
        """Of a security group, one way."""
        return self._rules.get((group, egress), ())

    def group_name(self, group: str) -> str:
        """Empty where it is not known."""
        return self._names.get(group, "")

    def acl(self, subnet: str) -> Acl | None:
        """The network ACL of a subnet."""
        return self._acls.get(subnet)

    def prefix_list(self, name: str) -> PrefixList | None:
        """By its id."""
        return self._prefix_lists.get(name)

    def subnet(self, name: str) -> Subnet | None:
        """By its id."""
        return self._subnets.get(name)

    def inside(self, address: Address, vpc: str) -> bool:
        """Whether the address is of a known subnet of this VPC."""
        return any(each.vpc_id == vpc and each.holds(address) for each in self.snapshot.subnets)

    def route_table(self, interface: Interface) -> RouteTable | None:
        """That of the interface's subnet, else the main one of its VPC."""
        own = [each for each in self.snapshot.route_tables if each.vpc_id == interface.vpc_id]
        of_subnet = (each for each in own if any(a.subnet_id == interface.subnet_id for a in each.associations))
        main = (each for each in own if any(a.main for a in each.associations))
        return next(of_subnet, None) or next(main, None)

    def carrying(self, groups: frozenset[str]) -> Iterator[Interface]:
        """The interfaces that have any of these security groups; all that have one where none are named."""
        for each in self.snapshot.network_interfaces:
            own = {group.group_id for group in each.groups}
            if own & groups or (own and not groups):
                yield each


def read_network(text: str | bytes, place: str) -> Network:
    """The network of a snapshot. Raises ConfigError where it is none; `place` says where it was found."""
    try:
        return Network(Snapshot.model_validate_json(text))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "all of it"
        raise ConfigError(
            f"{place} is no snapshot of a network ({where}: {first['msg']}); `shipper explain snapshot` makes one"
        ) from error
