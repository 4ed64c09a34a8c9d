"""What the witnesses said, typed: flow-log records and Suricata's events, read from search hits. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any, Final

from shipper.decoders.initiator import ACK, SYN

Hit = Mapping[str, Any]
Key = tuple[str, ...]
"""A community id, or protocol and two addresses where there is none: ICMP in flow logs has no type and code."""

ICMP: Final = frozenset({"icmp", "ipv6-icmp"})
_FIN, _RST = 1, 4  # RFC 9293 section 3.1
_ICMP_NUMBERS: Final = {"1": "icmp", "58": "ipv6-icmp"}


@dataclass(frozen=True, slots=True)
class End:
    """An address, in its shortest form, and a port where the protocol has them."""

    address: str
    port: int | None = None

    def __str__(self) -> str:
        if self.port is None:
            return self.address
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class Record:
    """A flow-log record. `source` and `destination` are the packet's ends; `seen` those that its interface has.

    `end` is exclusive: flow logs count in seconds. `place` is the interface, of a transit gateway the attachment.
    `opens` and `closes`: by TCP flags, None where the format has none or the protocol is another.
    """

    id: str
    start: datetime
    end: datetime
    key: Key
    source: End
    destination: End
    seen: tuple[str, str]
    transport: str
    place: str
    flow_log: str
    vpc: str
    direction: str
    action: str
    packets: int
    bytes: int
    opens: bool | None
    closes: bool | None
    translated: bool | None
    found: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """An event of Suricata. `start`: when its flow began, where it says so. `vni` None: not of a mirror session."""

    id: str
    at: datetime
    start: datetime
    end: datetime
    key: Key
    kind: str
    flow_id: str
    source: End
    destination: End
    transport: str
    client: str
    vni: int | None
    interface: str
    vpc: str
    observer: str
    opens: bool | None
    closes: bool | None
    found: Mapping[str, Any]

    @property
    def place(self) -> str:
        """Where its packets were seen: the mirrored interface, else the VNI, else the sensor."""
        if self.interface:
            return self.interface
        return f"VNI {self.vni}" if self.vni is not None else self.observer or "sensor"


def records(hits: Sequence[Hit]) -> list[Record]:
    """Those that tell of traffic; NODATA and SKIPDATA do not."""
    return [_record(hit) for hit in hits if has_ends(hit)]


def events(hits: Sequence[Hit]) -> list[Event]:
    """Those that tell of two ends."""
    return [_event(hit) for hit in hits if has_ends(hit)]


def has_ends(hit: Hit) -> bool:
    """Whether it has two addresses: statistics, NODATA and broken leaves do not."""
    return all("ip" in hit["_source"].get(side, {}) for side in ("source", "destination"))


def key(hit: Hit) -> Key:
    """What all documents of its connection have in common. Raises KeyError for a document without two ends."""
    found = hit["_source"]
    own = _own(found)
    source = End(_address(own.get("pkt_srcaddr") or found["source"]["ip"]))
    destination = End(_address(own.get("pkt_dstaddr") or found["destination"]["ip"]))
    return _key(found, source, destination)


def moment(text: str) -> datetime:
    """A UTC time as documents have it."""
    return datetime.fromisoformat(text).astimezone(UTC)


def told_at(found: Mapping[str, Any]) -> datetime:
    """When an event is of, with the microseconds that `@timestamp` has no room for."""
    at = moment(found["@timestamp"])
    return at.replace(microsecond=found["event"]["sequence"]) if "sequence" in found.get("event", {}) else at


def as_list(value: Any) -> list[Any]:
    """A leaf may have one value or several."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _record(hit: Hit) -> Record:
    found = hit["_source"]
    own, source, destination = _own(found), found["source"], found["destination"]
    flags = int(own.get("tcp_flags") or 0)
    of_tcp = _transport(found) == "tcp" and "tcp_flags" in own
    packet = (
        End(_address(own.get("pkt_srcaddr") or source["ip"]), source.get("port")),
        End(_address(own.get("pkt_dstaddr") or destination["ip"]), destination.get("port")),
    )
    event = found["event"]
    start = moment(event.get("start") or found["@timestamp"])
    return Record(
        id=hit["_id"],
        start=start,
        end=max(start, moment(event.get("end") or found["@timestamp"])) + timedelta(seconds=1),
        key=_key(found, *packet),
        source=packet[0],
        destination=packet[1],
        seen=(_address(source["ip"]), _address(destination["ip"])),
        transport=_transport(found),
        place=own.get("interface_id") or own.get("attachment_id") or "",
        flow_log=own.get("flow_log_id") or "",
        vpc=own.get("vpc_id") or "",
        direction=found.get("network", {}).get("direction") or "",
        action=event.get("action") or "",
        packets=source.get("packets") or 0,
        bytes=source.get("bytes") or 0,
        opens=bool(flags & SYN and not flags & ACK) if of_tcp else None,
        closes=bool(flags & (_FIN | _RST)) if of_tcp else None,
        translated=own["pkt_srcaddr"] != source["ip"] or own.get("pkt_dstaddr") != destination["ip"]
        if "pkt_srcaddr" in own
        else None,
        found=found,
    )


def _event(hit: Hit) -> Event:
    found = hit["_source"]
    eve, mirror = found["suricata"]["eve"], found.get("flowtap", {}).get("mirror", {})
    source, destination = _side(found["source"]), _side(found["destination"])
    at = told_at(found)
    tcp = eve.get("tcp") if eve["event_type"] == "flow" else None
    return Event(
        id=hit["_id"],
        at=at,
        start=min(at, moment(found["event"].get("start") or found["@timestamp"])),
        end=max(at, moment(found["event"].get("end") or found["@timestamp"])),
        key=_key(found, source, destination),
        kind=eve["event_type"],
        flow_id=eve.get("flow_id") or "",
        source=source,
        destination=destination,
        transport=_transport(found),
        client=_address(found["client"]["ip"]) if "ip" in found.get("client", {}) else "",
        vni=mirror.get("vni"),
        interface=mirror.get("eni") or "",
        vpc=mirror.get("vpc_id") or "",
        observer=found.get("observer", {}).get("name") or "",
        opens=None if tcp is None else bool(_hexadecimal(tcp.get("tcp_flags_ts")) & SYN),
        closes=None if tcp is None else bool(tcp.get("fin") or tcp.get("rst") or tcp.get("state") == "closed"),
        found=found,
    )


def _hexadecimal(text: str | None) -> int:
    """TCP flags as Suricata writes them; none where it is no number."""
    try:
        return int(text or "0", 16)
    except ValueError:
        return 0


def _own(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """What flow logs have of their own."""
    aws = found.get("aws", {})
    own: Mapping[str, Any] = aws.get("vpcflow") or aws.get("tgw") or {}
    return own


def _side(side: Mapping[str, Any]) -> End:
    return End(_address(side["ip"]) if "ip" in side else "", side.get("port"))


def _address(text: str) -> str:
    return str(ip_address(text))


def _transport(found: Mapping[str, Any]) -> str:
    network = found.get("network", {})
    number = str(network.get("iana_number", ""))
    return str(_ICMP_NUMBERS.get(number) or network.get("transport") or number)


def _key(found: Mapping[str, Any], source: End, destination: End) -> Key:
    transport = _transport(found)
    ids = as_list(found.get("network", {}).get("community_id"))
    if ids and transport not in ICMP:
        return (ids[0],)  # of the packet's addresses; a second one is of the interface's
    return (transport, *sorted((source.address, destination.address)))
