"""Suricata's EVE: a chunk of JSON lines in, a batch of documents out. One parse and one writing for each event.

Every physical line is a document, a reject (over-long, not JSON, no event) or counted as skipped (blank lines) or
expired. A document's id is a hash of its line and of the sensor's name: equal lines are one event, and the store
counts the others as duplicates.
"""

import json
from binascii import b2a_base64
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import accumulate, compress
from operator import add
from typing import Any, Final

import orjson

from shipper.decoders.bulk_lines import Operation, check_framing
from shipper.decoders.eve.datasets import objects
from shipper.decoders.eve.event import DATASETS, Event, Stream, document_of, strict
from shipper.decoders.eve.hours import Hours
from shipper.decoders.eve.learned import Learned
from shipper.decoders.eve.mending import mended
from shipper.decoders.eve.pattern import Made
from shipper.decoders.eve.physical_lines import PhysicalLines
from shipper.decoders.eve.privacy import Privacy, kinds
from shipper.decoders.eve.sessions import MirrorSessions
from shipper.decoders.eve.table import Table, table
from shipper.errors import DecodeError
from shipper.identity import OVER_LONG
from shipper.model import Batch, Chunk, Reject, Sums
from shipper.partition import PartitionRule

ID_BYTES: Final = 12
_ID_CHARACTERS = 16
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_ID_END = b'"}}\n'
_BLANK = b" \t\r"
_TOO_DEEP = "nested too deep"
_MOST_SENSORS = 4096
_FIRST_BLOCK = 32  # lines that go the exact way before those after them are tried again


class EveDecoder:
    """Decodes EVE lines. `sensor` names the sensor of events that do not name one; it is part of their ids.

    With `sessions` the first two VLAN tags are the VNI of a mirror session; what VNIs stand for is asked once for a
    chunk. Events older than their dataset's `expire_before` are counted, not written. `privacy` says by dataset what is
    left out or hashed. Without `fast` every event goes the exact way; what comes out is the same.
    `basis` says what of a line its id is made of, if not all of it.
    """

    def __init__(  # noqa: PLR0913  (all but one by name, and each has one reason)
        self,
        rules: Mapping[str, PartitionRule],
        *,
        sensor: str = "",
        sessions: Callable[[], MirrorSessions] | None = None,
        privacy: Mapping[str, Privacy] | None = None,
        expire_before: Mapping[str, datetime] | None = None,
        operation: Operation = "create",
        fast: bool = True,
        basis: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self._basis = basis
        self._sensor = sensor
        self._sensor_bytes = sensor.encode("utf-8", "surrogatepass")
        self._sessions = sessions
        self._vlan_is_vni = sessions is not None
        chosen = {name: (privacy or {}).get(name, Privacy()) for name in DATASETS}
        self._tables: Mapping[str, Table] = {name: table(kinds(each), objects(name)) for name, each in chosen.items()}
        oldest = {name: int(begin.timestamp() * 1_000_000) for name, begin in (expire_before or {}).items()}
        self._hours = {name: Hours(rule, operation, oldest.get(name, 0)) for name, rule in rules.items()}
        self._learned = Learned(self._tables.__getitem__, self._hours.__getitem__, self._marked)
        self._fast = fast
        self._digests: dict[bytes, blake2b] = {}

    def decode(self, chunk: Chunk) -> Batch:
        """Every physical line becomes a document, a reject or a counted skip. Never raises for what a line holds."""
        arrived = f"{chunk.received_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        stream = Stream(arrived, self._sensor, self._vlan_is_vni)
        lines = _Lines(chunk)
        left: Sequence[int] = range(len(lines.physical.raws))
        if self._fast:
            left = self._learned.add(lines.physical, left, stream.arrived.encode(), lines.made)
        block = _FIRST_BLOCK
        while left:
            known = self._learned.patterns
            for number in left[:block]:
                self._add(number, stream, lines)
            left, block = left[block:], block * 2
            if left and self._learned.patterns > known:
                left = self._learned.add(lines.physical, left, stream.arrived.encode(), lines.made)
        if self._sessions is not None:
            lines.made.documents = list(map(self._sessions().joined, lines.made.documents))
        return lines.batch(self._digest, self._basis)

    def _add(self, number: int, stream: Stream, lines: "_Lines") -> None:
        """A line that fits nothing learned: a document, a reject, a blank line."""
        if number in lines.physical.cut:
            lines.reject(number, OVER_LONG, fragment=True)
            return
        try:
            self._add_exactly(number, lines.physical.raws[number], stream, lines)
        except DecodeError as error:
            lines.reject(number, str(error))

    def _add_exactly(self, number: int, raw: bytes, stream: Stream, lines: "_Lines") -> None:
        """The exact way, from which the fast one learns. Raises DecodeError."""
        try:
            parsed = orjson.loads(raw)
        except orjson.JSONDecodeError:
            if not raw.strip(_BLANK):
                lines.counts["skipped"] += 1
                return
            parsed = _parsed_exactly(raw)
        sensor = _sensor(parsed).encode("utf-8", "surrogatepass")
        event, written = self._exactly(raw, parsed, stream)
        when = event.moment
        hours = self._hours[event.dataset]
        partition = hours.partition(when.text[:13].encode(), when.since_1970) if when else hours.partition(b"", 0)
        lines.made.add([number], [partition], [sensor], [written])
        if partition[1]:
            lines.counts["malformed"] += event.malformed
            lines.counts["suspect"] += when is None
        if self._fast:
            self._learned.learn(raw, event, written, stream.arrived)

    def _exactly(self, raw: bytes, parsed: Any, stream: Stream) -> tuple[Event, bytes]:
        """The document of an event and its line. Raises DecodeError."""
        event = document_of(parsed, self._tables.__getitem__, stream)
        try:
            if event.opaque and _may_be_inexact(raw):
                event = document_of(_parsed_exactly(raw), self._tables.__getitem__, stream)
            return event, strict(event.document)
        except orjson.JSONEncodeError:
            pass
        except RecursionError:
            raise DecodeError(_TOO_DEEP) from None
        try:
            return mended(event)
        except RecursionError:
            raise DecodeError(_TOO_DEEP) from None

    def _marked(self, event: dict[str, Any], arrived: str) -> tuple[Event, bytes]:
        """An event with marks, as if it had arrived then."""
        found = document_of(event, self._tables.__getitem__, Stream(arrived, self._sensor, self._vlan_is_vni))
        return found, strict(found.document)

    def _digest(self, sensor: bytes) -> blake2b:
        """The hash of an event of this sensor before its line."""
        found = self._digests.get(sensor)
        if found is None:
            found = blake2b(b"%b\n" % (sensor or self._sensor_bytes), digest_size=ID_BYTES)
            if len(self._digests) < _MOST_SENSORS:
                self._digests[sensor] = found
        return found


class _Lines:
    """One chunk's lines, and what became of them."""

    def __init__(self, chunk: Chunk) -> None:
        self._chunk = chunk
        self.physical = PhysicalLines(chunk.records, mid_line=chunk.mid_line)
        self.made = Made(len(self.physical.raws))
        self._rejects: list[Reject] = []
        self.counts: Counter[str] = Counter()

    def reject(self, number: int, why: str, *, fragment: bool = False) -> None:
        """A line that is no event."""
        offset = self._chunk.position.offset + self.physical.offset(number)
        ordinal = self._chunk.first_ordinal + number
        self._rejects.append(Reject(ordinal, offset, self.physical.raws[number], why, fragment=fragment))

    def batch(self, digest: Callable[[bytes], blake2b], basis: Callable[[bytes], bytes] | None) -> Batch:
        """All of it, checked."""
        raws, numbers, made = self.physical.raws, list(range(len(self.physical.raws))), self.made
        indexes, prefixes = [index for index, _ in made.partitions], [prefix for _, prefix in made.partitions]
        sensors, documents = made.sensors, made.documents
        if not all(prefixes):
            self.counts["expired"] += sum(bool(index) and not prefix for index, prefix in made.partitions)
            raws, sensors, documents = (list(compress(each, prefixes)) for each in (raws, sensors, documents))
            indexes, numbers = list(compress(indexes, prefixes)), list(compress(numbers, prefixes))
            prefixes = list(filter(None, prefixes))
        parts = [_ID_END] * (4 * len(documents))
        parts[0::4] = prefixes
        parts[1::4] = _ids(digest, sensors, raws if basis is None else [*map(basis, raws)])
        parts[3::4] = documents
        around = _ID_CHARACTERS + len(_ID_END)
        actions = list(map(around.__add__, map(len, prefixes)))
        body, cuts = b"".join(parts), list(accumulate(map(add, actions, map(len, documents)), initial=0))
        check_framing(body, cuts, len(documents), actions)
        return Batch(
            chunk=self._chunk,
            body=body,
            cuts=cuts,
            partitions=indexes,
            ordinals=[self._chunk.first_ordinal + number for number in numbers],
            rejects=tuple(self._rejects),
            sums=Sums(read=len(self.physical.raws), **self.counts),
        )


def _ids(digest: Callable[[bytes], blake2b], sensors: Sequence[bytes], raws: Sequence[bytes]) -> list[bytes]:
    """Of each line its hash after its sensor's name: 12 bytes, which are 16 characters of base64 and no padding."""
    of_sensor = {sensor: digest(sensor).copy for sensor in {*sensors}}
    digests = []
    for sensor, raw in zip(sensors, raws, strict=True):
        each = of_sensor[sensor]()
        each.update(raw)
        digests.append(each.digest())
    ids = b2a_base64(b"".join(digests), newline=False).translate(_URL_SAFE)
    return [ids[at : at + _ID_CHARACTERS] for at in range(0, len(ids), _ID_CHARACTERS)]


def _sensor(parsed: Any) -> str:
    """Who saw the event. Raises for what is no event at all."""
    if type(parsed) is not dict:
        raise DecodeError("not a JSON object")
    if type(parsed.get("event_type")) is not str:
        raise DecodeError("no event_type")
    host = parsed.get("host")
    return host if type(host) is str else ""


def _parsed_exactly(raw: bytes) -> Any:
    """Whole numbers of any size and lone surrogates, as Python reads JSON; slower. Raises DecodeError."""
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise DecodeError(f"not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise DecodeError(_TOO_DEEP) from None
    except ValueError as error:
        raise DecodeError(f"not JSON: {error}") from None


def _no_number(name: str) -> None:
    raise DecodeError(f"not JSON: {name}")


def _may_be_inexact(raw: bytes) -> bool:
    """Whether there may be a whole number that orjson reads as a float: 19 digits or more in a row."""
    return b"0" * 19 in raw.translate(_DIGITS)


_DIGITS = bytes(0x30 if 0x30 <= byte <= 0x39 else 0x20 for byte in range(256))
