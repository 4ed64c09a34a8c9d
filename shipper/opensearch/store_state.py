"""What the server has of our schema, read for `schema.plan`, `partitions` and the shard sum. Changes nothing."""

from shipper.opensearch.client import Store, segment
from shipper.opensearch.cluster_settings import read_cluster_settings
from shipper.opensearch.leaves import leaves
from shipper.opensearch.schema import Actual
from shipper.opensearch.shards import ShardSum


def read_actual(store: Store, prefix: str) -> Actual:
    """Templates, the mappings of all partitions of a prefix (`GET _mapping`), and cluster settings."""
    components = store.call("GET", f"/_component_template/{segment(prefix)}-component-*", missing={})
    return Actual(
        components={entry["name"]: entry["component_template"] for entry in components.get("component_templates", ())},
        templates=read_templates(store),
        partitions={
            index: leaves(found["mappings"].get("properties", {}))
            for index, found in store.call("GET", f"/{segment(prefix)}-*/_mapping", missing={}).items()
        },
        settings=read_cluster_settings(store),
    )


def read_templates(store: Store) -> dict[str, dict[str, object]]:
    """Every index template by name (`GET _index_template`)."""
    found = store.call("GET", "/_index_template", missing={})
    return {entry["name"]: entry["index_template"] for entry in found.get("index_templates", ())}


def read_shards(store: Store, replicas: int | None = None) -> ShardSum:
    """How many shards are there and how many may be (`_cluster/health`, `cluster.max_shards_per_node`).

    `replicas` as given to `desired`: None is one more copy where there is a second data node.
    """
    health = store.call("GET", "/_cluster/health")
    per_node = int(read_cluster_settings(store).get("cluster.max_shards_per_node", "1000"))
    nodes = int(health["number_of_data_nodes"])
    return ShardSum(
        existing=sum(int(health[key]) for key in ("active_shards", "initializing_shards", "unassigned_shards")),
        limit=per_node * nodes,
        copies=1 + (min(nodes - 1, 1) if replicas is None else replicas),
    )
