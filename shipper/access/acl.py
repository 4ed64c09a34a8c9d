"""Network ACLs: stateless, in the order of rule numbers, the first that fits decides, `*` refuses the rest.

Amazon VPC User Guide, "Network ACL rules". They stand at the border of a subnet: what stays inside passes none.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from shipper.access.check import Check, Gate, Outcome, Rule
from shipper.access.fits import Fits, protocol_fits, service_fits, within
from shipper.access.network import Network
from shipper.access.packet import ICMP, PORTS, Packet, protocol_number, service_text
from shipper.access.shapes import Acl, AclEntry, Interface, named

LAST: Final = 32767
"""From this number on it is the rule that EC2 adds, `*`: 32767 for IPv4, 32768 for IPv6."""


class _Told(Protocol):
    def __call__(self, outcome: Outcome, why: str, rules: Sequence[Rule] = ()) -> Check: ...


def check_acl(network: Network, interface: Interface, packet: Packet, *, egress: bool, answers: bool) -> Check:
    """What the ACL of the interface's subnet does with this packet."""

    def told(outcome: Outcome, why: str, rules: Sequence[Rule] = ()) -> Check:
        return Check(Gate.ACL, egress, answers, outcome, why, tuple(rules))

    peer = packet.destination if egress else packet.source
    subnet, acl = network.subnet(interface.subnet_id), network.acl(interface.subnet_id)
    if subnet and subnet.holds(peer):
        return told(Outcome.UNASKED, f"{peer} is in the same subnet {subnet.subnet_id}: no network ACL between them")
    if acl is None:
        return told(Outcome.UNDECIDED, f"the network ACL of {interface.subnet_id or 'its subnet'} is not known")
    entries = sorted((each for each in acl.entries if each.egress == egress), key=lambda each: each.rule_number)
    return _decided(acl, [(each, fits(each, packet)) for each in entries], told)


def _decided(acl: Acl, found: Sequence[tuple[AclEntry, Fits]], told: "_Told") -> Check:
    """Rules that may fit stand open until one surely does: if all of them do the same, it is decided."""
    sure = next((at for at, (_, fit) in enumerate(found) if fit is Fits.YES), None)
    reached = found if sure is None else found[: sure + 1]
    open_rules = [entry for entry, fit in reached if fit is not Fits.NO]
    actions = {each.rule_action for each in open_rules}
    if sure is None:
        actions.add("deny")  # EC2 always lists `*`; a snapshot made by hand may not
    rules = [acl_rule(acl, each) for each in open_rules]
    if len(actions) > 1:
        why = "which of these comes first depends on what flow logs do not have (an ICMP type, a port)"
        return told(Outcome.UNDECIDED, why, rules)
    if not rules:
        return told(Outcome.REFUSED, f"no rule of {acl_name(acl)} fits, and what fits none is refused")
    outcome = Outcome.ALLOWED if actions == {"allow"} else Outcome.REFUSED
    return told(outcome, f"rule {rules[-1].id} of {acl_name(acl)}: {rules[-1].says}", [rules[-1]])


def fits(entry: AclEntry, packet: Packet) -> Fits:
    """Whether an entry fits: it looks at the far address (source when it comes in) and at the destination port."""
    protocol = protocol_fits(entry.protocol, packet)
    address = within(packet.destination if entry.egress else packet.source, entry.cidr_block, entry.ipv6_cidr_block)
    return min(protocol, address, service_fits(entry.protocol, *_service(entry), packet))


def acl_rule(acl: Acl, entry: AclEntry) -> Rule:
    """As it is told."""
    number = "*" if entry.rule_number >= LAST else str(entry.rule_number)
    direction = "to" if entry.egress else "from"
    text = f"{entry.rule_action} {_shown(entry)} {direction} {entry.cidr_block or entry.ipv6_cidr_block}"
    return Rule(number, acl_name(acl), text, number=entry.rule_number)


def acl_name(acl: Acl) -> str:
    """Its id, and its name where it has one."""
    name = named(acl.tags)
    return f"{acl.network_acl_id} ({name})" if name else acl.network_acl_id


def _service(entry: AclEntry) -> tuple[int, int]:
    number = protocol_number(entry.protocol)
    if number in ICMP and entry.icmp_type_code:
        return entry.icmp_type_code.type, entry.icmp_type_code.code
    if number in PORTS and entry.port_range:
        return entry.port_range.from_, entry.port_range.to
    return -1, -1


def _shown(entry: AclEntry) -> str:
    return service_text(protocol_number(entry.protocol), *_service(entry))
