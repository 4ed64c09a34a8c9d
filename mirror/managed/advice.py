"""What somebody should know before a plan is applied: rules of AWS that no error tells of. Pure."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network
from typing import Final

from aws.mirror_rules import RULES
from mirror.managed.balancer import amiss
from mirror.managed.desired import Desired, FilterWish
from mirror.managed.model import Interface, Observed, Rule
from mirror.managed.placement import Remark, place, standing_target
from mirror.managed.presets import ANYWHERE, GENEVE, VXLAN

# Amazon VPC Pricing, "Traffic mirroring", US East (N. Virginia), in US dollars; other regions differ a little.
SESSION_HOUR_DOLLARS: Final = 0.015
MONTH_HOURS: Final = 730
_UDP: Final = 17


def monthly_dollars(sessions: int) -> float:
    """What so many sessions cost a month, at the price of us-east-1; transfer between zones comes on top."""
    return round(sessions * SESSION_HOUR_DOLLARS * MONTH_HOURS, 2)


def target_groups(desired: Desired, observed: Observed) -> frozenset[str]:
    """Security groups of the interfaces that are targets."""
    return frozenset(group for _, interface in _interface_targets(desired, observed) for group in interface.groups)


def advice(desired: Desired, observed: Observed) -> tuple[Remark, ...]:
    """Remarks on the file and on what there is."""
    used = {policy.filter for policy in desired.sessions.values()}
    filters = (remark for name in sorted(used) for remark in _on_filter(name, desired.filters[name]))
    return (*filters, *_on_sessions(desired), *_on_targets(desired, observed), *_on_groups(desired, observed))


def _on_filter(name: str, wish: FilterWish) -> Iterator[Remark]:
    about = f"filters.{name}"
    accepted = [rule for rule in wish.as_rules() if rule.action == "accept"]
    if not accepted:
        yield Remark(about, f"it mirrors nothing: {RULES['empty-filter']}")
        return
    for direction in ("ingress", "egress"):
        own = [rule for rule in accepted if rule.direction == direction]
        if not own:
            yield Remark(about, f"no rule accepts {direction}: {RULES['empty-filter']}")
            continue
        for version in sorted({4, 6} - {ip_network(rule.source).version for rule in own}):
            yield Remark(about, f"no rule accepts IPv{version} of {direction}: {RULES['one-family']}")
    for port in (VXLAN, GENEVE) if wish.rules else ():
        if any(_takes(wish.as_rules(), version, port) for version in (4, 6)):
            said = f"it takes mirrored packets that come in (UDP port {port}), so copies of copies might be made"
            yield Remark(about, f"{said}: reject that port before: {RULES['first-rule']}")
    if not wish.amazon_dns:
        yield Remark(about, "queries to Amazon's own resolver are mirrored with amazon_dns = true only")


def _takes(rules: Iterable[Rule], version: int, port: int) -> bool:
    """Whether packets to this port of UDP are mirrored where they come in. What is rejected must be so for anybody."""
    for rule in sorted(rules, key=lambda each: each.number):
        ports = rule.destination_ports
        fits = (
            rule.direction == "ingress"
            and ip_network(rule.source).version == version
            and rule.protocol in {0, _UDP}
            and rule.source_ports is None
            and (ports is None or ports[0] <= port <= ports[1])
        )
        if fits and rule.action == "accept":
            return True
        if fits and {rule.source, rule.destination} <= {*ANYWHERE}:
            return False
    return False


def _on_sessions(desired: Desired) -> Iterator[Remark]:
    for name, policy in desired.sessions.items():
        if policy.packet_length:
            said = f"packets are cut after {policy.packet_length} bytes, and Suricata passes over cut ones in silence"
            yield Remark(f"sessions.{name}", f"{said}: {RULES['packet-length']}")


def _on_targets(desired: Desired, observed: Observed) -> Iterator[Remark]:
    for name, wish in desired.targets.items():
        about = f"targets.{name}"
        standing = standing_target(desired, observed, name)
        if wish.target_id and standing is None:
            yield Remark(about, f"{wish.target_id} is not listed here: {RULES['shared-target']}")
        elif standing is not None and standing.owner not in {"", observed.account}:
            yield Remark(about, f"it is account {standing.owner}'s: {RULES['shared-target']}")
        kind = standing.kind if standing else wish.kind
        if kind == "network-load-balancer":
            seen = observed.balancers.get(standing.ref if standing else wish.ref)
            said = (
                amiss(seen) if seen else (f"it could not be looked at, see to it yourself: {RULES['load-balancer']}",)
            )
            yield from (Remark(about, text) for text in said)
        elif kind == "network-interface":
            yield Remark(about, str(RULES["mtu"]))


def _on_groups(desired: Desired, observed: Observed) -> Iterator[Remark]:
    """Sources that the target's security groups do not let in."""
    targets = dict(_interface_targets(desired, observed))
    shut: dict[str, list[str]] = {}
    for placed in place(desired, observed).sessions:
        target = targets.get(placed.target)
        if target is not None and not _let_in(placed.interface, target, observed):
            shut.setdefault(placed.target, []).append(placed.interface.eni)
    for name, sources in shut.items():
        groups = ", ".join(targets[name].groups) or "none"
        said = f"its security groups ({groups}) do not let in {len(sources)} sources, such as {sources[0]}"
        yield Remark(f"targets.{name}", f"{said}: {RULES['security-group']}")


def _let_in(source: Interface, target: Interface, observed: Observed) -> bool:
    openings = [each for group in target.groups for each in observed.open_groups.get(group, ())]
    return any(
        each.startswith("pl-") or each in source.groups or ("/" in each and _within(source.address, each))
        for each in openings
    )


def _within(address: str, network: str) -> bool:
    return bool(address) and ip_address(address) in ip_network(network, strict=False)


def _interface_targets(desired: Desired, observed: Observed) -> Iterator[tuple[str, Interface]]:
    for name, wish in desired.targets.items():
        standing = standing_target(desired, observed, name)
        found = observed.interfaces.get(standing.ref if standing else wish.ref)
        if found is not None:
            yield name, found
