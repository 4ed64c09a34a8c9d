"""A conversation between two addresses, free of how it is recorded: flow logs and packets tell the same flows."""

from enum import Enum
from typing import NamedTuple

ICMP = 1
TCP = 6
UDP = 17
ICMPV6 = 58


class Verdict(Enum):
    """What became of a conversation."""

    ANSWERED = "answered"
    CLOSED = "closed"  # let through; nobody listens, so a TCP reset came back
    REFUSED = "refused"  # stopped by the server's security group, no answer


class Ends(NamedTuple):
    """Who asks whom for what. ICMP has no port: 0."""

    client: str
    server: str
    server_port: int
    protocol: int = TCP


class Span(NamedTuple):
    """When: whole seconds since the epoch (thousands of flows: datetimes would cost too much), and how many of them."""

    start: int
    seconds: int

    @property
    def last(self) -> int:
        """The second of the last packet."""
        return self.start + self.seconds


class Volume(NamedTuple):
    """What went one way, IP headers included."""

    packets: int
    bytes: int


NOTHING = Volume(0, 0)


class Flow(NamedTuple):
    """One conversation between its real ends, as if there were no NAT."""

    scene: str
    ends: Ends
    client_port: int
    span: Span
    request: Volume
    response: Volume
    verdict: Verdict


def tcp(payload: int) -> Volume:
    """The volume of so many bytes over TCP: full segments, handshake and farewell, 52 bytes of headers each."""
    packets = payload // 1448 + 4
    return Volume(packets, payload + 52 * packets)


def udp(payload: int) -> Volume:
    """The volume of one datagram."""
    return Volume(1, payload + 28)
