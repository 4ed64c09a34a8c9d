"""Why a recorded flow was let in or refused: every check on its way, in order, by the rules of a network now.

A request passes, into an interface, first the network ACL, then the security groups, and out of it the other way
round. An answer needs no rule of a security group, but passes the network ACL again, by its own ports.
Amazon VPC User Guide, "Security group connection tracking", "Network ACLs", "Flow log record examples".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shipper.access.acl import check_acl
from shipper.access.check import Check, Gate, Outcome, together
from shipper.access.groups import answered, check_groups
from shipper.access.network import Network
from shipper.access.packet import ICMP, Packet
from shipper.access.record import EGRESS, INGRESS, Seen
from shipper.access.routes import route_text
from shipper.access.shapes import Interface

# Amazon VPC User Guide, "Available fields", reject-reason.
REASONS: Final = {
    "BPA": "VPC Block Public Access refused it, whatever the rules say",
    "EC": "VPC encryption controls refused it, whatever the rules say",
}
_UNTOLD: Final = "unknown"
_RECORDED: Final = {"accept": Outcome.ALLOWED, "reject": Outcome.REFUSED}


@dataclass(frozen=True, slots=True)
class Explanation:
    """`request`: the packet that begins the connection; `egress`: whether it leaves the interface.

    `checks` in the order they are passed. `now`: what the rules make of what was recorded; `answer`: of the way back.
    `agrees`: None where either is not known. `reasons`: what a disagreement may come from. `unknown`: what cannot be
    decided here. Without an interface there are no checks.
    """

    seen: Seen
    interface: Interface | None
    request: Packet
    egress: bool
    checks: tuple[Check, ...] = ()
    now: Outcome = Outcome.UNDECIDED
    answer: Outcome = Outcome.UNDECIDED
    agrees: bool | None = None
    reasons: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    route: str = ""

    @property
    def decisive(self) -> Check | None:
        """The first check that refuses, or is not decided; of those that allow, security groups by choice."""
        asked = self.checks if not self.seen.from_client else [each for each in self.checks if not each.answers]
        found = [each for each in asked if each.outcome is self.now]
        if self.now is Outcome.ALLOWED:
            found = sorted((each for each in found if each.rules), key=lambda each: each.gate is not Gate.GROUPS)
        return found[0] if found else None


def explain(network: Network, seen: Seen) -> Explanation:
    """What the rules say of this record."""
    interface = network.interface(seen.interface)
    request = seen.packet if seen.from_client else seen.packet.back()
    if interface is None:
        return Explanation(seen, None, request, False, unknown=(_gone(network, seen),))
    leaves = _leaves(interface, seen)
    if leaves is None:
        why = (
            f"neither end is an address of {seen.interface} now, and the record has no flow-direction: whether it came "
            "in or went out is not known"
        )
        return Explanation(seen, interface, request, False, unknown=(why,))
    egress = leaves if seen.from_client else not leaves
    checks = tuple(_checks(network, interface, request, egress=egress))
    asked = together([each for each in checks if not each.answers])
    answer = together([each for each in checks if each.answers])
    now = asked if seen.from_client else together(checks)
    if seen.told_by == _UNTOLD and now is Outcome.REFUSED:
        other = together(list(_checks(network, interface, request.back(), egress=not egress)))
        now = now if other is Outcome.REFUSED else Outcome.UNDECIDED  # as an answer it would pass, perhaps
    recorded = _RECORDED.get(seen.action)
    agrees = None if recorded is None or now is Outcome.UNDECIDED else now is recorded
    return Explanation(
        seen, interface, request, egress, checks, now, answer, agrees,
        reasons=tuple(_reasons(network, interface, seen, now)) if agrees is False or seen.reason else (),
        unknown=tuple(_unknown(network, interface, seen)),
        route=route_text(network, interface, request.destination if egress else request.source),
    )  # fmt: skip


def _checks(network: Network, interface: Interface, request: Packet, *, egress: bool) -> Iterator[Check]:
    acl = check_acl(network, interface, request, egress=egress, answers=False)
    groups = check_groups(network, interface, request, egress=egress)
    yield from (groups, acl) if egress else (acl, groups)
    back = check_acl(network, interface, request.back(), egress=not egress, answers=True)
    let_back = answered(interface, egress=not egress)
    yield from (back, let_back) if egress else (let_back, back)


def _leaves(interface: Interface, seen: Seen) -> bool | None:
    """Whether the record tells of what left the interface: by its flow-direction, else by whose addresses they are."""
    if seen.direction in {INGRESS, EGRESS}:
        return seen.direction == EGRESS
    source, destination = (interface.has(address) for address in seen.shown)
    return None if source == destination else source


def _gone(network: Network, seen: Seen) -> str:
    owners = [each for address in seen.shown for each in network.owners(address)]
    now = ", ".join(sorted({each.network_interface_id for each in owners}))
    others = f"; its addresses are now those of {now}, whose rules may be others" if now else ""
    where = f"account {seen.account}" if seen.account else "its account"
    return (
        f"{seen.interface} is not there (in {network.snapshot.region or 'this region'}, seen from these credentials): "
        f"it was deleted, or it is in another region, or not in {where}{others}"
    )


def _reasons(network: Network, interface: Interface, seen: Seen, now: Outcome) -> Iterator[str]:
    """What a disagreement may come from, the likeliest first."""
    if seen.reason:
        why = REASONS.get(seen.reason, "AWS refused it for this, whatever the rules say")
        yield f"reject-reason {seen.reason}: {why}"
    if now.value == _RECORDED.get(seen.action, ""):
        return
    yield (
        f"rules, groups or addresses changed between the record ({seen.end:%Y-%m-%d %H:%M} UTC) and the time these "
        f"were read ({network.snapshot.taken_at:%Y-%m-%d %H:%M} UTC)"
    )
    if seen.action == "accept" and not (seen.from_client and seen.syn):
        yield "it was of a connection that was tracked already: those go on when the rule that let them in is gone"
    if seen.action == "reject" and not (seen.from_client and seen.syn):
        yield "it came when the connection was closed or forgotten already (idle timeout): then nothing tracks it"
    if seen.action == "reject" and interface.interface_type != "interface":
        yield f"an interface of type {interface.interface_type} drops what nobody asked it for"
    if seen.told_by != "syn":
        yield "it was the other end that began: then other rules were asked"


def _unknown(network: Network, interface: Interface, seen: Seen) -> Iterator[str]:
    packet = seen.packet
    if packet.protocol in ICMP:
        yield "flow logs have no ICMP type and code: rules that name one can only be guessed at"
    if seen.told_by == _UNTOLD:
        yield "nothing in the record tells who began: it is taken for a request, and may be an answer"
    elif seen.told_by != "syn":
        yield "who began the connection is told by its ports"
    if not seen.own_ends:
        yield "the format has no pkt-srcaddr and pkt-dstaddr: behind NAT the packet's own addresses may be others"
    owners = [each for address in (packet.source, packet.destination) for each in network.owners(address)]
    own = interface.attachment.instance_id
    if own and len(owners) > 1 and {each.attachment.instance_id for each in owners} == {own}:
        yield "both ends are interfaces of one instance: its system may deliver without the network, unrecorded"
    for permission in network.snapshot.unread:
        yield f"{permission} was not permitted: what it describes is not known"
