"""Leaves that no column is copied to: who is client, the join key, names of numbers. Pure, from checked values.

Values are keyed by AWS's column names and hold only what passed `values.READERS`.
"""

from collections.abc import Mapping
from typing import Final

from shipper.decoders.addresses import packed_address
from shipper.decoders.community_id import community_id
from shipper.decoders.flow_log.fields import TGW, Dataset
from shipper.decoders.flow_log.values import Value
from shipper.decoders.iana_protocols import COMMUNITY_ID_PORTS, ICMP, PORT_PROTOCOLS, PROTOCOLS, TCP
from shipper.decoders.initiator import initiator

Values = Mapping[str, Value]
Json = str | int | bool | list[str]

# Amazon VPC User Guide, "Flow log records", traffic-path. Written for egress only.
TRAFFIC_PATHS: Final = {
    1: "same-vpc",
    2: "internet-or-gateway-endpoint",
    3: "virtual-private-gateway",
    4: "intra-region-peering",
    5: "inter-region-peering",
    6: "local-gateway",
    7: "gateway-endpoint",
    8: "internet-gateway",
}

# RFC 9293 section 3.1, low six bits. VPC flow logs write FIN, SYN, RST and SYN-ACK; transit gateways all six.
TCP_FLAGS: Final = {1: "fin", 2: "syn", 4: "rst", 8: "psh", 16: "ack", 32: "urg"}

OUTCOMES: Final = {"accept": ("allowed", "success"), "reject": ("denied", "failure")}

_PORTLESS = (0, 0)


def derived_leaves(dataset: Dataset, values: Values) -> dict[str, Json]:
    """What is added to a record of traffic. NODATA and SKIPDATA records get none of these."""
    found: dict[str, Json | None] = {
        "network.transport": PROTOCOLS.get(_number(values, "protocol") or 0) if "protocol" in values else None,
        "network.type": None if "type" in values else _family(values),
        "network.community_id": _community_ids(values),
        f"{dataset.own}.tcp_flags_array": _flag_names(values),
        "aws.vpcflow.traffic_path_name": TRAFFIC_PATHS.get(_number(values, "traffic-path") or 0),
    }
    kept = {path: value for path, value in found.items() if value is not None and value != []}
    return kept | _event(values) | _client_and_server(dataset, values)


def ports(values: Values) -> tuple[int, int] | None:
    """Source and destination port, where the protocol has ports and both are in the record.

    Without a protocol column, two zeros are taken for a protocol without ports.
    """
    protocol, source, destination = (_number(values, name) for name in ("protocol", "srcport", "dstport"))
    if source is None or destination is None:
        return None
    if protocol is None:
        return (source, destination) if source or destination else None
    return (source, destination) if protocol in PORT_PROTOCOLS else None


def _client_and_server(dataset: Dataset, values: Values) -> dict[str, Json]:
    source, destination = values.get("srcaddr"), values.get("dstaddr")
    if source is None or destination is None:
        return {}
    pair = ports(values)
    flags = _number(values, "tcp-flags") or 0 if values.get("protocol", TCP) == TCP else 0
    how, source_is_client = initiator(flags, pair, dataset is TGW)
    client, server = (source, destination) if source_is_client else (destination, source)
    found: dict[str, Json] = {"client.ip": client, "server.ip": server, "flowtap.initiator": how}
    if pair is not None and any(pair):
        found["server.port"] = pair[1] if source_is_client else pair[0]
    return found


def _event(values: Values) -> dict[str, Json]:
    verdict = OUTCOMES.get(str(values.get("action")))
    if verdict is None:
        return {"event.type": ["connection"]}
    return {"event.type": ["connection", verdict[0]], "event.outcome": verdict[1]}


def _community_ids(values: Values) -> list[str]:
    """The id of the packet's own addresses first, then of the interface's where that is another. None for ICMP."""
    protocol = _number(values, "protocol")
    if protocol is None or protocol in ICMP:
        return []
    pair = ports(values) if protocol in COMMUNITY_ID_PORTS else _PORTLESS
    if pair is None:
        return []
    ids = []
    for source_name, destination_name in (("pkt-srcaddr", "pkt-dstaddr"), ("srcaddr", "dstaddr")):
        source, destination = _packed(values, source_name), _packed(values, destination_name)
        if source and destination and len(source) == len(destination):
            ids.append(community_id(source, destination, protocol, pair))
    return list(dict.fromkeys(ids))


def _family(values: Values) -> str | None:
    packed = _packed(values, "srcaddr") or _packed(values, "dstaddr")
    if packed is None:
        return None
    return "ipv4" if len(packed) == 4 else "ipv6"


def _flag_names(values: Values) -> list[str]:
    flags = _number(values, "tcp-flags") or 0
    return [name for bit, name in TCP_FLAGS.items() if flags & bit]


def _packed(values: Values, name: str) -> bytes | None:
    return packed_address(str(values[name])) if name in values else None


def _number(values: Values, name: str) -> int | None:
    value = values.get(name)
    return value if isinstance(value, int) else None
