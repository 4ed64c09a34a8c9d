"""Who spoke to whom: addresses, ports, protocol and community id of an event, and which side is the client.

Events of one flow say the same, so what was worked out last is kept. Never raises for what a value is, but TypeError
where one is an object or a list.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from shipper.decoders.addresses import packed_address
from shipper.decoders.community_id import community_id
from shipper.decoders.eve.values import shown
from shipper.decoders.initiator import initiator

MOST_PORT: Final = 65_535
KEPT: Final = 1 << 14

# Protocols whose ports are part of a community id, by the name Suricata gives them, in lower case.
_WITH_PORTS: Final = {"tcp": 6, "udp": 17, "sctp": 132}


class Said(NamedTuple):
    """What an event says of its conversation. `forward`: whether the source began, None where that is left open."""

    source_ip: Any
    source_port: Any
    destination_ip: Any
    destination_port: Any
    transport: Any
    protocol: Any
    community_id: Any
    forward: bool | None


class Conversation(NamedTuple):
    """The document's objects, to be copied before they are changed; `malformed` has (path, text) of wrong values."""

    source: Mapping[str, Any]
    destination: Mapping[str, Any]
    network: Mapping[str, Any]
    sides: Mapping[str, Any]
    initiator: str
    malformed: tuple[tuple[str, str], ...]


def conversation(said: Said) -> Conversation:
    """What the document holds of it, whatever the types of values."""
    try:
        return _kept(*said)
    except TypeError:  # an object or a list: it cannot be looked up, and is nobody's address
        return _worked_out(said)


@lru_cache(maxsize=KEPT, typed=True)
def _kept(*said: Any) -> Conversation:
    return _worked_out(Said(*said))


def _worked_out(said: Said) -> Conversation:
    malformed: list[tuple[str, str]] = []
    source = _side("source", said.source_ip, said.source_port, malformed)
    destination = _side("destination", said.destination_ip, said.destination_port, malformed)
    network = _network(said, malformed)
    if "ip" not in source or "ip" not in destination:
        return Conversation(source, destination, network, {}, "unknown", tuple(malformed))
    network["type"] = "ipv6" if ":" in source["ip"] else "ipv4"
    if said.community_id is None and (found := _community_id(source, destination, network)):
        network["community_id"] = found
    how, forward = _direction(said, source, destination)
    client, server = (source, destination) if forward else (destination, source)
    sides = {
        "client": {"ip": client["ip"]},
        "server": dict(server),
        "related": {"ip": list(dict.fromkeys((source["ip"], destination["ip"])))},
    }
    return Conversation(source, destination, network, sides, how, tuple(malformed))


def _side(name: str, ip: Any, port: Any, malformed: list[tuple[str, str]]) -> dict[str, Any]:
    side: dict[str, Any] = {}
    if type(ip) is str and packed_address(ip) is not None:
        side["ip"] = ip
    elif ip is not None:
        malformed.append((f"{name}.ip", shown(ip)))
    if type(port) is int and 0 <= port <= MOST_PORT:
        side["port"] = port
    elif port is not None:
        malformed.append((f"{name}.port", shown(port)))
    return side


def _network(said: Said, malformed: list[tuple[str, str]]) -> dict[str, Any]:
    network: dict[str, Any] = {}
    for name in ("transport", "protocol", "community_id"):
        value = getattr(said, name)
        if type(value) is str:
            network[name] = value.lower() if name == "transport" else value
        elif value is not None:
            malformed.append((f"network.{name}", shown(value)))
    return network


def _direction(said: Said, source: Mapping[str, Any], destination: Mapping[str, Any]) -> tuple[str, bool]:
    if said.forward is not None:
        return "suricata", said.forward
    pair = (source["port"], destination["port"]) if "port" in source and "port" in destination else None
    return initiator(0, pair, False)


def _community_id(source: Mapping[str, Any], destination: Mapping[str, Any], network: Mapping[str, Any]) -> str | None:
    number = _WITH_PORTS.get(network.get("transport", ""))
    one, other = packed_address(source["ip"]), packed_address(destination["ip"])
    if number is None or "port" not in source or "port" not in destination:
        return None
    if one is None or other is None or len(one) != len(other):
        return None
    return community_id(one, other, number, (source["port"], destination["port"]))
