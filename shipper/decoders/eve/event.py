"""One event as a document: when and where it was, who spoke to whom, and what its families say.

In: an event, parsed, and what its stream and chunk add. Out: a document with what the partition and the sums need.
The event's own objects become the document's, changed in place. Never raises for what an event holds, but
RecursionError where it is nested too deep to be written.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import orjson

from shipper.decoders.eve.conversation import Said, conversation
from shipper.decoders.eve.families import DERIVED
from shipper.decoders.eve.shapes import Fitted, fit
from shipper.decoders.eve.table import Table
from shipper.decoders.eve.values import Moment, moment, shown

DECODER_VERSION: Final = 1
"""Written to `flowtap.decoder`; rises when an event's document changes."""


class Type(NamedTuple):
    """What an event type tells. `client_first`: its source address is the side that began."""

    dataset: str
    kind: str = "event"
    category: tuple[str, ...] = ("network",)
    protocol: str = ""
    client_first: bool = False


def _protocol(name: str, dataset: str = "other", category: tuple[str, ...] = ("network",)) -> Type:
    return Type(f"suricata.{dataset}", category=category, protocol=name, client_first=True)


# Suricata logs some types with the flow's direction: the source is who opened the flow. Others have a packet's.
_BY_FLOW = (
    "ftp", "smb", "dcerpc", "ssh", "smtp", "rdp", "krb5", "sip", "pgsql", "ldap", "pop3", "websocket", "dnp3", "modbus",
    "enip", "tftp", "rfb", "quic", "mdns", "llmnr",
)  # fmt: skip
_BY_PACKET = ("dhcp", "ike", "nfs", "snmp", "mqtt", "bittorrent_dht", "ntp", "doh2")

TYPES: Final[Mapping[str, Type]] = {
    **{name: _protocol(name) for name in _BY_FLOW},
    **{name: Type("suricata.other", protocol=name) for name in _BY_PACKET},
    "alert": Type("suricata.alert", "alert", ("intrusion_detection", "network")),
    "anomaly": Type("suricata.anomaly"),
    "dns": _protocol("dns", "dns"),
    "drop": Type("suricata.other", category=("network", "intrusion_detection")),
    "fileinfo": Type("suricata.fileinfo", category=("network", "file")),
    "flow": Type("suricata.flow", category=("network", "session"), client_first=True),
    "http": _protocol("http", "http", ("network", "web")),
    "guardduty": Type("aws.guardduty", "alert", ("intrusion_detection",), client_first=True),
    "mirror": Type("mirror.stats", "metric", ("host",)),
    "mirror_decision": Type("mirror.decision", category=("configuration",)),
    "netflow": Type("suricata.other", category=("network", "session")),
    "stats": Type("suricata.stats", "metric", ("host",)),
    "tls": _protocol("tls", "tls"),
}
OTHER: Final = Type("suricata.other")

DATASETS: Final = tuple(sorted({each.dataset for each in (*TYPES.values(), OTHER)}))

_ENDED = {"flow", "netflow"}


@dataclass(frozen=True, slots=True)
class Stream:
    """What is the same for all events of a chunk. `sensor` is that of events that name none."""

    arrived: str
    sensor: str = ""
    vlan_is_vni: bool = False


class Event(NamedTuple):
    """A decoded event. `moment` is its own time, None if it has none that can be believed."""

    document: dict[str, Any]
    dataset: str
    moment: Moment | None
    malformed: bool
    opaque: bool


def document_of(event: dict[str, Any], table: Callable[[str], Table], stream: Stream) -> Event:
    """The document of an event whose `event_type` is text."""
    known = TYPES.get(event["event_type"], OTHER)
    told: dict[str, Any] = {
        "ingested": stream.arrived,
        "dataset": known.dataset,
        "kind": known.kind,
        "category": known.category,
    }
    document: dict[str, Any] = {"@timestamp": stream.arrived, "event": told}
    out = Fitted(document)
    own = event.pop("timestamp", None)
    flowtap: dict[str, Any] = {"decoder": DECODER_VERSION}
    _sensor(event, stream, out)
    if "src_ip" in event or "dest_ip" in event:
        flowtap["initiator"] = _sides(event, known, out)
    if "vlan" in event:
        _vlan(event.pop("vlan"), stream, flowtap, out)
    span = _span(event)
    fit(event, table(known.dataset), out)
    derive = DERIVED.get(event["event_type"])
    if derive is not None:
        derive(document, event)
    document["suricata"] = {"eve": event}
    flowtap = document["flowtap"] = document.pop("flowtap", {}) | flowtap
    when = _when(document, event, own, span, out)
    _put_aside(event, flowtap, out)
    return Event(document, known.dataset, when, bool(out.malformed), out.opaque or bool(out.unknown or out.malformed))


def _put_aside(event: dict[str, Any], flowtap: dict[str, Any], out: Fitted) -> None:
    if out.unknown:
        event["unknown"] = shown(out.unknown)
    if out.malformed:
        flowtap["malformed"] = out.malformed


_Span = tuple[Moment | None, Moment | None]


def _span(event: dict[str, Any]) -> _Span:
    """When a flow began and ended, to the microsecond; nothing of other events."""
    event_type = event["event_type"]
    flow = event.get(event_type) if event_type in _ENDED else None
    if type(flow) is not dict:
        return None, None
    start, end = flow.get("start"), flow.get("end")
    return moment(start) if type(start) is str else None, moment(end) if type(end) is str else None


def _when(document: dict[str, Any], event: dict[str, Any], own: Any, span: _Span, out: Fitted) -> Moment | None:
    """A flow's time is its end, any other event's its own; what is not the document's time stays in the event."""
    told = document["event"]
    when = moment(own) if type(own) is str else None
    if when is None and own is not None:
        out.put_aside("@timestamp", own)
    start, end = span
    if end is not None:
        if when is not None:
            event["timestamp"] = when.text
        when = end
        if start is not None and start.since_1970 <= end.since_1970:
            told["duration"] = (end.since_1970 - start.since_1970) * 1000
    if when is None:
        document["flowtap"]["time_suspect"] = True
    else:
        document["@timestamp"] = when.text
        told["sequence"] = when.microseconds
    return when


def _sensor(event: dict[str, Any], stream: Stream, out: Fitted) -> None:
    pop = event.pop
    host, interface = pop("host", stream.sensor), pop("in_iface", None)
    observer: dict[str, Any] = {}
    if host:
        if type(host) is str:
            observer["name"] = host
        else:
            out.put_aside("observer.name", host)
    if interface is not None:
        if type(interface) is str:
            observer["ingress"] = {"interface": {"name": interface}}
        else:
            out.put_aside("observer.ingress.interface.name", interface)
    if observer:
        out.document["observer"] = observer


def _sides(event: dict[str, Any], known: Type, out: Fitted) -> str:
    """Addresses, ports, network; who is the client. Returns how that is known."""
    pop, document = event.pop, out.document
    said = Said(
        pop("src_ip", None),
        pop("src_port", None),
        pop("dest_ip", None),
        pop("dest_port", None),
        pop("proto", None),
        pop("app_proto", known.protocol or None),
        pop("community_id", None),
        True,
    )
    source, destination, network, sides, how, malformed = conversation(
        said if known.client_first and known.protocol != "dns" else said._replace(forward=_forward(event, known, said))
    )
    document["source"], document["destination"] = dict(source), dict(destination)
    document["network"] = dict(network)
    document.update(sides)
    for path, text in malformed:
        out.put_aside(path, text)
    return how


def _forward(event: dict[str, Any], known: Type, said: Said) -> bool | None:
    """Whether the source began, where the event says so."""
    if known.client_first:
        return not _is_response(event.get("dns"))
    flow, toward = event.get("flow"), event.get("direction")
    if type(flow) is dict and "src_ip" in flow and "src_port" in flow:
        return (flow["src_ip"], flow["src_port"]) == (said.source_ip, said.source_port)
    return {"to_server": True, "to_client": False}.get(toward) if type(toward) is str else None


def _is_response(dns: Any) -> bool:
    """Version 3 says `response` and gives the responder as source; 1 and 2 say `answer` and give the client."""
    return isinstance(dns, dict) and dns.get("type") == "response"


def _vlan(value: Any, stream: Stream, flowtap: dict[str, Any], out: Fitted) -> None:
    """VLAN ids; where the first two hold a mirror session's VNI (12 bits each), the VNI and what is left."""
    tags = value if type(value) is list else [value]
    if not all(type(tag) is int and 0 <= tag < 4096 for tag in tags):
        out.put_aside("network.vlan.id", value)
        return
    if stream.vlan_is_vni and len(tags) >= 2:
        flowtap["mirror"] = mirror(tags[0] << 12 | tags[1])
        tags = tags[2:]
    if tags:
        out.document.setdefault("network", {})["vlan"] = {"id": [str(tag) for tag in tags]}


def mirror(vni: int) -> dict[str, Any]:
    """What a document says of its mirror session. Whatever it goes by, the fast way asks here, too (`pattern`)."""
    return {"vni": vni}


def strict(document: Mapping[str, Any]) -> bytes:
    """A document's line. Raises orjson's error for whole numbers beyond 53 bits and for lone surrogates."""
    return orjson.dumps(document, option=orjson.OPT_STRICT_INTEGER | orjson.OPT_APPEND_NEWLINE)
