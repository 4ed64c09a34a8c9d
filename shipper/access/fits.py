"""Whether a rule fits a packet, as far as that can be known: the parts that security groups and network ACLs share."""

from enum import IntEnum

from shipper.access.packet import ICMP, PORTS, Packet, protocol_number
from shipper.access.shapes import Address, Range


class Fits(IntEnum):
    """Greater is surer: of several things that must hold, the least counts; of several that may, the greatest."""

    NO = 0
    MAYBE = 1
    YES = 2


def protocol_fits(text: str, packet: Packet) -> Fits:
    """`text` is EC2's, -1 for any."""
    wanted = protocol_number(text)
    if wanted is None:
        return Fits.YES
    if packet.protocol is None:
        return Fits.MAYBE
    return Fits.YES if wanted == packet.protocol else Fits.NO


def service_fits(protocol: str, first: int, last: int, packet: Packet) -> Fits:
    """Ports `first` to `last` of TCP and UDP; for ICMP they are type and code, which flow logs do not have."""
    number = protocol_number(protocol)
    if number in ICMP:
        return Fits.YES if first == -1 else Fits.MAYBE
    if number not in PORTS or first == -1:
        return Fits.YES
    port = packet.destination_port
    if port is None:
        return Fits.YES if (first, last) == (0, 65535) else Fits.MAYBE
    return Fits.YES if first <= port <= last else Fits.NO


def within(address: Address, *ranges: Range | None) -> Fits:
    """Whether the address is in any of these."""
    return Fits.YES if any(address in each for each in ranges if each) else Fits.NO
