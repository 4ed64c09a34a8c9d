"""A load balancer as far as it takes mirrored packets: frozen, no behaviour."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """Targets that packets are handed to. `check` is how their health is looked at: protocol and port."""

    name: str
    protocol: str
    check: tuple[str, str]
    members: frozenset[str] = frozenset()
    healthy: int = 0


@dataclass(frozen=True, slots=True)
class Balancer:
    """How a load balancer is set up. `listeners` are protocols with ports; `zones` how many it is in."""

    zones: int
    cross_zone: bool
    listeners: frozenset[tuple[str, int]]
    groups: tuple[Group, ...]
