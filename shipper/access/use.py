"""Which rules of security groups let accepted requests through, counted. Pure.

Only requests are counted, at the interface that has the rules: an answer needs no rule, and the other end's record of
the same traffic is about its own rules. Traffic of which nobody knows whether a rule fits (an ICMP type, a member of a
group that is gone) counts as `perhaps`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address

from shipper.access.fits import Fits
from shipper.access.groups import fits, group_rule
from shipper.access.network import Network
from shipper.access.packet import Packet
from shipper.access.shapes import GroupRule, Interface


@dataclass(slots=True)
class Use:
    """Records that a rule let through; `alone`: those that no other rule of the interface let through.

    `last_ms`: when the last of them ended, in milliseconds since 1970.
    """

    records: int = 0
    alone: int = 0
    perhaps: int = 0
    last_ms: float = 0


@dataclass(frozen=True, slots=True)
class RuleUse:
    """A rule, as it is told, and its use; `carriers`: how many interfaces have it."""

    rule: GroupRule
    owner: str
    says: str
    carriers: int
    use: Use


class RuleTally:
    """Counts for the rules of `groups`, of all where none are named."""

    def __init__(self, network: Network, groups: frozenset[str]) -> None:
        self._network = network
        self.interfaces = list(network.carrying(groups))
        named = groups or frozenset(group.group_id for each in self.interfaces for group in each.groups)
        every = named | (frozenset() if groups else {rule.group_id for rule in network.snapshot.security_group_rules})
        self._rules = [rule for rule in network.snapshot.security_group_rules if rule.group_id in every]
        self._uses = {rule.security_group_rule_id: Use() for rule in self._rules}
        self._fitting = lru_cache(maxsize=100_000)(self._found)
        self.unexplained = 0
        """Accepted records that fit no rule as it is now."""

    def add(
        self, name: str, ends: tuple[str, str], service: tuple[int | None, int | None], count: int, last_ms: float
    ) -> None:
        """`count` accepted requests at an interface: `ends` are client and server, `service` is protocol and port."""
        interface = self._network.interface(name)
        if interface is None:
            return
        sure, unsure = self._fitting(name, ends, service)
        if not sure and not unsure and service[1] is None and any(self._fitting(name, ends[::-1], service)):
            return  # without ports nothing tells who began: this was the answer
        for rule in sure:
            self._add(rule, count, last_ms, alone=len(sure) == 1)
        for rule in unsure if not sure else ():
            if rule in self._uses:
                self._uses[rule].perhaps += count
        self.unexplained += 0 if sure or unsure else count

    def rows(self) -> Iterator[RuleUse]:
        """Every rule, the most used first."""
        carriers: dict[str, int] = {}
        for interface in self.interfaces:
            for group in interface.groups:
                carriers[group.group_id] = carriers.get(group.group_id, 0) + 1
        by_use = sorted(self._rules, key=lambda rule: (-self._use(rule).records, -self._use(rule).perhaps))
        for rule in by_use:
            told = group_rule(self._network, rule)
            yield RuleUse(rule, told.owner, told.says, carriers.get(rule.group_id, 0), self._use(rule))

    def _use(self, rule: GroupRule) -> Use:
        return self._uses[rule.security_group_rule_id]

    def _add(self, rule: str, count: int, last_ms: float, *, alone: bool) -> None:
        use = self._uses.get(rule)
        if use is not None:
            use.records += count
            use.alone += count if alone else 0
            use.last_ms = max(use.last_ms, last_ms)

    def _found(
        self, name: str, ends: tuple[str, str], service: tuple[int | None, int | None]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Ids of the rules that surely fit, and of those that may."""
        interface = self._network.interface(name)
        if interface is None:
            return (), ()
        packet = Packet(ip_address(ends[0]), ip_address(ends[1]), service[0], None, service[1])
        found: dict[Fits, list[str]] = {fit: [] for fit in Fits}
        for egress in _ways(interface, packet):
            for group in interface.groups:
                for rule in self._network.rules(group.group_id, egress=egress):
                    found[fits(self._network, interface, rule, packet)].append(rule.security_group_rule_id)
        return tuple(found[Fits.YES]), tuple(found[Fits.MAYBE])


def _ways(interface: Interface, packet: Packet) -> Iterator[bool]:
    """Out where the client is the interface's own, in where the server is. What it only forwards is left out."""
    if interface.has(packet.source):
        yield True
    if interface.has(packet.destination):
        yield False
