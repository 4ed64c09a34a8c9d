"""What AWS documents of traffic mirroring, as data: each rule in words, with its page; without one it is a guess.

Both the plan of `shipper mirror` and the EC2 endpoint for tests name these rules in their messages. Read on 2026-11-21.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_PAGES: Final = "https://docs.aws.amazon.com/"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in words; `page` is below docs.aws.amazon.com, empty for a guess."""

    text: str
    page: str = ""

    @property
    def url(self) -> str:
        """Its page; empty for a guess."""
        return f"{_PAGES}{self.page}" if self.page else ""

    def __str__(self) -> str:
        return f"{self.text} ({self.url or 'a guess: no AWS page says so'})"


_QUOTAS = "vpc/latest/mirroring/traffic-mirroring-quotas.html"
_LIMITATIONS = "vpc/latest/mirroring/traffic-mirroring-network-limitations.html"
_SESSIONS = "vpc/latest/mirroring/traffic-mirroring-sessions.html"
_TARGETS = "vpc/latest/mirroring/traffic-mirroring-targets.html"
_FILTERS = "vpc/latest/mirroring/traffic-mirroring-filters.html"
_FORMATS = "vpc/latest/mirroring/traffic-mirroring-packet-formats.html"
_CONNECTION = "vpc/latest/mirroring/traffic-mirroring-connection.html"
_SHARED = "vpc/latest/mirroring/cross-account-traffic-mirroring-targets.html"
_API = "AWSEC2/latest/APIReference/"

RULES: Final[Mapping[str, Rule]] = MappingProxyType({
    "sessions-per-interface": Rule("a network interface is the source of at most 3 sessions", _QUOTAS),
    "rules-per-filter": Rule("a filter has at most 10 rules", _QUOTAS),
    "sessions": Rule("an account has at most 10,000 sessions", _QUOTAS),
    "targets": Rule("an account has at most 10,000 targets", _QUOTAS),
    "filters": Rule("an account has at most 10,000 filters", _QUOTAS),
    "sources-per-target": Rule(
        "a network interface as target takes 10 sources, 100 on the largest instance sizes; load balancers any number",
        _QUOTAS,
    ),
    "one-target": Rule(
        "a target is exactly one of a network interface, a Network Load Balancer and a Gateway Load Balancer endpoint",
        _API + "API_CreateTrafficMirrorTarget.html",
    ),
    "not-both": Rule("a network interface cannot be source and target at once", _SESSIONS),
    "source-type": Rule("a source is a network interface of type interface", _TARGETS),
    "instance-types": Rule("not every instance type can be a source", _SESSIONS),
    "no-ipv6-only": Rule("sources in IPv6-only subnets are not mirrored", _LIMITATIONS),
    "never-mirrored": Rule("ARP, DHCP, instance metadata, NTP and Windows activation are never mirrored", _LIMITATIONS),
    "session-number": Rule("a session number is from 1 to 32766", _API + "API_CreateTrafficMirrorSession.html"),
    "session-number-once": Rule("a session number is used once on a network interface"),
    "first-session": Rule(
        "each packet is mirrored once, by the session with the lowest number whose filter takes it", _SESSIONS
    ),
    "packet-length": Rule(
        "a packet length is from 1 to 8500; a session with a load balancer as target has 8500 if none is given",
        _SESSIONS,
    ),
    "vni": Rule("a VNI has 24 bits", _API + "API_CreateTrafficMirrorSession.html"),
    "vni-once": Rule("a VNI given to two sessions of one account is refused"),
    "empty-filter": Rule(
        "a filter without rules mirrors nothing; without rules of a direction nothing of it", _FILTERS
    ),
    "first-rule": Rule("rules are tried by number, lowest first; the first that fits decides", _FILTERS),
    "rule-number-once": Rule("a rule number is used once in each direction of a filter", _FILTERS),
    "one-family": Rule("source and destination of a rule are of one address family", _FILTERS),
    "ports-need-protocol": Rule("port ranges are for protocols 6 (TCP) and 17 (UDP), in the same request", _FILTERS),
    "network-services": Rule("the one network service of a filter is amazon-dns", _FILTERS),
    "filter-in-use": Rule("a filter that a session uses is not deleted", _API + "errors-overview.html"),
    "target-in-use": Rule("a target that a session uses is not deleted", _API + "errors-overview.html"),
    "rules-go-along": Rule("a deleted filter takes its rules along"),
    "interface-gone": Rule("a deleted network interface takes its sessions along", _SESSIONS),
    "client-token": Rule(
        "the same client token gives the same answer again, other parameters with it are refused",
        "ec2/latest/devguide/ec2-api-idempotency.html",
    ),
    "token-of-the-deleted": Rule("a client token is good for a day, and replayed after what it made was deleted"),
    "eventual": Rule("what was just made may not be seen yet", "ec2/latest/devguide/eventual-consistency.html"),
    "throttling": Rule("requests beyond a rate are refused", "ec2/latest/devguide/ec2-api-throttling.html"),
    "security-group": Rule(
        "the target's security group and network ACL must let UDP 4789 in from the sources", _CONNECTION
    ),
    "load-balancer": Rule(
        "a Network Load Balancer needs a UDP listener on port 4789, a health check by TCP or HTTP, and cross-zone "
        "balancing in two zones",
        _TARGETS,
    ),
    "mtu": Rule(
        "a source's MTU should be 54 bytes (IPv4) or 74 (IPv6) below the target's, at most 8947, or packets are cut",
        _FORMATS,
    ),
    "skipped": Rule(
        "under congestion production traffic goes first, and packets are not mirrored",
        "vpc/latest/mirroring/traffic-mirror-cloudwatch.html",
    ),
    "shared-target": Rule("a target of another account is shared through AWS RAM; its owner sees sessions", _SHARED),
    "max-results": Rule("a page has 5 to 1000 results", _API + "API_DescribeTrafficMirrorSessions.html"),
    "known-filters": Rule("a describe call refuses filter names that its page does not list"),
})  # fmt: skip

SESSION_NUMBERS: Final = range(1, 32767)
PACKET_LENGTHS: Final = range(1, 8501)


@dataclass(frozen=True, slots=True)
class Limits:
    """Traffic mirroring quotas; none can be raised. Service Quotas does not tell them, so they are data."""

    sessions_per_interface: int = 3
    rules_per_filter: int = 10
    sessions: int = 10_000
    targets: int = 10_000
    filters: int = 10_000
    sources_per_target: int = 10
    sources_per_large_target: int = 100
