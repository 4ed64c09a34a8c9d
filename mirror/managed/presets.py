"""Filters that people want, as rules. Pure. Ten rules are all that a filter has (`aws.mirror_rules`)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from mirror.managed.model import Rule

ANYWHERE: Final = ("0.0.0.0/0", "::/0")
_BOTH: Final = ("ingress", "egress")
_TCP, _UDP = 6, 17
VXLAN, GENEVE = 4789, 6081
"""UDP ports of mirrored packets (RFC 7348, RFC 8926)."""


def everything(_local: Sequence[str]) -> tuple[Rule, ...]:
    """All packets of both directions and families, but for mirrored ones."""
    return (*_no_mirrored(), *_all(100))


def tls_and_dns(_local: Sequence[str]) -> tuple[Rule, ...]:
    """TLS and DNS that an interface asks for: port 443 over TCP and 53 over UDP at the far end, both families."""
    rules = []
    for number, (protocol, port) in enumerate(((_TCP, 443), (_UDP, 53)), 1):
        for family, network in enumerate(ANYWHERE):
            place = number * 100 + family
            ports = (port, port)
            rules.append(Rule("egress", place, "accept", network, network, protocol, None, ports))
            rules.append(Rule("ingress", place, "accept", network, network, protocol, ports, None))
    return tuple(rules)


def no_local_chatter(local: Sequence[str]) -> tuple[Rule, ...]:
    """Everything but what stays between the given networks, each within itself."""
    kept_out = [
        Rule(direction, number, "reject", network, network)
        for number, network in enumerate(local, 10)
        for direction in _BOTH
    ]
    return (*kept_out, *_all(100))


def _all(number: int) -> tuple[Rule, ...]:
    return tuple(
        Rule(direction, number + family, "accept", network, network)
        for family, network in enumerate(ANYWHERE)
        for direction in _BOTH
    )


def _no_mirrored() -> tuple[Rule, ...]:
    """Packets to UDP port 4789 are mirrored ones, to 6081 those by a gateway load balancer: copies of copies never end.

    A filter has room for the latter in one direction: the one in which they come to an analyser.
    """
    return tuple(
        Rule(direction, number + family, "reject", network, network, _UDP, None, (port, port))
        for number, port, directions in ((1, VXLAN, _BOTH), (3, GENEVE, ("ingress",)))
        for family, network in enumerate(ANYWHERE)
        for direction in directions
    )


PRESETS: Final[Mapping[str, Callable[[Sequence[str]], tuple[Rule, ...]]]] = {
    "everything": everything,
    "tls-and-dns": tls_and_dns,
    "no-local-chatter": no_local_chatter,
}
