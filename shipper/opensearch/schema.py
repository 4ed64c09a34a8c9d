"""Templates and mappings: what is wanted against what is there gives changes and obstacles. Pure but for `apply`.

Foreign templates, and those of a newer flowtap, are left alone unless forced. Leaves are only ever added to partitions.
One cluster setting is added to, so that OpenSearch makes no partition by itself (ADR 0007).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from shipper.errors import Refused
from shipper.opensearch import auto_create
from shipper.opensearch.client import Store, segment
from shipper.opensearch.cluster_settings import ClusterSettings, Level
from shipper.opensearch.desired import MANAGED_BY, PRIORITY, SCHEMA_VERSION, Schema, Template, template_name
from shipper.opensearch.leaves import Leaves, compare, differences, fingerprint, tree
from shipper.opensearch.pattern import overlap
from shipper.opensearch.units import Units, changed, decode, encode, inferred
from shipper.partition import PartitionRule, Unit


@dataclass(frozen=True, slots=True)
class Actual:
    """What the server has: components of our prefix, every index template, leaves of our partitions, settings."""

    components: Mapping[str, Mapping[str, Any]]
    templates: Mapping[str, Mapping[str, Any]]
    partitions: Mapping[str, Leaves]
    settings: ClusterSettings


@dataclass(frozen=True, slots=True)
class PutTemplate:
    """Create or replace a component or index template."""

    path: str
    body: Mapping[str, Any]
    why: str


@dataclass(frozen=True, slots=True)
class AddLeaves:
    """Add leaves to the mapping of a partition that exists. What is indexed already does not gain them."""

    index: str
    leaves: Leaves
    why: str


@dataclass(frozen=True, slots=True)
class ForbidAutoCreate:
    """Give the cluster setting `action.auto_create_index` a value that forbids it for our prefix."""

    level: Level
    value: str
    why: str

    @property
    def body(self) -> Mapping[str, Mapping[str, str]]:
        """What `PUT /_cluster/settings` takes."""
        return {self.level: {auto_create.SETTING: self.value}}


Change = PutTemplate | AddLeaves | ForbidAutoCreate


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a change is not planned. `blocks`: nothing at all is applied; `forcible`: with force it becomes a change."""

    name: str
    what: str
    remedy: str
    blocks: bool = True
    forcible: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What `apply` will do, in order; empty when the server has what is wanted."""

    changes: tuple[Change, ...]
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether nothing at all is applied."""
        return any(obstacle.blocks for obstacle in self.obstacles)


def plan(schema: Schema, actual: Actual, *, today: date, force: bool = False) -> Plan:
    """Components, index templates, partitions, the setting. `today` (UTC) decides when a new partition unit begins.

    Raises Refused where the units of a template of ours cannot be read.
    """
    outcomes = [_component(template, actual, force=force) for template in schema.components]
    outcomes += [_index(schema, template, actual, today, force=force) for template in schema.indices]
    outcomes += _shadowed(schema, actual)
    for index, leaves in sorted(actual.partitions.items()):
        outcomes += _partition(schema, index, leaves)
    outcomes.append(_auto_create(schema.prefix, actual.settings))
    return Plan(
        tuple(outcome for outcome in outcomes if isinstance(outcome, Change)),
        tuple(outcome for outcome in outcomes if isinstance(outcome, Obstacle)),
    )


def planned_rules(schema: Schema, actual: Actual, today: date) -> tuple[PartitionRule, ...]:
    """How each dataset will be cut once the plan is applied. Raises Refused as `plan` does."""
    return tuple(
        PartitionRule(schema.prefix, dataset, _units(schema, dataset, actual, today))
        for dataset in sorted(schema.leaves)
    )


def apply(store: Store, plan: Plan, done: Callable[[Change], None]) -> tuple[Obstacle, ...]:
    """Do what the plan says and call `done` after each change. What was done stays when a later one fails; plan again.

    Gives what the server would not have changed, where records are safe without it. Raises Refused before anything is
    changed where an obstacle blocks, and as the store does.
    """
    blocking = [obstacle for obstacle in plan.obstacles if obstacle.blocks]
    if blocking:
        raise Refused("; ".join(f"{obstacle.name}: {obstacle.what}; {obstacle.remedy}" for obstacle in blocking))
    left: list[Obstacle] = []
    for change in plan.changes:
        obstacle = _do(store, change)
        if obstacle:
            left.append(obstacle)
        else:
            done(change)
    return tuple(left)


def by_hand(change: ForbidAutoCreate) -> str:
    """How somebody else makes this change."""
    return f"let an administrator do it: PUT /_cluster/settings {orjson.dumps(change.body).decode()}"


def meta_of(body: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Our `_meta` of a template; None where it is missing or not ours."""
    meta = (body or {}).get("_meta") or {}
    return meta if meta.get("managed_by") == MANAGED_BY else None


def shadows(prefix: str, dataset: str, templates: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Other templates that win over ours, or tie with it, for some of the dataset's partitions."""
    name = template_name(prefix, dataset)
    return tuple(
        sorted(
            other
            for other, body in templates.items()
            if other != name
            and int(body.get("priority") or 0) >= PRIORITY
            and any(overlap(pattern, f"{name}-*") for pattern in body.get("index_patterns", ()))
        )
    )


def _do(store: Store, change: Change) -> Obstacle | None:
    if isinstance(change, PutTemplate):
        if store.call("PUT", change.path, body=change.body) is None:
            raise Refused(f"{store.url} does not know {change.path.split('/')[1]}: is it OpenSearch 2.19 or later?")
    elif isinstance(change, AddLeaves):
        # A partition that went meanwhile (404) needs nothing.
        store.call("PUT", f"/{segment(change.index)}/_mapping", body={"properties": tree(change.leaves)})
    else:
        try:
            store.call("PUT", "/_cluster/settings", body=change.body)
        except Refused as refusal:  # a right that few have; some managed services allow only some settings
            return Obstacle(auto_create.SETTING, str(refusal), by_hand(change), blocks=False)
    return None


def _component(template: Template, actual: Actual, *, force: bool) -> Change | Obstacle | None:
    there = actual.components.get(template.name)
    meta = _meta(template)
    return _obstacle(template.name, there, force=force) or _put(template, there, meta)


def _index(schema: Schema, template: Template, actual: Actual, today: date, *, force: bool) -> Change | Obstacle | None:
    there = actual.templates.get(template.name)
    units = _units(schema, template.dataset, actual, today)
    meta = _meta(template) | {"dataset": template.dataset, "units": encode(units)}
    return _obstacle(template.name, there, force=force) or _put(template, there, meta)


def _meta(template: Template) -> dict[str, Any]:
    return {"managed_by": MANAGED_BY, "schema_version": SCHEMA_VERSION, "content": fingerprint(template.content)}


def _units(schema: Schema, dataset: str, actual: Actual, today: date) -> Units:
    name = template_name(schema.prefix, dataset)
    wanted = schema.units.get(dataset)
    meta = meta_of(actual.templates.get(name))
    if meta is None:
        rule = PartitionRule(schema.prefix, dataset)
        return inferred(rule, actual.partitions, wanted or Unit.MONTH, today)
    current = decode(name, meta)
    return changed(current, wanted, today) if wanted else current


def _obstacle(name: str, there: Mapping[str, Any] | None, *, force: bool) -> Obstacle | None:
    if there is None or force:
        return None
    meta = meta_of(there)
    if meta is None:
        return Obstacle(name, "a template of this name is not ours", "choose another prefix, or force", forcible=True)
    if int(meta.get("schema_version", 0)) > SCHEMA_VERSION:
        return Obstacle(
            name,
            f"its schema version {meta['schema_version']} is newer than this program's {SCHEMA_VERSION}",
            "upgrade flowtap here, or force to go back",
            forcible=True,
        )
    return None


def _put(template: Template, there: Mapping[str, Any] | None, meta: Mapping[str, Any]) -> PutTemplate | None:
    body = {**template.content, "_meta": dict(meta)}
    if there is None:
        return PutTemplate(template.path, body, "missing")
    before = meta_of(there)
    content = {key: value for key, value in there.items() if key != "_meta"}
    keys = ", ".join(differences(template.content, content)[:5])
    if not keys and before == meta:
        return None
    if before is None:
        return PutTemplate(template.path, body, "replaces one that is not ours")
    if before.get("content") != fingerprint(content):
        return PutTemplate(template.path, body, f"was edited on the server: {keys or '_meta'}")
    return PutTemplate(template.path, body, f"changes {keys}" if keys else _meta_change(before, meta))


def _meta_change(before: Mapping[str, Any], meta: Mapping[str, Any]) -> str:
    if before.get("units") != meta.get("units"):
        return f"partition units become {meta['units']}, were {before.get('units')}"
    return f"schema version {before.get('schema_version')} becomes {meta['schema_version']}"


def _shadowed(schema: Schema, actual: Actual) -> list[Obstacle]:
    return [
        Obstacle(
            other,
            f"this index template wins over {template.name} or ties with it",
            f"give it a priority below {PRIORITY}, or choose another prefix",
        )
        for template in schema.indices
        for other in shadows(schema.prefix, template.dataset, actual.templates)
    ]


def _partition(schema: Schema, index: str, leaves: Leaves) -> list[Change | Obstacle]:
    dataset = dataset_of(schema.prefix, index, schema.leaves)
    if dataset is None:
        return []
    found = compare(schema.leaves[dataset], leaves)
    outcomes: list[Change | Obstacle] = []
    if found.addable:
        outcomes.append(AddLeaves(index, found.addable, f"lacks {', '.join(sorted(found.addable)[:5])}"))
    if found.fixed:
        what = f"its leaves have other types than wanted: {', '.join(found.fixed[:5])}"
        outcomes.append(Obstacle(index, what, "needs a new partition: delete it and backfill again", blocks=False))
    return outcomes


def _auto_create(prefix: str, settings: ClusterSettings) -> ForbidAutoCreate | None:
    value = settings.get(auto_create.SETTING, auto_create.DEFAULT)
    if auto_create.forbidden(value, prefix):
        return None
    level = settings.level(auto_create.SETTING)
    return ForbidAutoCreate(
        level,
        auto_create.forbidding(value, prefix),
        f"is {value}: OpenSearch may make partitions by itself, without our templates",
    )


def dataset_of(prefix: str, index: str, known: Mapping[str, object]) -> str | None:
    """The dataset an index belongs to, by its name; None where it is not one of ours."""
    fitting = [dataset for dataset in known if index.startswith(template_name(prefix, dataset) + "-")]
    return max(fitting, key=len, default=None)
