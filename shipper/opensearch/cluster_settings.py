"""Cluster settings, as they are in force (`GET _cluster/settings`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from shipper.opensearch.client import Store

Level = Literal["transient", "persistent"]


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """Flat names → texts, by level: transient goes before persistent, and that before defaults.

    `defaults` hold what a node's own file sets, too.
    """

    transient: Mapping[str, str] = field(default_factory=dict)
    persistent: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str, otherwise: str) -> str:
        """The value in force; `otherwise` where the server tells of none."""
        levels = (self.transient, self.persistent, self.defaults)
        return next((level[name] for level in levels if level.get(name)), otherwise)

    def level(self, name: str) -> Level:
        """Where it must be set to be in force."""
        return "transient" if name in self.transient else "persistent"


def read_cluster_settings(store: Store) -> ClusterSettings:
    """All of them. Raises Unavailable and Refused, as the store does."""
    told = store.call("GET", "/_cluster/settings", params={"include_defaults": "true", "flat_settings": "true"})
    return ClusterSettings(*(_texts(told.get(level, {})) for level in ("transient", "persistent", "defaults")))


def _texts(told: Mapping[str, object]) -> dict[str, str]:
    return {name: ",".join(map(str, value)) if isinstance(value, list) else str(value) for name, value in told.items()}
