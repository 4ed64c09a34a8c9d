"""What is amiss with a network load balancer that is to take mirrored packets. Pure.

Amazon VPC Traffic Mirroring, "Understand traffic mirror target concepts", "Network Load Balancers": its listener's
absence makes mirroring fail without an error.
"""

from collections.abc import Iterator
from typing import Final

from aws.balancer import Balancer
from aws.mirror_rules import RULES
from mirror.managed.presets import VXLAN

_UDP: Final = frozenset({"UDP", "TCP_UDP"})
_SAME_PORT: Final = frozenset({"traffic-port", str(VXLAN)})


def amiss(balancer: Balancer) -> Iterator[str]:
    """A sentence for each thing."""
    rule = RULES["load-balancer"]
    if not any(protocol in _UDP and port == VXLAN for protocol, port in balancer.listeners):
        yield f"it has no UDP listener on port {VXLAN}, so packets are lost in silence: {rule}"
    for group in balancer.groups:
        protocol, port = group.check
        if group.protocol == "UDP" and port in _SAME_PORT:
            yield f"group {group.name} is checked by {protocol} on the port of packets, which is UDP only: {rule}"
        if not group.healthy:
            yield f"none of the {len(group.members)} targets of group {group.name} is healthy: {rule}"
    if balancer.zones < 2 or not balancer.cross_zone:
        crossing = "on" if balancer.cross_zone else "off"
        yield f"it is in {balancer.zones} zones, cross-zone balancing is {crossing}: {rule}"
