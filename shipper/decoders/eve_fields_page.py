"""docs/fields-suricata.md, rendered from the tables. The committed page is compared with this in tests/house."""

from collections.abc import Iterable, Iterator

from shipper.decoders.eve.datasets import SHARED, objects
from shipper.decoders.eve.derived import DERIVED
from shipper.decoders.eve.event import DATASETS
from shipper.decoders.eve.privacy import BODIES, PAYLOADS, USER_NAMES
from shipper.decoders.eve.table import Leaf, Table, table
from shipper.decoders.fields_page import markdown_table

_INTRODUCTION = """\
# Fields of Suricata's events

Rendered from `shipper/decoders/eve/fields_*.py`; `make golden` writes it anew. What becomes of an event is told in
[eve.md](eve.md).

A key has one leaf, whatever version of Suricata wrote it; a value that is not of its leaf's type moves to
`flowtap.malformed`. Keys that are in no table, and objects that an event's dataset does not map, are kept together as
one JSON text in `suricata.eve.unknown`. `dns.queries[]` is a list of objects, whose leaves hold the values of all.
Every leaf may have several values. Counters of `stats` stand once more with `_delta` behind their name.
"""

_PRIVACY = {
    **dict.fromkeys(PAYLOADS, "payloads"),
    **dict.fromkeys(BODIES, "bodies"),
    **dict.fromkeys(USER_NAMES, "user_names"),
}


def eve_fields_page() -> str:
    """The whole page."""
    root = table()
    return "\n".join(
        [
            _INTRODUCTION,
            "## Leaves no key is copied to as it is\n",
            *markdown_table(("leaf", "type", "what it says"), ([f"`{x.path}`", x.kind, x.meaning] for x in DERIVED)),
            "\n## Top of an event\n",
            *_leaves([root]),
            *(line for name, below in root.objects.items() for line in _family(name, below)),
            "",
        ]
    )


def _family(name: str, family: Table) -> Iterator[str]:
    yield f"\n## `{name}`\n"
    if name in SHARED:
        yield "In every dataset.\n"
    else:
        yield f"In {', '.join(f'`{dataset}`' for dataset in DATASETS if name in objects(dataset))}.\n"
    yield from _leaves(_all(family))


def _all(family: Table) -> Iterator[Table]:
    yield family
    for below in family.objects.values():
        yield from _all(below)


def _leaves(tables: Iterable[Table]) -> list[str]:
    rows = ([f"`{key}`", f"`{leaf.path}`", _kind(key, leaf)] for node in tables for key, leaf in _of(node))
    return markdown_table(("key", "leaf", "type"), rows)


def _of(node: Table) -> Iterator[tuple[str, Leaf]]:
    above = f"{node.path}{'[]' if node.in_list else ''}." if node.path else ""
    for key, leaf in node.leaves.items():
        if not (key.endswith("_delta") and key.removesuffix("_delta") in node.leaves):
            yield above + key, leaf


def _kind(key: str, leaf: Leaf) -> str:
    choice = _PRIVACY.get(key.replace("[]", ""))
    return f"{leaf.kind.value}; privacy: `{choice}`" if choice else leaf.kind.value
