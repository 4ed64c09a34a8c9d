"""What OpenSearch says → findings. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta

from shipper.doctor.finding import Finding, fail, gibibytes, ok, some, warn
from shipper.doctor.server import Access, Disks, Health, Node
from shipper.opensearch.desired import SCHEMA_VERSION
from shipper.opensearch.reply import ServerInfo
from shipper.opensearch.schema import Actual, Change, ForbidAutoCreate, Plan, PutTemplate, by_hand
from shipper.opensearch.shards import ShardSum, in_a_year
from shipper.partition import PartitionRule

WRITERS = frozenset({"flowtap_writer", "flowtap_operator", "all_access"})
"""Roles that may write our partitions: ours, and the security plugin's own for administrators."""

MOST_DIFFERENCE = timedelta(seconds=30)

_SUPPORTED = "use OpenSearch 3.x or 2.19"
_APPLY = "run `shipper schema apply`, as a user with the role flowtap_operator"
_BYTES = {"b": 1, "kb": 2**10, "mb": 2**20, "gb": 2**30, "tb": 2**40, "pb": 2**50}


def greeting(info: ServerInfo) -> Finding:
    """Something answered."""
    return ok(f"cluster {info.cluster_name} ({info.cluster_uuid}) answers")


def version(info: ServerInfo) -> Finding:
    """OpenSearch, and of a version that this program is made for."""
    number = ".".join(map(str, info.version))
    if info.distribution != "opensearch":
        return fail(f"this is Elasticsearch {number}, not OpenSearch", f"{_SUPPORTED}; check opensearch.url")
    if info.version >= (4,):
        return warn(f"OpenSearch {number}: newer than anything this program was tested on", _SUPPORTED)
    if info.version >= (3,):
        return ok(f"OpenSearch {number}: tested")
    if info.version >= (2, 19):
        return ok(f"OpenSearch {number}: supported; everything is tested on 3.x")
    if info.version >= (2,):
        return warn(f"OpenSearch {number}: older than what is supported", _SUPPORTED)
    return fail(f"OpenSearch {number}: too old", _SUPPORTED)


def access(seen: Access, prefix: str) -> Finding:
    """Whether the user may read what a shipper reads; whether it may write, by its roles' names."""
    if seen.refused:
        who = f"user {seen.user}" if seen.user else "this user"
        return fail(
            f"{who} (roles: {some(seen.roles or ()) or 'unknown'}) may not read {', '.join(seen.refused)}",
            f"give it the role flowtap_writer, or flowtap_operator for a person, with the pattern {prefix}-* "
            "(docker/opensearch/roles)",
        )
    if seen.roles is None:
        return ok("the server has no security plugin: whoever reaches it may do everything")
    writing = WRITERS.intersection(seen.roles)
    if writing:
        return ok(f"user {seen.user} has the role {', '.join(sorted(writing))}")
    return warn(
        f"user {seen.user} (roles: {some(seen.roles)}) may read all that is needed; whether it may write is not known",
        "give it the role flowtap_writer, unless one of its own roles allows as much",
    )


def templates(plan: Plan, refusal: str, actual: Actual) -> Finding:
    """`refusal`: why a writer would not begin; empty where it would."""
    blocking = [obstacle for obstacle in plan.obstacles if obstacle.blocks]
    if blocking:
        seen = "; ".join(f"{obstacle.name}: {obstacle.what}" for obstacle in blocking)
        return fail(seen, f"{blocking[0].remedy}; see `shipper schema plan`")
    names = [name for change in plan.changes if (name := _changed(change))]
    missing = [name for name in names if name not in {*actual.components, *actual.templates, *actual.partitions}]
    if missing:
        return fail(f"{len(missing)} are missing: {some(missing)}", _APPLY)
    if refusal:
        return fail(refusal, _APPLY)
    if names:
        return warn(f"not as wanted: {some(names)}", f"see `shipper schema plan`, then {_APPLY}")
    if plan.obstacles:
        left = [f"{obstacle.name}: {obstacle.what}" for obstacle in plan.obstacles]
        return warn(some(left), plan.obstacles[0].remedy)
    return ok(f"as wanted (schema version {SCHEMA_VERSION}), and so are {len(actual.partitions):,} partitions")


def auto_create(plan: Plan) -> Finding:
    """OpenSearch makes no partition by itself: a document never falls into one without our template."""
    change = next((change for change in plan.changes if isinstance(change, ForbidAutoCreate)), None)
    if change is None:
        return ok("forbidden for our partitions")
    return warn(f"action.auto_create_index {change.why}", f"`shipper schema apply`; or {by_hand(change)}")


def shards(
    now: ShardSum,
    rules: Iterable[PartitionRule],
    existing: Collection[str],
    retention_days: Mapping[str, int],
    today: date,
) -> Finding:
    """Shards now, and when every dataset gets records for another year."""
    if refusal := now.refusal():
        return fail(refusal, "delete old partitions (`shipper retention plan`) or raise the limit; no new ones fit")
    later = in_a_year(now, rules, existing, retention_days, today)
    if refusal := later.refusal():
        return warn(f"within a year {refusal}", "set partition or retention_days of the largest datasets")
    return ok(f"{now.existing:,} now, at most {later.total:,} in a year, of {now.usable:,} that may be planned for")


def closed(partitions: tuple[str, ...]) -> Finding:
    """Nothing can be written to a closed partition."""
    if not partitions:
        return ok("none")
    return warn(
        f"{some(partitions)}: records that belong there wait",
        f"open it (POST /{partitions[0]}/_open), or delete it if it is not wanted",
    )


def blocks(cluster: tuple[str, ...], partitions: Mapping[str, tuple[str, ...]]) -> Finding:
    """Nothing forbids writing. read_only_allow_delete is what OpenSearch sets when a disk is full (flood stage)."""
    if cluster:
        return fail(f"{', '.join(cluster)} set on the cluster", "free disk space on the nodes, or unset it")
    flooded = [name for name, found in partitions.items() if "read_only_allow_delete" in found]
    if flooded:
        return fail(
            f"{some(flooded)} may only be read or deleted: a disk was full (flood stage)",
            "free disk space or delete old partitions; OpenSearch then lifts the block",
        )
    if partitions:
        found = [f"{name} ({', '.join(kinds)})" for name, kinds in partitions.items()]
        return warn(f"{some(found)}: records that belong there wait", "unset index.blocks.* there, if it is not meant")
    return ok("none")


def disks(seen: Disks) -> Finding:
    """The fullest disk against the watermarks."""
    nodes = [node for node in seen.nodes if node.holds_data] or list(seen.nodes)
    if not nodes:
        return warn("no node tells of its disk", "look at the disks by other means")
    fullest = max(nodes, key=_used_share)
    what = (
        f"{fullest.name} is {_used_share(fullest):.0%} full, {gibibytes(fullest.available)} free, "
        f"the fullest of {len(nodes)}; marks {seen.low}, {seen.high}, {seen.flood}"
    )
    if not seen.enabled:
        return warn(f"{what}, but watermarks are off", "set cluster.routing.allocation.disk.threshold_enabled")
    if _beyond(nodes, seen.flood):
        return fail(f"{what}: flood stage, partitions are made read-only", "free disk space or delete old partitions")
    if _beyond(nodes, seen.high):
        return warn(f"{what}: high, shards leave and none are added", "free disk space, or set retention_days")
    if _beyond(nodes, seen.low):
        return warn(f"{what}: low, no new copies are made there", "free disk space soon, or set retention_days")
    return ok(what)


def clock(difference: timedelta) -> Finding:
    """Positive: a node is ahead of this machine."""
    seconds = difference.total_seconds()
    seen = f"a node is {abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} this machine"
    if abs(difference) > MOST_DIFFERENCE:
        return warn(seen, "synchronise both clocks (NTP): retention and lag are reckoned by them")
    return ok(seen)


def health(seen: Health) -> Finding:
    """Red: some shard has no copy at all."""
    what = f"{seen.colour}, {seen.nodes} nodes, {seen.unassigned} shards unassigned"
    remedy = "GET /_cluster/allocation/explain tells why"
    if seen.colour == "red":
        return fail(what, remedy)
    return ok(what) if seen.colour == "green" else warn(what, remedy)


def _changed(change: Change) -> str:
    """The template or partition; empty for the setting, which is judged by itself."""
    if isinstance(change, ForbidAutoCreate):
        return ""
    return change.path.rpartition("/")[2] if isinstance(change, PutTemplate) else change.index


def _used_share(node: Node) -> float:
    return 1 - node.available / node.total if node.total else 0.0


def _beyond(nodes: Iterable[Node], mark: str) -> bool:
    return any(_is_beyond(node, mark) for node in nodes)


def _is_beyond(node: Node, mark: str) -> bool:
    """A mark is a used share ("85%", "0.85") or free bytes ("50gb"); one that cannot be read is never reached."""
    found = re.fullmatch(r"([0-9.]+)([a-z%]*)", mark.strip().lower())
    if not found:
        return False
    number, unit = float(found[1]), found[2]
    if unit in _BYTES:
        return node.available <= number * _BYTES[unit]
    return _used_share(node) >= (number / 100 if unit == "%" else number)
