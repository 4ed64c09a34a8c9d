"""Which interfaces can be mirrored, and which never must be. Pure.

Instance types are data and lead to a warning only: AWS's list changes, and the API decides.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from aws.mirror_rules import RULES
from mirror.managed.desired import Selector
from mirror.managed.model import Interface, Target
from mirror.managed.ownership import NEVER

# Amazon VPC Traffic Mirroring, "Understand traffic mirror session concepts", "Instance types".
UNSUPPORTED_FAMILIES: Final = frozenset((
    "t2", "m8g", "m6a", "m6i", "m6id", "m6idn", "m6in", "m7a", "m7g", "m7gd", "m7i", "m7i-flex", "c8g", "c6a", "c6gd",
    "c6gn", "c6i", "c6id", "c6in", "c7a", "c7g", "c7gd", "c7gn", "c7i", "r8g", "r6a", "r6i", "r6id", "r6idn", "r6in",
    "r7a", "r7g", "r7gd", "r7i", "r7iz", "x8g", "x2idn", "x2iedn", "x2iezn", "i4g", "i4i", "im4gn", "is4gen", "inf2",
    "p5", "trn1", "trn1n", "hpc6a", "hpc6id", "hpc7a", "hpc7g",
))  # fmt: skip
# "Traffic mirroring quotas": the sizes that take 100 sources as targets. One is known for sure; others by `capacity`.
LARGE_TARGETS: Final = frozenset({"m5.24xlarge"})


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


def doubt(interface: Interface) -> str:
    """Why AWS might refuse it all the same; empty where nothing is known."""
    family, _, size = interface.instance_type.partition(".")
    if family in UNSUPPORTED_FAMILIES or size.startswith("metal"):
        return (
            f"{interface.instance_type} is not among the instance types known to be mirrored: {RULES['instance-types']}"
        )
    return ""
