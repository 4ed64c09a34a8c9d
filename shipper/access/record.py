"""A flow-log record as its rules are asked about: a document's leaves, checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any, Final

from shipper.access.packet import Packet
from shipper.access.shapes import Address
from shipper.errors import ConfigError

INGRESS, EGRESS = "ingress", "egress"
SYN: Final = 2


@dataclass(frozen=True, slots=True)
class Seen:
    """What an interface recorded. `packet` has the packet's own ends (pkt-* where the format has them).

    `from_client`: it goes from who began to who was asked; `told_by` says how that is known (syn, port, unknown).
    `syn`: whether a SYN was seen in it, None where the format has no tcp-flags.
    """

    interface: str
    packet: Packet
    shown: tuple[Address, Address]
    action: str
    direction: str
    from_client: bool
    told_by: str
    syn: bool | None
    reason: str
    begin: datetime
    end: datetime
    packets: int
    region: str
    account: str
    own_ends: bool
    """Whether the record tells the packet's own ends apart from the interface's address (pkt-* fields)."""


def seen(document: Mapping[str, Any]) -> Seen:
    """Raises ConfigError for a document that no rule could have been asked about."""
    own = _of(document, "aws", "vpcflow")
    if _of(document, "aws", "tgw"):
        raise ConfigError("this is a record of a transit gateway: no security group or network ACL decides there")
    if own.get("log_status") in {"NODATA", "SKIPDATA"}:
        raise ConfigError(f"this record tells of no traffic ({own['log_status']}): there is nothing to explain")
    source, destination = _of(document, "source"), _of(document, "destination")
    interface = str(own.get("interface_id", ""))
    if not interface or "ip" not in source or "ip" not in destination:
        raise ConfigError("this record lacks what is explained: interface-id, srcaddr and dstaddr")
    shown = ip_address(source["ip"]), ip_address(destination["ip"])
    real = ip_address(own.get("pkt_srcaddr", source["ip"])), ip_address(own.get("pkt_dstaddr", destination["ip"]))
    event, network = _of(document, "event"), _of(document, "network")
    flags = own.get("tcp_flags")
    return Seen(
        interface=interface,
        packet=Packet(*real, _number(network.get("iana_number")), source.get("port"), destination.get("port")),
        shown=shown,
        action=str(event.get("action", "")),
        direction=str(network.get("direction", "")),
        from_client=_of(document, "client").get("ip", source["ip"]) == source["ip"],
        told_by=str(_of(document, "flowtap").get("initiator", "unknown")),
        syn=None if flags is None else bool(flags & SYN),
        reason=str(event.get("reason", "")),
        begin=_moment(event.get("start", document["@timestamp"])),
        end=_moment(event.get("end", document["@timestamp"])),
        packets=int(source.get("packets", 0)),
        region=str(_of(document, "cloud").get("region", "")),
        account=str(_of(document, "cloud", "account").get("id", "")),
        own_ends="pkt_srcaddr" in own,
    )


def _of(document: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    found: Any = document
    for name in path:
        found = found.get(name, {})
    return found if isinstance(found, Mapping) else {}


def _number(text: Any) -> int | None:
    return int(text) if str(text).isdecimal() else None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
