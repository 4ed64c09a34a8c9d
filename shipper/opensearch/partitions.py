"""Partitions exist before their first document, made from our template: auto-creation is never relied on.

Nothing is written where the template is missing, older than this code, or overruled by somebody else's.
"""

from collections import deque
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from shipper.errors import Refused, Unavailable
from shipper.opensearch.bulk import Item
from shipper.opensearch.client import Store, segment
from shipper.opensearch.desired import PRIORITY, SCHEMA_VERSION, datasets, template_name
from shipper.opensearch.schema import dataset_of, meta_of, shadows
from shipper.opensearch.store_state import read_templates
from shipper.opensearch.units import decode
from shipper.partition import PartitionRule

ALLOW_PARTITIONS = 100
_AT_ONCE = 50  # names in a path; a request's first line may have 4,096 bytes
TOO_MANY_NEW = "too_many_new_partitions"
"""Our own reason (an error type that OpenSearch does not have) for not making a partition now."""

_HOUR = timedelta(hours=1)
# Answers to `PUT /index` that are about the cluster's state at this moment: its shard limit, its blocks.
_NOT_NOW = frozenset({"validation_exception", "cluster_block_exception", "index_create_block_exception"})
_APPLY = "run `shipper schema apply`"


class Partitions:
    """Makes sure of partitions, for any number of threads. At most `allow_partitions` new ones within an hour."""

    def __init__(
        self, store: Store, prefix: str, *, clock: Callable[[], datetime], allow_partitions: int = ALLOW_PARTITIONS
    ) -> None:
        self._store = store
        self._prefix = prefix
        self._clock = clock
        self._allowed = allow_partitions
        self._known: frozenset[str] = frozenset()
        self._made: deque[datetime] = deque()
        self._rules: Mapping[str, PartitionRule] = {}
        self._lock = Lock()

    def rules(self) -> Mapping[str, PartitionRule]:
        """How each dataset is cut, from the live templates. Raises Refused where one is missing, old or overruled."""
        self._rules = self._read_rules()
        return self._rules

    def ensure(self, indices: Collection[str]) -> Mapping[str, Item]:
        """Make these exist. Gives those that cannot be made now, with the reason; empty when all are there.

        Raises Unavailable, or Refused: no permission, no fitting template, or units that changed since `rules`.
        """
        missing = set(indices) - self._known
        if not missing:
            return {}
        with self._lock:
            return self._make(sorted(missing - self._known))

    def forget(self, indices: Collection[str]) -> None:
        """These may be gone: look again before the next document."""
        with self._lock:
            self._known -= set(indices)

    def refresh(self) -> None:
        """What was written to those made sure of is found by searches from now on (OpenSearch API, "Refresh index").

        Best effort: the store does it by itself within `index.refresh_interval`, a second unless somebody changed it.
        """
        known = sorted(self._known)
        with suppress(Unavailable, Refused):
            for begin in range(0, len(known), _AT_ONCE):
                names = ",".join(map(segment, known[begin : begin + _AT_ONCE]))
                self._store.request("POST", f"/{names}/_refresh", params={"ignore_unavailable": "true"})

    def _make(self, missing: list[str]) -> dict[str, Item]:
        absent = [index for index in missing if not self._exists(index)]
        if absent or not self._known:
            self._check(missing)
        refused = {index: item for index in absent if (item := self._create(index))}
        self._known |= set(missing) - set(refused)
        return refused

    def _exists(self, index: str) -> bool:
        reply = self._store.request("HEAD", f"/{segment(index)}")
        if reply.ok or reply.status == 404:
            return reply.ok
        raise self._store.failure("HEAD", f"/{index}", reply)

    def _create(self, index: str) -> Item | None:
        now = self._clock()
        while self._made and self._made[0] <= now - _HOUR:
            self._made.popleft()
        if len(self._made) >= self._allowed:
            return Item(
                429,
                TOO_MANY_NEW,
                f"{index} would be more than {self._allowed} new partitions within an hour: are the records' times "
                "right? If they are, use --allow-partitions N, or wait",
            )
        return self._put(index, now)

    def _put(self, index: str, now: datetime) -> Item | None:
        path = f"/{segment(index)}"
        reply = self._store.request("PUT", path)
        kind, reason = ("", "") if reply.ok else reply.error()
        if reply.ok:
            self._made.append(now)
        if reply.ok or kind == "resource_already_exists_exception":
            return None
        if kind in _NOT_NOW:
            return Item(reply.status, kind, reason)
        raise self._store.failure("PUT", path, reply)

    def _check(self, indices: list[str]) -> None:
        """The templates fit, and cut time as they did when the rules were read."""
        rules = self._read_rules()
        for index in indices:
            dataset = dataset_of(self._prefix, index, rules)
            if dataset is None:
                raise Refused(f"{index} is no partition of a dataset with prefix {self._prefix}")
            if self._rules and self._rules[dataset] != rules[dataset]:
                raise Refused(f"the partition unit of {dataset} was changed while this ran: start it again")

    def _read_rules(self) -> dict[str, PartitionRule]:
        templates = read_templates(self._store)
        return {dataset: self._rule(dataset, templates) for dataset in datasets()}

    def _rule(self, dataset: str, templates: Mapping[str, Mapping[str, Any]]) -> PartitionRule:
        name = template_name(self._prefix, dataset)
        meta = meta_of(templates.get(name))
        if meta is None:
            raise Refused(f"{self._store.url} has no index template {name} of ours: {_APPLY}")
        if int(meta.get("schema_version", 0)) < SCHEMA_VERSION:
            raise Refused(f"index template {name} is of schema version {meta.get('schema_version')}, "
                          f"this program needs {SCHEMA_VERSION}: {_APPLY}")  # fmt: skip
        others = shadows(self._prefix, dataset, templates)
        if others:
            raise Refused(f"index template {others[0]} overrules {name}: give it a priority below {PRIORITY}")
        return PartitionRule(self._prefix, dataset, decode(name, meta))
