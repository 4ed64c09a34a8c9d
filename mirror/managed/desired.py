"""What is wanted: the desired-state file, a TOML text, checked. Pure: text in, frozen wishes out.

Raises BadDesired, which names the key. Rules that AWS has (numbers, families, ranges) are checked here already, with
their page, so that a wrong file changes nothing.
"""

from collections.abc import Mapping
from ipaddress import ip_network
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from aws.mirror_rules import RULES, Limits
from mirror.errors import BadDesired
from mirror.managed.model import Rule
from mirror.managed.presets import ANYWHERE, PRESETS
from mirror.strict_toml import Strict, read_toml

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Ports = Annotated[str, Field(pattern=r"^\d{1,5}(-\d{1,5})?$")]
_PROTOCOLS = {"all": 0, "icmp": 1, "tcp": 6, "udp": 17, "icmpv6": 58}
BAND = 100
"""Session numbers of a policy: so many from its first one on."""
_FIRST_BAND = 1000
INCIDENTS = 20_000
"""From here on numbers are `mirror start`'s: a permanent session has the lower number and so gets its packets."""
START = "start"
"""The plan that owns what `mirror start` makes."""


class TargetWish(Strict):
    """Where packets go: exactly one of these. `target_id` names one that is not made here, such as a shared one."""

    network_interface: str = ""
    load_balancer: str = ""
    gateway_endpoint: str = ""
    target_id: str = ""
    capacity: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(map(bool, (self.network_interface, self.load_balancer, self.gateway_endpoint, self.target_id))) != 1:
            raise ValueError(
                f"name one of network_interface, load_balancer, gateway_endpoint, target_id: {RULES['one-target']}"
            )
        return self

    @property
    def kind(self) -> str:
        """As the API calls it; empty for one that is not made here."""
        kinds = {
            "network-interface": self.network_interface,
            "network-load-balancer": self.load_balancer,
            "gateway-load-balancer-endpoint": self.gateway_endpoint,
        }
        return next((kind for kind, ref in kinds.items() if ref), "")

    @property
    def ref(self) -> str:
        """What it is made of."""
        return self.network_interface or self.load_balancer or self.gateway_endpoint


class RuleWish(Strict):
    """One rule; its place in the file is its place in the filter."""

    direction: Literal["ingress", "egress", "both"] = "both"
    action: Literal["accept", "reject"] = "accept"
    protocol: Literal["all", "icmp", "tcp", "udp", "icmpv6"] | Annotated[int, Field(ge=0, le=255)] = "all"
    source: str = ""
    destination: str = ""
    source_ports: Ports | None = None
    destination_ports: Ports | None = None
    description: str = ""

    def rules(self, number: int) -> tuple[Rule, ...]:
        """As rules, in both families where no network is named. Raises ValueError."""
        protocol = self.protocol if isinstance(self.protocol, int) else _PROTOCOLS[self.protocol]
        if (self.source_ports or self.destination_ports) and protocol not in {6, 17}:
            raise ValueError(str(RULES["ports-need-protocol"]))
        ports = (_ports(self.source_ports), _ports(self.destination_ports))
        directions = ("ingress", "egress") if self.direction == "both" else (self.direction,)
        return tuple(
            Rule(direction, number + family, self.action, source, destination, protocol, *ports, self.description)
            for family, (source, destination) in enumerate(self._networks())
            for direction in directions
        )

    def _networks(self) -> tuple[tuple[str, str], ...]:
        if not self.source and not self.destination:
            return tuple((network, network) for network in ANYWHERE)
        given = ip_network(self.source or self.destination)
        other = ANYWHERE[0 if given.version == 4 else 1]
        pair = (str(ip_network(self.source)) if self.source else other, self.destination or other)
        if ip_network(pair[0]).version != ip_network(pair[1]).version:
            raise ValueError(str(RULES["one-family"]))
        return ((pair[0], str(ip_network(pair[1]))),)


class FilterWish(Strict):
    """What is mirrored: a preset or rules; `amazon_dns` adds queries to Amazon's resolver."""

    preset: Literal["", "everything", "tls-and-dns", "no-local-chatter"] = ""
    local: tuple[str, ...] = ()
    rules: tuple[RuleWish, ...] = ()
    amazon_dns: bool = False

    @model_validator(mode="after")
    def _within_limits(self) -> Self:
        if self.preset and self.rules:
            raise ValueError("preset and rules exclude each other")
        if bool(self.local) != (self.preset == "no-local-chatter"):
            raise ValueError("preset no-local-chatter and the networks in local go together")
        count, most = len(self.as_rules()), Limits().rules_per_filter
        if count > most:
            raise ValueError(f"these are {count} rules at AWS: {RULES['rules-per-filter']}")
        return self

    def as_rules(self) -> tuple[Rule, ...]:
        """The rules at AWS."""
        if self.preset:
            return PRESETS[self.preset](tuple(str(ip_network(each)) for each in self.local))
        return tuple(rule for number, wish in enumerate(self.rules, 1) for rule in wish.rules(number * 10))


class Selector(Strict):
    """Interfaces: all that is named must fit, and of a list one of it. Tags are the instance's or the interface's."""

    tags: Mapping[str, str] = Field(default_factory=dict)
    vpcs: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is named."""
        return not any((self.tags, self.vpcs, self.subnets, self.interfaces, self.instances))


class PolicyWish(Strict):
    """Which interfaces are mirrored where. The first target with room is taken, one in the same zone before others."""

    targets: tuple[str, ...] = Field(min_length=1)
    filter: str
    select: Selector
    exclude: Selector = Selector()
    packet_length: int = Field(0, ge=0, le=8500)
    first_number: int = Field(0, ge=0, le=32_767 - BAND)


class Desired(Strict):
    """A whole file. `plan` names it in tags: two files with one name would fight."""

    plan: Name
    targets: Mapping[Name, TargetWish] = Field(default_factory=dict)
    filters: Mapping[Name, FilterWish] = Field(default_factory=dict)
    sessions: Mapping[Name, PolicyWish] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _references(self) -> Self:
        for name, policy in self.sessions.items():
            if unknown := [target for target in policy.targets if target not in self.targets]:
                raise ValueError(f"sessions.{name}.targets: there is no [targets.{unknown[0]}]")
            if policy.filter not in self.filters:
                raise ValueError(f"sessions.{name}.filter: there is no [filters.{policy.filter}]")
            if policy.select.empty:
                raise ValueError(f"sessions.{name}.select: name tags, vpcs, subnets, interfaces or instances")
        self._check_bands()
        return self

    def band(self, policy: str) -> range:
        """The session numbers of a policy: as given, else by its place in the file."""
        given = self.sessions[policy].first_number
        first = given or _FIRST_BAND + BAND * [*self.sessions].index(policy)
        return range(first, first + BAND)

    def _check_bands(self) -> None:
        bands = sorted((self.band(name).start, name) for name in self.sessions)
        for (one, name), (other, following) in pairwise(bands):
            if other < one + BAND:
                raise ValueError(f"sessions.{name} and sessions.{following} share session numbers: set first_number")
        if bands and bands[-1][0] + BAND > INCIDENTS and self.plan != START:
            raise ValueError(f"sessions.{bands[-1][1]}.first_number: numbers from {INCIDENTS} on are `mirror start`'s")


def read_desired(text: str) -> Desired:
    """The wishes of a file. Raises BadDesired."""
    desired = read_toml(text, Desired, BadDesired)
    if desired.plan == START:
        raise BadDesired(f"plan: {START} is what `mirror start` owns: choose another name")
    return desired


def _ports(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    first, _, last = text.partition("-")
    ports = (int(first), int(last or first))
    if not ports[0] <= ports[1] <= 65535:
        raise ValueError(f"{text} is no range of ports")
    return ports
