"""Parts put together from settings: the one place where a store, its partitions and a state directory meet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shipper.catalog import KINDS, DecoderParts
from shipper.decoders.eve.sessions import MirrorSessions
from shipper.interfaces import Decoder, Wait
from shipper.inventory import InventoryFile, ignore
from shipper.model import RecordKind
from shipper.opensearch.client import Store
from shipper.opensearch.gate import Gate
from shipper.opensearch.partitions import ALLOW_PARTITIONS, Partitions
from shipper.opensearch.sink import OpenSearchSink
from shipper.partition import PartitionRule
from shipper.settings import Settings


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What comes from outside the process, so that tests can hand in their own."""

    clock: Callable[[], datetime]
    random: Callable[[], float]
    wait: Wait


@dataclass(frozen=True, slots=True)
class Opened:
    """A store that is ready to be written to. `target` names it in checkpoints: its cluster and the index prefix.

    `another` makes one more sink for a stream of its own, whose waiting is cut short by the wait given: all share the
    partitions and how many requests the store gets at the same time.
    """

    target: str
    rules: Mapping[str, PartitionRule]
    partitions: Partitions
    sink: OpenSearchSink
    another: Callable[[Wait], OpenSearchSink]


def open_store(
    store: Store, settings: Settings, surroundings: Surroundings, allow_partitions: int = ALLOW_PARTITIONS
) -> Opened:
    """Ask who answers and how it is partitioned. Raises Unavailable, or Refused where templates are missing or old."""
    prefix = settings.opensearch.prefix
    partitions = Partitions(store, prefix, clock=surroundings.clock, allow_partitions=allow_partitions)
    target = f"{store.info().cluster_uuid}/{prefix}"
    rules = partitions.rules()
    gate = Gate(settings.opensearch.in_flight, surroundings.wait)

    def another(wait: Wait) -> OpenSearchSink:
        return OpenSearchSink(
            store,
            partitions,
            wait=wait,
            clock=surroundings.clock,
            random=surroundings.random,
            body_bytes=settings.opensearch.body_bytes,
            gate=gate,
        )

    return Opened(target, rules, partitions, another(surroundings.wait), another)


def decoder_parts(
    kind: RecordKind,
    settings: Settings,
    rules: Mapping[str, PartitionRule],
    now: datetime,
    *,
    replace: bool = False,
    keep_expired: bool = False,
    tell: Callable[[str], None] = ignore,
) -> DecoderParts:
    """What the decoder of this kind is made from; `now` decides what its datasets' retention has expired.

    `tell` hears of an inventory that cannot be read any more. Raises ConfigError where it cannot be read at all.
    """
    datasets = KINDS[kind.name].datasets
    inventory = settings.mirror.inventory if "vlan_is_vni" in kind.settings else None
    kept = () if keep_expired else datasets
    retentions = {name: settings.dataset(name).retention_days for name in kept}
    return DecoderParts(
        rules=rules,
        settings=kind.settings,
        operation="index" if replace else "create",
        expire_before={name: now - timedelta(days=days) for name, days in retentions.items() if days},
        privacy={name: settings.dataset(name).privacy for name in datasets},
        sessions=InventoryFile(inventory.expanduser(), tell).current if inventory else MirrorSessions,
    )


def decoders(
    settings: Settings, rules: Mapping[str, PartitionRule], now: datetime, *, replace: bool = False
) -> Callable[[RecordKind], Decoder]:
    """The decoder of any kind of records, each made once."""
    made: dict[tuple[str, tuple[tuple[str, str], ...]], Decoder] = {}

    def decoder(kind: RecordKind) -> Decoder:
        key = (kind.name, tuple(sorted(kind.settings.items())))
        if key not in made:
            made[key] = KINDS[kind.name].decoder(decoder_parts(kind, settings, rules, now, replace=replace))
        return made[key]

    return decoder
