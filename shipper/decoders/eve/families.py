"""Leaves that families derive from their own values: by event type, a function that adds to the document.

Values have passed their table; a function looks at types again only where a key may be missing or a list.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from shipper.decoders.addresses import packed_address
from shipper.decoders.eve.values import cve

_OUTCOMES: Final = {"allowed": "allowed", "blocked": "denied"}
_DNS_FLAGS: Final = (("aa", "AA"), ("tc", "TC"), ("rd", "RD"), ("ra", "RA"))


def alert(document: dict[str, Any], event: dict[str, Any]) -> None:
    """Suricata's severity 1 is the highest: 0 to 100 beside it, CVE names as everybody writes them."""
    told, own = document["event"], event.get("alert")
    severity = own.get("severity") if own else None
    if type(severity) is int:
        told["severity"] = max(1, min(100, 91 - 20 * (severity - 1)))
    action = told.get("action")
    if type(action) is str and action in _OUTCOMES:
        told["type"] = [_OUTCOMES[action]]
    names = document.get("vulnerability", {}).get("id")
    if names is not None:
        found = [cve(name) for name in (names if isinstance(names, list) else [names])]
        document["vulnerability"]["id"] = list(dict.fromkeys(name for name in found if name))
    if event.get("dns"):
        dns(document, event)


def dns(document: dict[str, Any], event: dict[str, Any]) -> None:
    """The question wherever the version puts it, header flags by name, and every address among the answers."""
    own = event.get("dns", {})
    found = document.setdefault("dns", {})
    questions = own.get("queries") or own.get("query")
    answer = own.get("answer") or own
    if "question" not in found and questions:
        found["question"] = {
            name: _one_or_all([each[key] for each in questions if key in each])
            for name, key in (("name", "rrname"), ("type", "rrtype"))
        }
    flags = [name for key, name in _DNS_FLAGS if answer.get(key) is True]
    if flags:
        found["header_flags"] = flags
    addresses = list(dict.fromkeys(_addresses(answer)))
    if addresses:
        found["resolved_ip"] = addresses
    if not found:
        del document["dns"]


def _addresses(own: Mapping[str, Any]) -> Iterator[str]:
    for each in own.get("answers", ()):
        if each.get("rrtype") in ("A", "AAAA"):
            yield from _addresses_in(each.get("rdata"))
    grouped = own.get("grouped", {})
    for key in ("a", "aaaa"):
        yield from _addresses_in(grouped.get(key))
    yield from _addresses_in(own.get("rdata"))


def _addresses_in(value: Any) -> Iterator[str]:
    """A leaf may hold one value or a list of them."""
    for each in value if type(value) is list else (value,):
        if type(each) is str and packed_address(each) is not None:
            yield each


def _one_or_all(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


DERIVED: Final[Mapping[str, Callable[[dict[str, Any], dict[str, Any]], None]]] = {
    "alert": alert,
    "dns": dns,
}
