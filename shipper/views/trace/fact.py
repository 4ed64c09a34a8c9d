"""What an event says, in one line: the protocol's own words. Pure."""

from collections.abc import Callable, Iterator, Mapping
from itertools import zip_longest
from typing import Any, Final

from shipper.views.trace.witness import as_list

Found = Mapping[str, Any]

_MOST: Final = 6
_LONG: Final = 120
# Of every event, and said elsewhere.
_PLUMBING: Final = frozenset({"version", "tx_id", "id", "opcode", "flags"})


def fact(found: Found) -> str:
    """Of an event's document."""
    kind = found["suricata"]["eve"]["event_type"]
    return _line(_WAYS.get(kind, _own)(found))


def _line(parts: Iterator[str]) -> str:
    return ", ".join(part if len(part) <= _LONG else f"{part[: _LONG - 1]}…" for part in parts if part)


def at(found: Found, path: str) -> Any:
    """The value at a dotted path; None where there is none."""
    value: Any = found
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _words(found: Found, *paths: str) -> str:
    return " ".join(str(each) for path in paths for each in as_list(at(found, path)))


def _named(name: str, found: Found, *paths: str) -> str:
    words = _words(found, *paths)
    return f"{name} {words}" if words else ""


def _alert(found: Found) -> Iterator[str]:
    yield f"{_words(found, 'rule.name')} (sid {_words(found, 'rule.id')}, rev {_words(found, 'rule.version')})"
    yield _words(found, "rule.category")
    yield _named("severity", found, "suricata.eve.alert.severity")
    yield _words(found, "event.action")


def _http(found: Found) -> Iterator[str]:
    yield _words(found, "http.request.method", "url.domain", "url.original")
    yield _named("status", found, "http.response.status_code")
    yield _named("body", found, "http.response.body.bytes")
    yield _words(found, "http.response.mime_type")
    yield _named("agent", found, "user_agent.original")


def _dns(found: Found) -> Iterator[str]:
    kind = _words(found, "dns.type")
    yield f"{kind} {_words(found, 'dns.question.name')} {_words(found, 'dns.question.type')}".strip()
    yield _words(found, "dns.response_code")
    yield _named("is", found, "dns.resolved_ip")


def _tls(found: Found) -> Iterator[str]:
    yield _named("to", found, "tls.client.server_name")
    yield _words(found, "tls.version")
    yield _named("certificate", found, "tls.server.subject")
    yield _named("by", found, "tls.server.issuer")
    yield _named("ja4", found, "tls.client.ja4")
    yield _named("ja3", found, "tls.client.ja3")


def _fileinfo(found: Found) -> Iterator[str]:
    yield _words(found, "file.name")
    yield _named("bytes", found, "file.size")
    yield _words(found, "suricata.eve.fileinfo.magic")
    yield _named("sha256", found, "file.hash.sha256")


def _ssh(found: Found) -> Iterator[str]:
    yield _named("client", found, "suricata.eve.ssh.client.software_version")
    yield _named("server", found, "suricata.eve.ssh.server.software_version")
    yield _named("hassh", found, "suricata.eve.ssh.client.hassh.hash")


def _flow(found: Found) -> Iterator[str]:
    yield _words(found, "network.protocol")
    yield _named("state", found, "suricata.eve.flow.state")
    yield _named("ended by", found, "suricata.eve.flow.reason")
    yield _named("TCP flags", found, "suricata.eve.tcp.tcp_flags")
    types = _words(found, "suricata.eve.icmp_type"), _words(found, "suricata.eve.icmp_code")
    yield f"ICMP type {types[0]} code {types[1]}" if types[0] else ""


def _ftp(found: Found) -> Iterator[str]:
    """A command, then what was answered; the greeting answers none."""
    yield _words(found, "suricata.eve.ftp.command", "suricata.eve.ftp.command_data")
    codes, said = (as_list(at(found, f"suricata.eve.ftp.{leaf}")) for leaf in ("completion_code", "reply"))
    yield from (f"{code} {words}".strip() for code, words in zip_longest(codes, said, fillvalue=""))


def _netflow(found: Found) -> Iterator[str]:
    """One way of a flow, which the flow's own event tells of, too."""
    yield _named("packets", found, "source.packets")
    yield _named("bytes", found, "source.bytes")


def _anomaly(found: Found) -> Iterator[str]:
    yield _words(found, "suricata.eve.anomaly.type")
    yield _words(found, "suricata.eve.anomaly.event")


def _own(found: Found) -> Iterator[str]:
    """Any other event: what stands under its own name, the first few."""
    kind = found["suricata"]["eve"]["event_type"]
    below = at(found, f"suricata.eve.{kind}")
    said = [(name, value) for name, value in _leaves(below) if name not in _PLUMBING] if below else []
    said += [("user", each) for each in as_list(at(found, "user.name"))]
    said += [("file", each) for each in as_list(at(found, "file.name"))]
    yield from (f"{name} {value}" for name, value in said[:_MOST])


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(each, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        plain = [str(each) for each in value if not isinstance(each, (Mapping, list))]
        if plain:
            yield name, " ".join(plain)
        for each in value:
            if isinstance(each, Mapping):
                yield from _leaves(each, name)
    else:
        yield name, str(value)


_WAYS: Final[Mapping[str, Callable[[Found], Iterator[str]]]] = {
    "alert": _alert,
    "anomaly": _anomaly,
    "dns": _dns,
    "fileinfo": _fileinfo,
    "flow": _flow,
    "ftp": _ftp,
    "http": _http,
    "netflow": _netflow,
    "quic": _tls,
    "ssh": _ssh,
    "tls": _tls,
}
