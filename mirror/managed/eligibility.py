"""Which interfaces can be mirrored, and which never must be. Pure.

An instance type leads to a warning only: AWS's list changes, and the API decides.
"""

from collections.abc import Iterable, Mapping

from aws.mirror_rules import RULES
from mirror.managed.desired import Selector
from mirror.managed.instance_types import InstanceTypes
from mirror.managed.model import Interface, Target
from mirror.managed.ownership import NEVER


def selected(interface: Interface, selector: Selector) -> bool:
    """Whether an interface is what a selector means."""
    tags = {**interface.instance_tags, **interface.tags}
    lists = (
        (selector.vpcs, interface.vpc),
        (selector.subnets, interface.subnet),
        (selector.interfaces, interface.eni),
        (selector.instances, interface.instance),
    )
    return all(not named or own in named for named, own in lists) and all(
        tags.get(key) == value for key, value in selector.tags.items()
    )


def analysers(
    interfaces: Mapping[str, Interface], targets: Iterable[Target], wished: Iterable[str], others: frozenset[str]
) -> frozenset[str]:
    """Interfaces that packets are mirrored to, and all others of their instances: the loop guard."""
    direct = {*(target.ref for target in targets), *wished, *others}
    instances = {interfaces[eni].instance for eni in direct if eni in interfaces} | others
    return frozenset(
        each.eni for each in interfaces.values() if each.eni in direct or (each.instance and each.instance in instances)
    )


def refusal(interface: Interface, guarded: frozenset[str]) -> str:
    """Why an interface is not mirrored; empty where it may be."""
    if interface.eni in guarded:
        return f"it is an analyser's, and would be sent its own copies: {RULES['not-both']}"
    if "never" in {interface.tags.get(NEVER), interface.instance_tags.get(NEVER)}:
        return f"it has the tag {NEVER}=never"
    if interface.kind != "interface":
        return f"its type is {interface.kind}: {RULES['source-type']}"
    if interface.only_ipv6:
        return str(RULES["no-ipv6-only"])
    return ""


def doubt(interface: Interface, types: InstanceTypes) -> str:
    """Why AWS might refuse it all the same; empty where nothing is known."""
    if not types.doubtful(interface.instance_type):
        return ""
    return f"{interface.instance_type} is not among the instance types known to be mirrored: {RULES['instance-types']}"
