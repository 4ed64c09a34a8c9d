"""What GuardDuty said of a connection's machines, and what was decided about mirroring them. Pure.

In: a connection, search hits of `aws.guardduty` and `mirror.decision`. Out: clauses of searches, and notices.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any, Final

from shipper.views.filters import Clause
from shipper.views.networks import PRIVATE
from shipper.views.trace.connection import Connection
from shipper.views.trace.fact import at
from shipper.views.trace.witness import Hit, as_list, told_at

FINDINGS: Final = "aws.guardduty"
DECISIONS: Final = "mirror.decision"

_NETWORKS: Final = tuple(map(ip_network, PRIVATE))


@dataclass(frozen=True, slots=True)
class Notice:
    """A finding, or a decision. `places`: the machines and interfaces that it names."""

    id: str
    at: datetime
    kind: str
    text: str
    places: tuple[str, ...]
    found: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Subjects:
    """What a finding may name of a connection. Addresses alone say little: networks may use the same ones."""

    interfaces: frozenset[str]
    instances: frozenset[str]
    sessions: frozenset[str]
    addresses: frozenset[str]

    @property
    def findings(self) -> Clause:
        """Of these, and some more: `named` tells them apart."""
        return _any({
            "aws.guardduty.eni": self.interfaces,
            "aws.guardduty.instance": self.instances,
            "related.ip": self.addresses,
        })  # fmt: skip

    def decisions(self, findings: Collection[str]) -> Clause:
        """About the machines, their sessions, or these findings."""
        return _any({
            "flowtap.mirror.eni": self.interfaces,
            "cloud.instance.id": self.instances,
            "flowtap.mirror.session_id": self.sessions,
            "flowtap.decision.finding": findings,
        })  # fmt: skip

    def named(self, hit: Hit) -> bool:
        """Whether a finding is about them: by interface or instance; by address where that is one machine's only.

        A private address counts where no interface and no instance of the connection is known.
        """
        own = hit["_source"].get("aws", {}).get("guardduty", {})
        if self.interfaces & {*as_list(own.get("eni"))} or self.instances & {*as_list(own.get("instance"))}:
            return True
        shared = self.addresses & {*as_list(at(hit["_source"], "related.ip"))}
        return any(not (self.interfaces or self.instances) or _everywhere_one(each) for each in shared)


def subjects(connection: Connection) -> Subjects:
    """Of a connection's documents."""
    interfaces = {each.place for each in connection.records} | {each.interface for each in connection.events}
    named = [each.found for each in connection.witnesses]
    return Subjects(
        frozenset(filter(None, interfaces)),
        frozenset(filter(None, (at(found, "cloud.instance.id") for found in named))),
        frozenset(filter(None, (at(found, "flowtap.mirror.session_id") for found in named))),
        frozenset(end.address for each in connection.witnesses for end in (each.source, each.destination)),
    )


def ids(findings: Sequence[Hit]) -> list[str]:
    """GuardDuty's own ids: a finding that comes again is another document."""
    return sorted({at(hit["_source"], "aws.guardduty.id") or "" for hit in findings} - {""})


def notices(findings: Sequence[Hit], decisions: Sequence[Hit]) -> tuple[Notice, ...]:
    """In the order of time."""
    named = ("aws.guardduty.instance", "aws.guardduty.eni")
    made = [_notice(hit, "GuardDuty", _finding(hit["_source"]), named) for hit in findings]
    named = ("cloud.instance.id", "flowtap.mirror.eni")
    made += [_notice(hit, "mirroring", _decision(hit["_source"]), named) for hit in decisions]
    return tuple(sorted(made, key=lambda each: (each.at, each.kind, each.id)))


def _notice(hit: Hit, kind: str, text: Iterator[str], named: Sequence[str]) -> Notice:
    found = hit["_source"]
    places = tuple(str(each) for path in named for each in as_list(at(found, path)))
    return Notice(hit["_id"], told_at(found), kind, ", ".join(filter(None, text)), places, found)


def _finding(found: Mapping[str, Any]) -> Iterator[str]:
    own = at(found, "aws.guardduty") or {}
    yield str(own.get("type", ""))
    yield f"severity {own['severity']:g}" if "severity" in own else ""
    yield str(own.get("title") or "").rstrip(".")
    yield f"domain {own['domain']}" if own.get("domain") else ""
    yield f"{own['count']:,} times" if own.get("count", 1) > 1 else ""
    yield from (word for word in ("sample", "archived") if own.get(word))
    yield f"finding {own['id']}" if own.get("id") else ""


def _decision(found: Mapping[str, Any]) -> Iterator[str]:
    own = at(found, "flowtap.decision") or {}
    yield f"{at(found, 'event.action')} ({own.get('reason', '')}): {at(found, 'event.reason')}"
    session = at(found, "flowtap.mirror.session_id")
    yield f"session {session}" if session else ""
    yield f"for finding {own['finding']}" if own.get("finding") else ""
    yield "dry run" if own.get("dry_run") else ""


def _everywhere_one(address: str) -> bool:
    """Whether an address is not one that networks use as they please."""
    own = ip_address(address)
    return not any(own in network for network in _NETWORKS if network.version == own.version)


def _any(terms: Mapping[str, Collection[str]]) -> Clause:
    wanted = [{"terms": {path: sorted(values)}} for path, values in terms.items()]  # no value fits nothing
    return {"bool": {"should": wanted, "minimum_should_match": 1}}
