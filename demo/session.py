"""The mirror session of the forgotten host: its packets as they reach a sensor, and whose they are. Pure.

In: a capture of inner packets. Out: a capture of what the mirror target receives (VXLAN, RFC 7348 §5), the inventory.
"""

import struct
from ipaddress import IPv4Address
from typing import Any

from demo import network as cast
from demo.packets import packets, written

VNI = 1053
SESSION = "tms-0d5a7c2e9f1b84630"
_SENSOR = "10.20.10.200"
_MACS = bytes.fromhex("0a00000000020a0000000001")
_VXLAN_PORT, _SOURCE_PORT = 4789, 65_330
_VNI_IS_VALID = 0x08 << 24


def sent(capture: bytes) -> bytes:
    """Each packet in Ethernet, IPv4, UDP and VXLAN, at the same moment."""
    return written(capture, (packet._replace(frame=_wrapped(packet.frame)) for packet in packets(capture)))


def inventory() -> dict[str, Any]:
    """As `mirror.inventory` takes it."""
    host = cast.LEGACY
    session = {
        "vni": VNI,
        "session_id": SESSION,
        "eni": host.eni,
        "instance_id": host.instance,
        "vpc_id": host.subnet.vpc.id,
        "subnet_id": host.subnet.id,
        "account_id": cast.ACCOUNT,
        "region": cast.REGION,
        "tags": {"Name": host.name},
    }
    return {"sessions": [session]}


def _wrapped(frame: bytes) -> bytes:
    vxlan = struct.pack("!II", _VNI_IS_VALID, VNI << 8) + frame
    udp = struct.pack("!HHHH", _SOURCE_PORT, _VXLAN_PORT, 8 + len(vxlan), 0) + vxlan  # RFC 7348: without a checksum
    ends = b"".join(IPv4Address(address).packed for address in (cast.LEGACY.address, _SENSOR))
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 255, 17, 0) + ends
    total = sum(struct.unpack("!10H", head))
    checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    return _MACS + b"\x08\x00" + head[:10] + struct.pack("!H", checksum) + head[12:] + udp
