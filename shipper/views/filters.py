"""What narrows a question: `--src 10.0.0.0/8 --port 22 …` as clauses of a search, all of which must hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Final

from shipper.errors import ConfigError

Clause = dict[str, Any]

ACCEPTED: Final[Clause] = {"term": {"event.action": "accept"}}
REFUSED: Final[Clause] = {"term": {"event.action": "reject"}}

_MOST_PORT = 65_535
_MOST_PROTOCOL = 255


@dataclass(frozen=True, slots=True)
class Filter:
    """One option: what may be given, and the clause it becomes (OpenSearch API, "Query DSL")."""

    meaning: str
    clause: Callable[[str], Clause]


def _term(path: str, *, lower: bool = False) -> Callable[[str], Clause]:
    return lambda text: {"term": {path: text.lower() if lower else text}}


def _address(path: str) -> Callable[[str], Clause]:
    """`related.ip` holds it too, and is where addresses have an index (ADR 26)."""

    def clause(text: str) -> Clause:
        try:
            ip_network(text, strict=False)
        except ValueError:
            raise ConfigError(f"{text!r} is neither an address nor a network such as 10.0.0.0/8") from None
        return {"bool": {"filter": [{"term": {"related.ip": text}}, {"term": {path: text}}]}}

    return clause


def _port(text: str) -> Clause:
    return {"term": {"server.port": _number(text, "port", _MOST_PORT)}}


def _protocol(text: str) -> Clause:
    if text.isdecimal():
        return {"term": {"network.iana_number": str(_number(text, "protocol", _MOST_PROTOCOL))}}
    return {"term": {"network.transport": text.lower()}}


def _action(text: str) -> Clause:
    if text.lower() not in ("accept", "reject"):
        raise ConfigError(f"{text!r} is no action: accept or reject")
    return {"term": {"event.action": text.lower()}}


def _number(text: str, what: str, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= most):
        raise ConfigError(f"{text!r} is no {what}: a number up to {most}")
    return int(text)


FILTERS: Final[Mapping[str, Filter]] = {
    "src": Filter("who sent: an address or network", _address("source.ip")),
    "dst": Filter("who received: an address or network", _address("destination.ip")),
    "port": Filter("the server's port, whichever way a record goes", _port),
    "proto": Filter("tcp, udp, icmp … or a number", _protocol),
    "action": Filter("accept or reject", _action),
    "vpc": Filter("VPC id", _term("aws.vpcflow.vpc_id")),
    "eni": Filter("interface id", _term("aws.vpcflow.interface_id")),
    "instance": Filter("instance id", _term("cloud.instance.id")),
}
"""By the option's name."""

FLOW_FILTERS: Final = frozenset(FILTERS)
"""What flow logs can be asked by."""

ALERT_FILTERS: Final = frozenset({"src", "dst", "port", "proto"})
"""What alerts can be asked by."""


def clauses(given: Mapping[str, str], taken: frozenset[str], question: str) -> tuple[Clause, ...]:
    """The given filters as clauses. Raises ConfigError for one that the question does not take, or no value of it."""
    for name in given:
        if name not in taken:
            known = ", ".join(f"--{each}" for each in FILTERS if each in taken) or "none"
            raise ConfigError(f"{question} cannot be narrowed by --{name}; by: {known}")
    return tuple(FILTERS[name].clause(text) for name, text in given.items())
