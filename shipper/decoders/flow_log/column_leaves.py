"""Documents' leaves for many records at once: `document` in columns."""

from collections.abc import Iterator, Sequence

import numpy as np
import orjson

from shipper.decoders.columnar.cells import Flags, Ints, Words, equals
from shipper.decoders.columnar.distinct import words
from shipper.decoders.columnar.document import Leaf, listed, text
from shipper.decoders.columnar.joined import Part
from shipper.decoders.columnar.times import iso
from shipper.decoders.flow_log.column_derived import Made, derived_leaves
from shipper.decoders.flow_log.column_records import Records
from shipper.decoders.flow_log.document import Stream
from shipper.decoders.flow_log.fields import FILLED, Kind

_SMALL_NUMBERS = [b"%d" % number for number in range(256)]


def leaves(found: Records, stream: Stream) -> list[Leaf]:
    """Every leaf that some record has, by rank."""
    places = found.layout.places
    made = [
        *((path, [(orjson.dumps(value), None)], None) for path, value in stream.leaves.items()),
        *_time_leaves(found, stream.arrived),
        *_column_leaves(found),
        *_kind_leaf(found),
        *derived_leaves(found),
        *_unknown_leaf(found),
    ]
    kept = [Leaf(places[path], parts, present) for path, parts, present in made if present is None or present.any()]
    return sorted(kept, key=lambda leaf: leaf.place.rank)


def _time_leaves(found: Records, arrived: str) -> Iterator[Made]:
    own = iso(np.where(found.dated, found.milliseconds, _any_of(found.milliseconds, found.dated)))
    undated = ~found.dated
    parts: list[Part] = [(b'"', None), (own, found.dated), (arrived.encode("ascii"), undated), (b'"', None)]
    yield "@timestamp", parts, None
    yield "flowtap.time_suspect", [(b"true", None)], undated


def _column_leaves(found: Records) -> Iterator[Made]:
    """What columns hold, as it was received; `network.type` is derived where its column is absent."""
    for _, field in found.layout.known:
        column = found.columns[field.name]
        if field.name in FILLED or not column.present.any():
            continue
        if field.kind is Kind.TIME:
            times = np.where(column.present, column.numbers, _any_of(column.numbers, column.present))
            yield field.target, text(iso(times)), column.present
        elif field.kind in {Kind.SMALL, Kind.NUMBER_NAME}:
            yield field.target, [(Words(_SMALL_NUMBERS, column.numbers), None)], column.present
        elif field.kind in {Kind.PORT, Kind.COUNT}:
            yield field.target, [(column.cells, None)], column.present
        elif field.kind is Kind.IP:
            yield field.target, text(column.cells), column.present
        elif field.name != "type":
            yield field.target, text(words(column.cells) or column.cells), column.present


def _any_of(numbers: Ints, present: Flags) -> int:
    """A value that stands in where there is none, near the others."""
    return int(numbers[present.argmax()]) if len(present) and present.any() else 0


def _kind_leaf(found: Records) -> Iterator[Made]:
    traffic = found.traffic
    yield "event.kind", [(b'"event"', traffic), (b'"metric"', ~traffic)], None


def _unknown_leaf(found: Records) -> Iterator[Made]:
    """Columns that no table of ours has: an object as one JSON text, so that none of its keys is one of ours."""
    elements: list[tuple[Sequence[Part], Flags]] = []
    for at, name in found.layout.unknown:
        cells = found.table.cells(at)
        parts: list[Part] = [(f'\\"{name}\\":\\"'.encode("ascii"), None), (cells, None), (b'\\"', None)]
        elements.append((parts, ~equals(cells, b"-")))
    if elements:
        present = np.logical_or.reduce([there for _, there in elements])
        path = f"{found.layout.dataset.own}.unknown"
        yield path, [(b'"{', None), *listed(elements), (b'}"', None)], present
