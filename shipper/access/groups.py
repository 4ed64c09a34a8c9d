"""Security groups: stateful, allow only; an interface has the rules of all its groups together.

Amazon VPC User Guide, "Security group rules" and "Security group connection tracking".
"""

from collections.abc import Iterator, Sequence
from typing import Final

from shipper.access.check import Check, Gate, Outcome, Rule
from shipper.access.fits import Fits, protocol_fits, service_fits, within
from shipper.access.network import Network
from shipper.access.packet import Packet, protocol_number, service_text
from shipper.access.shapes import Address, GroupRule, Interface

_MOST_NEAR: Final = 3


def check_groups(network: Network, interface: Interface, packet: Packet, *, egress: bool) -> Check:
    """What the groups of the interface do with a packet that begins a connection."""
    names = [group.group_id for group in interface.groups]
    if not names:
        why = f"{interface.network_interface_id} ({interface.interface_type}) has no security groups"
        return Check(Gate.GROUPS, egress, False, Outcome.UNASKED, why)
    rules = [rule for name in names for rule in network.rules(name, egress=egress)]
    found = [(rule, fits(network, interface, rule, packet)) for rule in rules]
    best = max((fit for _, fit in found), default=Fits.NO)
    told = tuple(group_rule(network, rule) for rule, fit in found if fit is best)
    if best is Fits.YES:
        return Check(Gate.GROUPS, egress, False, Outcome.ALLOWED, _together(told), told)
    if best is Fits.MAYBE:
        return Check(Gate.GROUPS, egress, False, Outcome.UNDECIDED, " ".join(_doubts(network, found, packet)), told)
    peer = packet.destination if egress else packet.source
    groups = ", ".join(group_text(network, name) for name in names)
    side = "outbound" if egress else "inbound"
    why = f"none of the {len(rules)} {side} rules of {groups} allows {packet.service} {_way(egress)} {peer}"
    near = tuple(group_rule(network, each) for each in _near(network, interface, rules, packet))
    return Check(Gate.GROUPS, egress, False, Outcome.REFUSED, why, near=near)


def answered(interface: Interface, *, egress: bool) -> Check:
    """The way back: whoever was let through may be answered, whatever the rules."""
    if not interface.groups:
        return Check(Gate.GROUPS, egress, True, Outcome.UNASKED, "no security groups")
    return Check(Gate.GROUPS, egress, True, Outcome.ALLOWED, "security groups are stateful: an answer needs no rule")


def fits(network: Network, interface: Interface, rule: GroupRule, packet: Packet) -> Fits:
    """Whether a rule allows this packet at this interface."""
    return min(_service_fits(rule, packet), peer_fits(network, interface, rule, packet))


def peer_fits(network: Network, interface: Interface, rule: GroupRule, packet: Packet) -> Fits:
    """Whether the far end is who the rule is about."""
    peer = packet.destination if rule.is_egress else packet.source
    if rule.prefix_list_id:
        return _listed(network, rule.prefix_list_id, peer)
    if rule.referenced_group_info:
        return _member(network, interface, rule, peer)
    return within(peer, rule.cidr_ipv4, rule.cidr_ipv6)


def group_rule(network: Network, rule: GroupRule) -> Rule:
    """As it is told."""
    service = service_text(protocol_number(rule.ip_protocol), rule.from_port, rule.to_port)
    says = f"allow {service} {_way(rule.is_egress)} {_peer_text(network, rule)}"
    return Rule(rule.security_group_rule_id, group_text(network, rule.group_id), says, rule.description)


def group_text(network: Network, group: str) -> str:
    """Its id, and its name where that is known."""
    name = network.group_name(group)
    return f"{group} ({name})" if name else group


def _together(rules: Sequence[Rule]) -> str:
    return str(rules[0]) if len(rules) == 1 else f"{len(rules)} rules allow it"


def _service_fits(rule: GroupRule, packet: Packet) -> Fits:
    service = service_fits(rule.ip_protocol, rule.from_port, rule.to_port, packet)
    return min(protocol_fits(rule.ip_protocol, packet), service)


def _listed(network: Network, name: str, peer: Address) -> Fits:
    found = network.prefix_list(name)
    if found is None or found.entries is None:
        return Fits.MAYBE
    return within(peer, *(entry.cidr for entry in found.entries))


def _member(network: Network, interface: Interface, rule: GroupRule, peer: Address) -> Fits:
    """Members count by their private addresses. Whose an address was that nobody has now, is not known."""
    reference = rule.referenced_group_info
    owners = network.owners(peer)
    if reference is None:
        return Fits.NO
    if any(group.group_id == reference.group_id for owner in owners for group in owner.groups):
        return Fits.YES
    elsewhere = reference.user_id not in {"", interface.owner_id} and bool(interface.owner_id)
    nobodys = peer.is_private and not owners and _perhaps_inside(network, interface, peer)
    return Fits.MAYBE if elsewhere or nobodys else Fits.NO


def _perhaps_inside(network: Network, interface: Interface, peer: Address) -> bool:
    """Peered VPCs are not all in a snapshot: of an address in none of its subnets nothing is said."""
    return network.inside(peer, interface.vpc_id)


def _near(network: Network, interface: Interface, rules: Sequence[GroupRule], packet: Packet) -> Iterator[GroupRule]:
    """Rules for the same service and others, then for the same peer and another service."""
    same_service = [rule for rule in rules if _service_fits(rule, packet) is Fits.YES]
    same_peer = [rule for rule in rules if peer_fits(network, interface, rule, packet) is Fits.YES]
    yield from [*same_service, *same_peer][:_MOST_NEAR]


def _doubts(network: Network, found: Sequence[tuple[GroupRule, Fits]], packet: Packet) -> Iterator[str]:
    """Why a rule only may fit."""
    rules = [rule for rule, fit in found if fit is Fits.MAYBE]
    yield "it depends on what is not known:"
    if any(_service_fits(rule, packet) is Fits.MAYBE for rule in rules):
        yield "the ICMP type, or a port, which this record does not have;"
    if any(rule.referenced_group_info for rule in rules):
        yield "whether the far end was of a group that a rule refers to (nobody we see has its address now);"
    if any(rule.prefix_list_id and _unread(network, rule.prefix_list_id) for rule in rules):
        yield "what stands in a prefix list that could not be read;"


def _unread(network: Network, name: str) -> bool:
    found = network.prefix_list(name)
    return found is None or found.entries is None


def _way(egress: bool) -> str:
    return "to" if egress else "from"


def _peer_text(network: Network, rule: GroupRule) -> str:
    if rule.prefix_list_id:
        found = network.prefix_list(rule.prefix_list_id)
        return f"{rule.prefix_list_id} ({found.prefix_list_name})" if found else rule.prefix_list_id
    if rule.referenced_group_info:
        return group_text(network, rule.referenced_group_info.group_id)
    return str(rule.cidr_ipv4 or rule.cidr_ipv6)
