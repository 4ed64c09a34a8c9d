"""A packet as rules look at it, and how it reads."""

from dataclasses import dataclass, replace
from typing import Final

from shipper.access.shapes import Address

ICMP: Final = frozenset({1, 58})
PORTS: Final = frozenset({6, 17})
"""Protocols whose ports rules look at: TCP and UDP (Amazon VPC User Guide, "Security group rules")."""
NAMES: Final = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"}
_NUMBERS: Final = {name: number for number, name in NAMES.items()}


@dataclass(frozen=True, slots=True)
class Packet:
    """None: not known. An ICMP packet's type and code are never known: flow logs have none."""

    source: Address
    destination: Address
    protocol: int | None = None
    source_port: int | None = None
    destination_port: int | None = None

    def back(self) -> "Packet":
        """One that answers it."""
        return replace(
            self,
            source=self.destination,
            destination=self.source,
            source_port=self.destination_port,
            destination_port=self.source_port,
        )

    @property
    def service(self) -> str:
        """What it is for, in words."""
        port = f" {self.destination_port}" if self.destination_port is not None and self.protocol in PORTS else ""
        return f"{protocol_name(self.protocol)}{port}"


def protocol_name(number: int | None) -> str:
    """`tcp`, or the number where it has no short name."""
    return "any protocol" if number is None else NAMES.get(number, f"protocol {number}")


def protocol_number(text: str) -> int | None:
    """What EC2 writes: a name or a number; None for -1, any."""
    found = _NUMBERS.get(text.lower())
    return found if found is not None else int(text) if text.isdecimal() else None


def service_text(protocol: int | None, first: int, last: int) -> str:
    """`tcp 443`, `udp 1024-65535`, `icmp type 8` …"""
    name = protocol_name(protocol)
    if protocol in ICMP:
        code = "" if last == -1 else f" code {last}"
        return name if first == -1 else f"{name} type {first}{code}"
    if protocol not in PORTS or first == -1:
        return name
    return f"{name} {first}" if first == last else f"{name} {first}-{last}"
