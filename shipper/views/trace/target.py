"""What is to be traced: a community id, one end or two of a connection, a flow id, or a document's id. Text in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from shipper.errors import ConfigError
from shipper.views.filters import Clause

WAYS: Final = (
    "a community id (1:…=), IP, IP:PORT or [IPv6]:PORT (one of them, or two for a pair), a flow id of Suricata, or the "
    "id of an alert or other document"
)

_COMMUNITY_ID = re.compile(r"1:[A-Za-z0-9+/]{27}=")
_FLOW_ID = re.compile(r"\d{1,20}")
_DOCUMENT_ID = re.compile(r"[A-Za-z0-9_-]{13,64}")
_ENDS = re.compile(r"\[(?P<six>[^\]]+)\](?::(?P<six_port>\d{1,5}))?|(?P<four>[\d.]+):(?P<port>\d{1,5})")
_PAIR = 2
_MOST_PORT = 65_535

# A flow log's packet may have other addresses than its interface (pkt-srcaddr, pkt-dstaddr).
_SOURCES = ("source.ip", "aws.vpcflow.pkt_srcaddr")
_DESTINATIONS = ("destination.ip", "aws.vpcflow.pkt_dstaddr")


@dataclass(frozen=True, slots=True)
class Target:
    """What was asked for, as it was written, and the documents that are meant."""

    text: str
    clause: Clause


@dataclass(frozen=True, slots=True)
class _End:
    address: str
    port: int | None


def target(words: Sequence[str]) -> Target:
    """Of one word, or of two ends. Raises ConfigError."""
    text = " ".join(words)
    ends = [_end(word) for word in words]
    if len(words) == _PAIR and ends[0] and ends[1]:
        return Target(text, _any(_way(ends[0], ends[1]), _way(ends[1], ends[0])))
    if len(words) != 1:
        raise ConfigError(f"{text!r} names no connection: {WAYS}")
    if ends[0]:
        return Target(text, _any(_side(ends[0], _SOURCES, "source"), _side(ends[0], _DESTINATIONS, "destination")))
    if _COMMUNITY_ID.fullmatch(text):
        return Target(text, {"term": {"network.community_id": text}})
    if _FLOW_ID.fullmatch(text):
        return Target(text, {"term": {"suricata.eve.flow_id": text}})
    if _DOCUMENT_ID.fullmatch(text):
        return Target(text, {"ids": {"values": [text]}})
    raise ConfigError(f"{text!r} names no connection: {WAYS}")


def _end(word: str) -> _End | None:
    try:
        return _End(str(ip_address(word)), None)
    except ValueError:
        pass
    matched = _ENDS.fullmatch(word)
    if not matched:
        return None
    port = matched["port"] or matched["six_port"]
    try:
        address = str(ip_address(matched["four"] or matched["six"]))
    except ValueError:
        raise ConfigError(f"{word!r} has no IP address before its port") from None
    if port and int(port) > _MOST_PORT:
        raise ConfigError(f"{word!r} has no port: a number up to {_MOST_PORT}")
    return _End(address, int(port) if port else None)


def _way(source: _End, destination: _End) -> Clause:
    sides = _side(source, _SOURCES, "source"), _side(destination, _DESTINATIONS, "destination")
    return {"bool": {"filter": list(sides)}}


def _side(end: _End, paths: Sequence[str], side: str) -> Clause:
    port = [] if end.port is None else [{"term": {f"{side}.port": end.port}}]
    return {"bool": {"filter": [_any(*({"term": {path: end.address}} for path in paths)), *port]}}


def _any(*clauses: Clause) -> Clause:
    return {"bool": {"should": list(clauses), "minimum_should_match": 1}}
