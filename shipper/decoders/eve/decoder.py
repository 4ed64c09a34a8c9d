"""Suricata's EVE: a chunk of JSON lines in, a batch of documents out. One parse and one writing for each event.

Every physical line is a document, a reject (over-long, not JSON, no event) or counted as skipped (blank lines) or
expired. A document's id is a hash of its line and of the sensor's name: equal lines are one event, and the store
counts the others as duplicates.
"""

import json
from binascii import b2a_base64
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import accumulate
from operator import add
from typing import Any, Final

import orjson

from shipper.decoders.bulk_lines import Operation, check_framing
from shipper.decoders.eve.datasets import objects
from shipper.decoders.eve.event import DATASETS, Event, Stream, document_of, strict
from shipper.decoders.eve.learned import Learned, Made
from shipper.decoders.eve.mending import mended
from shipper.decoders.eve.privacy import Privacy, kinds
from shipper.decoders.eve.table import Table, table
from shipper.errors import DecodeError
from shipper.identity import MAX_RECORD_BYTES, OVER_LONG
from shipper.model import Batch, Chunk, Reject, Sums
from shipper.partition import PartitionRule

ID_BYTES: Final = 12
_ID_CHARACTERS = 16
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_ID_END = b'"}}\n'
_BLANK = b" \t\r"
_TOO_DEEP = "nested too deep"
_MOST_PREFIXES = 4096
_MOST_SENSORS = 4096


class EveDecoder:
    """Decodes EVE lines. `sensor` names the sensor of events that do not name one; it is part of their ids.

    `vlan_is_vni` reads the first two VLAN tags as the VNI of a mirror session. Events older than their dataset's
    `expire_before` are counted, not written. `privacy` says by dataset what is left out or hashed. Without `fast` every
    event goes the exact way; what comes out is the same.
    """

    def __init__(
        self,
        rules: Mapping[str, PartitionRule],
        *,
        sensor: str = "",
        vlan_is_vni: bool = False,
        privacy: Mapping[str, Privacy] | None = None,
        expire_before: Mapping[str, datetime] | None = None,
        operation: Operation = "create",
        fast: bool = True,
    ) -> None:
        self._rules = rules
        self._sensor = sensor
        self._sensor_bytes = sensor.encode("utf-8", "surrogatepass")
        self._vlan_is_vni = vlan_is_vni
        chosen = {name: (privacy or {}).get(name, Privacy()) for name in DATASETS}
        self._tables: Mapping[str, Table] = {name: table(kinds(each), objects(name)) for name, each in chosen.items()}
        self._expire_before = {
            name: int(oldest.timestamp() * 1_000_000) for name, oldest in (expire_before or {}).items()
        }
        self._operation = operation
        self._learned = Learned(self._tables.__getitem__, self._marked)
        self._fast = fast
        self._prefixes: dict[tuple[str, bytes], tuple[str, bytes]] = {}
        self._digests: dict[bytes, blake2b] = {}

    def decode(self, chunk: Chunk) -> Batch:
        """Every physical line becomes a document, a reject or a counted skip. Never raises for what a line holds."""
        arrived = f"{chunk.received_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        stream = Stream(arrived, self._sensor, self._vlan_is_vni)
        lines = _Lines(chunk, arrived.encode())
        raws = chunk.records.split(b"\n")
        if not raws[-1]:
            raws.pop()
        inside, offset = chunk.mid_line, chunk.position.offset
        learned, add = self._learned.document, self._add
        for ordinal, raw in enumerate(raws, chunk.first_ordinal):
            if inside or len(raw) > MAX_RECORD_BYTES:
                lines.rejects.append(Reject(ordinal, offset, raw, OVER_LONG, fragment=True))
            elif self._fast and raw.isascii() and (made := learned(raw, lines.arrived)):
                add(raw, ordinal, made, lines)
            else:
                try:
                    self._write(raw, ordinal, stream, lines)
                except DecodeError as error:
                    lines.rejects.append(Reject(ordinal, offset, raw, str(error)))
            inside = False
            offset += len(raw) + 1
        return lines.batch(len(raws))

    def _write(self, raw: bytes, ordinal: int, stream: Stream, lines: "_Lines") -> None:
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
        hour, since_1970 = (when.text[:13].encode(), when.since_1970) if when else (b"", 0)
        if self._add(raw, ordinal, (event.dataset, sensor, hour, since_1970, written), lines):
            lines.counts["malformed"] += event.malformed
            lines.counts["suspect"] += when is None
        if self._fast and raw.isascii():
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

    def _add(self, raw: bytes, ordinal: int, made: Made, lines: "_Lines") -> bool:
        """Hands a document on unless it is too old."""
        dataset, sensor, hour, since_1970, written = made
        if self._expire_before and hour and since_1970 < self._expire_before.get(dataset, 0):
            lines.counts["expired"] += 1
            return False
        index, prefix = self._prefixes.get((dataset, hour)) or self._prefix(dataset, hour)
        digest = (self._digests.get(sensor) or self._digest(sensor)).copy()
        digest.update(raw)
        lines.columns += (index, ordinal, prefix, digest.digest(), written)
        return True

    def _digest(self, sensor: bytes) -> blake2b:
        """The hash of an event of this sensor before its line."""
        found = blake2b(b"%b\n" % (sensor or self._sensor_bytes), digest_size=ID_BYTES)
        if len(self._digests) < _MOST_SENSORS:
            self._digests[sensor] = found
        return found

    def _prefix(self, dataset: str, hour: bytes) -> tuple[str, bytes]:
        """The partition of an hour, and what an action line for it begins with."""
        moment = datetime.fromisoformat(f"{hour.decode()}:00:00+00:00") if hour else None
        index = self._rules[dataset].index(moment)
        found = index, b'{"%b":{"_index":%b,"_id":"' % (self._operation.encode(), orjson.dumps(index))
        if len(self._prefixes) < _MOST_PREFIXES:
            self._prefixes[dataset, hour] = found
        return found


class _Lines:
    """One chunk's bulk lines as they grow."""

    def __init__(self, chunk: Chunk, arrived: bytes) -> None:
        self._chunk = chunk
        self.arrived = arrived
        self.columns: list[Any] = []
        """Of each document five in a row: partition, ordinal, what its action line begins with, its id, its own line.

        One list, because a tuple for each document would set off the collector of cycles again and again.
        """
        self.rejects: list[Reject] = []
        self.counts: Counter[str] = Counter()

    def batch(self, read: int) -> Batch:
        """All of it, checked."""
        partitions, ordinals, prefixes, digests, documents = (self.columns[at::5] for at in range(5))
        # 12 bytes are 16 characters of base64 and no padding, so that all ids are written at once.
        ids = b2a_base64(b"".join(digests), newline=False).translate(_URL_SAFE)
        parts = [_ID_END] * (4 * len(documents))
        parts[0::4] = prefixes
        parts[1::4] = [ids[at : at + _ID_CHARACTERS] for at in range(0, len(ids), _ID_CHARACTERS)]
        parts[3::4] = documents
        around = _ID_CHARACTERS + len(_ID_END)
        lengths = map(add, map(len, prefixes), map(len, documents))
        body, cuts = b"".join(parts), list(accumulate((length + around for length in lengths), initial=0))
        check_framing(body, cuts, len(documents))
        return Batch(
            chunk=self._chunk,
            body=body,
            cuts=cuts,
            partitions=partitions,
            ordinals=ordinals,
            rejects=tuple(self.rejects),
            sums=Sums(read=read, **self.counts),
        )


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
