"""One row of a flow log as a document. What a column becomes is in `fields`; this follows it.

In: the columns in force and a row's cells. Out: a document whose keys stand in a fixed order, whatever the order of
columns, with what the partition and the sums need. Never raises for what a cell holds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

import orjson

from shipper.decoders.flow_log.derived import Json, derived_leaves
from shipper.decoders.flow_log.fields import ABSENT, FILLED, TGW, TGW_MARKS, VPC, Dataset, Field, Kind
from shipper.decoders.flow_log.key_order import in_order
from shipper.decoders.flow_log.values import READERS, Value, moment, timestamp
from shipper.decoders.iana_protocols import PORT_PROTOCOLS
from shipper.decoders.leaves import Place

DECODER_VERSION: Final = 3
"""Written to `flowtap.decoder`; rises when a record's document changes."""

MALFORMED_TEXT_CHARACTERS: Final = 256

NO_TRAFFIC: Final = frozenset({"NODATA", "SKIPDATA"})
"""`log-status` of records that tell of no traffic seen, or of records lost: documents of their own kind."""

_PORT_NAMES = ("srcport", "dstport")

Malformed = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns in force: which are known, which are not, and where leaves stand in a document."""

    dataset: Dataset
    width: int
    known: Sequence[tuple[int, Field]]
    unknown: Sequence[tuple[int, str]]
    places: Mapping[str, Place]

    @property
    def unknown_names(self) -> frozenset[str]:
        """Columns that are in no table of ours."""
        return frozenset(name for _, name in self.unknown)

    def has(self, name: str) -> bool:
        """Whether a known column is among them."""
        return any(column.name == name for _, column in self.known)


@dataclass(frozen=True, slots=True)
class Stream:
    """What is the same for all records of a chunk: leaves to add, and the arrival that stands in for a missing time."""

    arrived: str
    leaves: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A decoded record. `moment` is its own time, None if it has none that can be believed."""

    document: Mapping[str, Any]
    moment: datetime | None
    status: str
    malformed: bool


@lru_cache(maxsize=256)
def layout(columns: tuple[str, ...]) -> Layout:
    """The layout of columns in this order. A transit gateway's are known by any column only it has."""
    dataset = VPC if TGW_MARKS.isdisjoint(columns) else TGW
    return Layout(
        dataset=dataset,
        width=len(columns),
        known=tuple((at, dataset.fields[name]) for at, name in enumerate(columns) if name in dataset.fields),
        unknown=tuple((at, name) for at, name in enumerate(columns) if name not in dataset.fields),
        places=leaf_places(dataset),
    )


@lru_cache(maxsize=2)
def leaf_places(dataset: Dataset) -> Mapping[str, Place]:
    """Where every leaf of a dataset stands, by path."""
    derived = [leaf.path.removesuffix(".path") for leaf in dataset.derived if leaf.path != "flowtap.malformed.text"]
    paths = in_order([*derived, *(column.target for column in dataset.fields.values())])
    parts = [path.split(".") for path in paths]
    return {
        path: Place(at, tuple(names[:-1]), names[-1]) for at, (path, names) in enumerate(zip(paths, parts, strict=True))
    }


def decode_row(columns: Layout, cells: Sequence[str], stream: Stream) -> Row:
    """The document of a row with as many cells as columns."""
    values, malformed = read_cells(columns.known, cells)
    status = str(values.get("log-status", ""))
    milliseconds = values.get("end", values.get("start"))
    own_time = milliseconds if isinstance(milliseconds, int) else None
    leaves = dict(stream.leaves)
    leaves |= _time_leaves(own_time, stream.arrived)
    leaves |= {
        column.target: _shown(column, values[column.name])
        for _, column in columns.known
        if column.name in values and column.name not in FILLED
    }
    leaves |= _kind_leaves(columns.dataset, values, status)
    leaves |= _unknown_leaf(columns, cells)
    document = nest(leaves if not malformed else leaves | {"flowtap.malformed": malformed}, columns.places)
    return Row(document, None if own_time is None else moment(own_time), status, bool(malformed))


def read_cells(known: Iterable[tuple[int, Field]], cells: Sequence[str]) -> tuple[dict[str, Value], Malformed]:
    """Checked values by column name, and what is not of its column's type. Absent cells are in neither."""
    values: dict[str, Value] = {}
    malformed: Malformed = []
    for at, column in known:
        text = cells[at]
        if text == ABSENT:
            continue
        value = READERS[column.kind](text)
        if value is None:
            malformed.append({"path": column.target, "text": text[:MALFORMED_TEXT_CHARACTERS]})
        else:
            values[column.name] = value
    return _without_empty_ports(values), malformed


def nest(leaves: Mapping[str, Any], places: Mapping[str, Place]) -> dict[str, Any]:
    """Leaves by dotted path as objects, in the order of their places."""
    document: dict[str, Any] = {}
    for place, value in sorted(((places[path], value) for path, value in leaves.items()), key=itemgetter(0)):
        node = document
        for parent in place.parents:
            node = node.setdefault(parent, {})
        node[place.key] = value
    return document


def _without_empty_ports(values: dict[str, Value]) -> dict[str, Value]:
    """A protocol without ports is written with port 0: no port, rather than a port of that number."""
    if values.get("protocol", 6) not in PORT_PROTOCOLS:
        for name in _PORT_NAMES:
            if values.get(name) == 0:
                del values[name]
    return values


def _time_leaves(own_time: int | None, arrived: str) -> dict[str, Json]:
    if own_time is None:
        return {"@timestamp": arrived, "flowtap.time_suspect": True}
    return {"@timestamp": timestamp(own_time)}


def _kind_leaves(dataset: Dataset, values: Mapping[str, Value], status: str) -> dict[str, Json]:
    if status in NO_TRAFFIC:
        return {"event.kind": "metric"}
    return {"event.kind": "event"} | derived_leaves(dataset, values)


def _unknown_leaf(columns: Layout, cells: Sequence[str]) -> dict[str, Json]:
    found = {name: cells[at] for at, name in columns.unknown if cells[at] != ABSENT}
    return {f"{columns.dataset.own}.unknown": orjson.dumps(found).decode()} if found else {}


def _shown(column: Field, value: Value) -> Value:
    return timestamp(value) if column.kind is Kind.TIME and isinstance(value, int) else value
