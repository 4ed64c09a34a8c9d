"""What there is at AWS, as far as mirroring is concerned: frozen. Ids are AWS's; absent texts are empty."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from aws.balancer import Balancer
from mirror.managed.instance_types import KNOWN, InstanceTypes

Tags = Mapping[str, str]
NO_TAGS: Final[Tags] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface, with what its instance and its subnet say."""

    eni: str
    kind: str = "interface"
    address: str = ""
    account: str = ""
    vpc: str = ""
    subnet: str = ""
    zone: str = ""
    groups: tuple[str, ...] = ()
    tags: Tags = field(default_factory=dict)
    instance: str = ""
    instance_type: str = ""
    instance_tags: Tags = field(default_factory=dict)
    only_ipv6: bool = False
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """Where packets go. `ref` is the interface, the load balancer's ARN or the endpoint."""

    id: str
    kind: str
    ref: str
    owner: str = ""
    tags: Tags = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a filter; protocol 0 is all. Ports are (from, to), None for all."""

    direction: str
    number: int
    action: str
    source: str
    destination: str
    protocol: int = 0
    source_ports: tuple[int, int] | None = None
    destination_ports: tuple[int, int] | None = None
    description: str = ""
    id: str = ""

    @property
    def place(self) -> tuple[str, int]:
        """Where it stands: direction and number."""
        return self.direction, self.number


@dataclass(frozen=True, slots=True)
class Filter:
    """What is mirrored."""

    id: str
    rules: tuple[Rule, ...] = ()
    amazon_dns: bool = False
    tags: Tags = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Session:
    """Who is mirrored where. `packet_length` 0 is whole packets."""

    id: str
    eni: str
    target: str
    filter: str
    number: int
    vni: int
    owner: str = ""
    packet_length: int = 0
    tags: Tags = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything of one account and region. `open_groups`: security groups that let UDP 4789 in, with from where."""

    account: str
    arn: str
    region: str
    interfaces: Mapping[str, Interface] = field(default_factory=dict)
    targets: tuple[Target, ...] = ()
    filters: tuple[Filter, ...] = ()
    sessions: tuple[Session, ...] = ()
    open_groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    analysers: frozenset[str] = frozenset()
    """Interfaces and instances behind load balancers that are targets, as far as they could be seen."""
    balancers: Mapping[str, Balancer] = field(default_factory=dict)
    """Network load balancers that are wanted as targets, as far as they could be seen, by ARN."""
    looked_behind: frozenset[str] = frozenset()
    """Targets, by `ref`, whose members were looked up."""
    types: InstanceTypes = KNOWN
    """What is known of instance types."""
    doubts: tuple[str, ...] = ()
    """What could not be looked at, and so was not judged."""
