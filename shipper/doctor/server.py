"""Looks at OpenSearch: one reading a method, GET and HEAD only. Judges nothing.

Raises Unavailable and Refused, as the store does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

from shipper.errors import Refused
from shipper.opensearch.client import Store, segment
from shipper.opensearch.cluster_settings import ClusterSettings, read_cluster_settings
from shipper.opensearch.desired import datasets, desired, template_name
from shipper.opensearch.partitions import Partitions
from shipper.opensearch.reply import ServerInfo
from shipper.opensearch.schema import Actual, Plan, meta_of, plan
from shipper.opensearch.shards import ShardSum
from shipper.opensearch.store_state import read_actual, read_shards
from shipper.opensearch.units import decode
from shipper.partition import PartitionRule, Unit

# What a shipper or operator reads: (in words, method, path). A partition's name is enough for HEAD: it need not exist.
PROBES = (
    ("cluster health", "GET", "/_cluster/health"),
    ("cluster settings", "GET", "/_cluster/settings"),
    ("node statistics", "GET", "/_nodes/stats/fs"),
    ("component templates", "GET", "/_component_template/{prefix}-component-*"),
    ("index templates", "GET", "/_index_template"),
    ("mappings of partitions", "GET", "/{prefix}-*/_mapping"),
    ("settings of partitions", "GET", "/{prefix}-*/_settings/index.blocks.*"),
    ("names of partitions", "GET", "/_resolve/index/{prefix}-*"),
    ("partitions", "HEAD", "/{prefix}-aws.vpcflow-2000.01"),
)

_DISK = "cluster.routing.allocation.disk."
_CLUSTER_BLOCKS = tuple(f"cluster.blocks.{what}" for what in ("create_index", "read_only", "read_only_allow_delete"))


@dataclass(frozen=True, slots=True)
class Access:
    """Who the server takes us for (None: it has no security), and what we may not read."""

    user: str
    roles: tuple[str, ...] | None
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A node's disk, in bytes."""

    name: str
    holds_data: bool
    total: int
    available: int


@dataclass(frozen=True, slots=True)
class Disks:
    """Nodes, and the marks at which OpenSearch acts on full disks: texts such as "85%" or "50gb"."""

    nodes: tuple[Node, ...]
    enabled: bool
    low: str
    high: str
    flood: str


@dataclass(frozen=True, slots=True)
class Health:
    """The cluster's colour."""

    colour: str
    nodes: int
    unassigned: int


class Server:
    """What one OpenSearch says about one index prefix. What several checks need is asked once."""

    def __init__(self, store: Store, prefix: str, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._prefix = prefix
        self._clock = clock

    @cached_property
    def info(self) -> ServerInfo:
        """Who answers."""
        return self._store.info()

    @cached_property
    def actual(self) -> Actual:
        """Templates and mappings."""
        return read_actual(self._store, self._prefix)

    @cached_property
    def settings(self) -> ClusterSettings:
        """Cluster settings in force."""
        return read_cluster_settings(self._store)

    @cached_property
    def shards(self) -> ShardSum:
        """Shards now."""
        return read_shards(self._store)

    def access(self) -> Access:
        """What this user is and may read."""
        refused = [words for words, method, path in PROBES if self._refused(method, path)]
        # A server without the plugin answers 400: no such path.
        reply = self._store.request("GET", "/_plugins/_security/authinfo")
        told = reply.json() if reply.ok else {}
        roles = tuple(sorted(told.get("roles") or ())) if reply.ok else None
        return Access(str(told.get("user_name", "")), roles, tuple(refused))

    def schema_plan(self, units: Mapping[str, Unit], today: date) -> Plan:
        """What `shipper schema apply` would do."""
        return plan(desired(self._prefix, units=units), self.actual, today=today)

    def writer_refusal(self) -> str:
        """Why a writer would not begin; empty where it would."""
        try:
            Partitions(self._store, self._prefix, clock=self._clock).rules()
        except Refused as refusal:
            return str(refusal)
        return ""

    def rules(self, units: Mapping[str, Unit]) -> tuple[PartitionRule, ...]:
        """How each dataset is cut, or will be where it has no template yet."""
        return tuple(self._rule(dataset, units.get(dataset, Unit.MONTH)) for dataset in datasets())

    def health(self) -> Health:
        """Colour of the whole cluster."""
        told = self._store.call("GET", "/_cluster/health")
        return Health(told["status"], int(told["number_of_nodes"]), int(told["unassigned_shards"]))

    def disks(self) -> Disks:
        """Disks and watermarks."""
        wanted = {"filter_path": "nodes.*.name,nodes.*.roles,nodes.*.fs.total"}
        told = self._store.call("GET", "/_nodes/stats/fs", params=wanted)
        settings = self.settings
        return Disks(
            nodes=tuple(_node(node) for node in told.get("nodes", {}).values() if node.get("fs")),
            enabled=settings.get(f"{_DISK}threshold_enabled", "true") == "true",
            low=settings.get(f"{_DISK}watermark.low", "85%"),
            high=settings.get(f"{_DISK}watermark.high", "90%"),
            flood=settings.get(f"{_DISK}watermark.flood_stage", "95%"),
        )

    def clock_difference(self) -> timedelta:
        """The largest difference between a node's clock and ours, positive where the node is ahead."""
        before = self._clock()
        told = self._store.call("GET", "/_nodes/stats/os", params={"filter_path": "nodes.*.timestamp"})
        here = before + (self._clock() - before) / 2
        moments = (datetime.fromtimestamp(node["timestamp"] / 1000, UTC) for node in told.get("nodes", {}).values())
        return max((moment - here for moment in moments), key=abs, default=timedelta())

    def cluster_blocks(self) -> tuple[str, ...]:
        """Blocks of the whole cluster that are set: create_index, for one, when every disk is too full."""
        settings = self.settings
        return tuple(name for name in _CLUSTER_BLOCKS if settings.get(name, "") == "true")

    def partition_blocks(self) -> dict[str, tuple[str, ...]]:
        """Partition → the `index.blocks.*` that are set on it."""
        path = f"/{segment(self._prefix)}-*/_settings/index.blocks.*"
        told = self._store.call("GET", path, params={"flat_settings": "true", "expand_wildcards": "all"}, missing={})
        found = {index: _set_blocks(body["settings"]) for index, body in told.items()}
        return {index: blocks for index, blocks in sorted(found.items()) if blocks}

    def closed(self) -> tuple[str, ...]:
        """Partitions that are closed."""
        path = f"/_resolve/index/{segment(self._prefix)}-*"
        told = self._store.call("GET", path, params={"expand_wildcards": "all"}, missing={})
        return tuple(entry["name"] for entry in told.get("indices", ()) if "closed" in entry.get("attributes", ()))

    def _refused(self, method: str, path: str) -> bool:
        reply = self._store.request(method, path.format(prefix=segment(self._prefix)))
        return reply.status in {401, 403}

    def _rule(self, dataset: str, unit: Unit) -> PartitionRule:
        name = template_name(self._prefix, dataset)
        meta = meta_of(self.actual.templates.get(name))
        units = decode(name, meta) if meta else ((date(1970, 1, 1), unit),)
        return PartitionRule(self._prefix, dataset, units)


def _node(told: Mapping[str, Any]) -> Node:
    total = told["fs"]["total"]
    return Node(told["name"], "data" in told.get("roles", ()), total["total_in_bytes"], total["available_in_bytes"])


def _set_blocks(settings: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(name.removeprefix("index.blocks.") for name, value in settings.items() if value == "true")
