"""Flow logs as text, line by line: slow, and the definition of right for any faster path.

In: a chunk of lines. Out: a batch in which every physical line is a document, a reject, or counted as skipped
(headers, blank lines), excluded or expired. Lines end at LF only, columns at spaces and tabs only.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from shipper.decoders.bulk_lines import BulkLines, Operation
from shipper.decoders.flow_log.csv_rows import csv_columns
from shipper.decoders.flow_log.derived import Json
from shipper.decoders.flow_log.document import DECODER_VERSION, NO_TRAFFIC, Layout, Row, Stream, decode_row, layout
from shipper.decoders.flow_log.fields import DEFAULT_FORMAT
from shipper.decoders.flow_log.header import format_columns, header_columns, named_columns
from shipper.decoders.flow_log.inner import NoRecord
from shipper.decoders.flow_log.record import Bad, Format, Record, record_of
from shipper.decoders.flow_log.selection import Selection
from shipper.identity import MAX_RECORD_BYTES, OVER_LONG, document_id, event_document_id, object_name
from shipper.model import Batch, Chunk, Reject, Sums
from shipper.partition import PartitionRule

_BLANK = b" \t\r"


@dataclass(frozen=True, slots=True)
class Line:
    """A physical line without its LF, where it stands in the stream, and who it is."""

    raw: bytes
    offset: int
    ordinal: int
    document_id: str

    def reject(self, reason: str, *, fragment: bool = False) -> Reject:
        """This line as a record that cannot be framed."""
        return Reject(self.ordinal, self.offset, self.raw, reason, fragment)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a decoder was made with."""

    rules: Mapping[str, PartitionRule]
    unnamed: Format
    selection: Selection
    expire_before: Mapping[str, datetime]
    operation: Operation


class FlowLogDecoder:
    """Decodes VPC and transit gateway flow logs.

    `given_format` is what lines without a header are read as. `id` is written where the stream's name does
    not tell. Records that `selection` does not want are counted, not written; of the others those older than their
    dataset's `expire_before`. Raises ConfigError for a bad format.
    """

    def __init__(
        self,
        vpc: PartitionRule,
        tgw: PartitionRule,
        *,
        given_format: str | None = None,
        flow_log_id: str | None = None,
        selection: Selection = Selection(),  # noqa: B008  (frozen)
        expire_before: Mapping[str, datetime] | None = None,
        operation: Operation = "create",
    ) -> None:
        self._rules = {vpc.dataset: vpc, tgw.dataset: tgw}
        self._format = default_format(given_format)
        self._flow_log_id = flow_log_id
        self._selection = selection
        self._expire_before = dict(expire_before or {})
        self._operation: Operation = operation

    @property
    def settings(self) -> Settings:
        """For a path beside this one, which is to give the same."""
        return Settings(self._rules, self._format, self._selection, self._expire_before, self._operation)

    def decode(self, chunk: Chunk) -> Batch:
        """Every physical line becomes a document, a reject or a counted skip. Never raises for what a line holds."""
        bulk = BulkLines(chunk, self._operation)
        counts: Counter[str] = Counter()
        others: Counter[str] = Counter()
        unknown: frozenset[str] = frozenset()
        form = None
        for line, in_force, cells in framed(chunk, self._format):
            if in_force is not form:
                form, columns = in_force, layout(in_force.columns)
                stream = self.stream(chunk, columns)
                wanted = self._selection.row_test(in_force.columns)
                unknown |= frozenset() if form.csv else columns.unknown_names  # a CSV row has a format of its own
            counts["read"] += 1
            if isinstance(cells, Reject):
                bulk.reject(cells)
            elif isinstance(cells, NoRecord):
                counts["skipped"] += 1
                others.update([cells.kind] if cells.kind else [])
            elif cells is None:
                counts["skipped"] += 1
                if line.raw.strip(_BLANK):
                    bulk.header(line.ordinal, line.raw)
            elif not wanted(cells):
                counts["excluded"] += 1
            else:
                counts.update(self._write(bulk, line, columns, decode_row(columns, cells, stream)))
        return bulk.batch(Sums(**counts), unknown, others)

    def _write(self, bulk: BulkLines, line: Line, columns: Layout, row: Row) -> list[str]:
        """Hands a document on unless it is too old; which sums it adds to."""
        oldest = self._expire_before.get(columns.dataset.name)
        if row.moment is not None and oldest is not None and row.moment < oldest:
            return ["expired"]
        bulk.add(self._rules[columns.dataset.name].index(row.moment), line.document_id, row.document, line.ordinal)
        seen = {"malformed": row.malformed, "suspect": row.moment is None, row.status.lower(): row.status in NO_TRAFFIC}
        return [name for name, counted in seen.items() if counted]

    def stream(self, chunk: Chunk, columns: Layout) -> Stream:
        """What the chunk's origin adds to each record. Only a delivered object's name is anyone's business."""
        own = columns.dataset.own
        arrived = f"{chunk.received_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        leaves: dict[str, Json] = {
            "event.ingested": arrived,
            "event.dataset": columns.dataset.name,
            "flowtap.decoder": DECODER_VERSION,
        }
        if self._flow_log_id:
            leaves[f"{own}.flow_log_id"] = self._flow_log_id
        name = object_name(chunk.position.origin)
        if name is not None:
            leaves[f"{own}.flow_log_id"] = name.flow_log_id
            leaves[f"{own}.source_object"] = chunk.position.origin.rsplit("/", 1)[-1]
            leaves |= {} if columns.has("account-id") else {"cloud.account.id": name.account}
            leaves |= {} if columns.has("region") else {"cloud.region": name.region}
        return Stream(arrived, leaves)


def default_format(given: str | None) -> Format:
    """What lines are read as before any header. Raises ConfigError."""
    if given is not None:
        return Format(format_columns(given), "the format given", "; check --format")
    hint = "; no header line was read: name the columns with --format"
    return Format(format_columns(DEFAULT_FORMAT), "the default format", hint)


def framed(chunk: Chunk, unnamed: Format) -> Iterator[tuple[Line, Format, list[str] | Reject | NoRecord | None]]:
    """Each physical line with the format in force and its cells; None for a header or blank line.

    A header line puts itself in force. The chunk's own header counts even if none of its names is known. A line that
    wraps a record is framed as what it wraps.
    """
    form = _by_header(chunk.header, named_columns(chunk.header)) or unnamed
    inside = chunk.mid_line
    for line in physical_lines(chunk):
        if inside or len(line.raw) > MAX_RECORD_BYTES:
            yield line, form, line.reject(OVER_LONG, fragment=True)
        elif header := _by_header(line.raw, header_columns(line.raw, form.columns)):
            form = header
            yield line, form, None
        else:
            found = record_of(line.raw, form, unnamed)
            if isinstance(found, Record):
                yield _named(line, found.event_id), found.form, found.cells
            else:
                yield line, form, line.reject(found.reason) if isinstance(found, Bad) else found
        inside = False


def _named(line: Line, event_id: str) -> Line:
    """A CloudWatch event is its id; anything else is where it stands."""
    return replace(line, document_id=event_document_id(event_id)) if event_id else line


def physical_lines(chunk: Chunk) -> Iterator[Line]:
    """Lines end at LF only; a last one without LF counts."""
    offset = chunk.position.offset
    raws = chunk.records.split(b"\n")
    if not raws[-1]:
        raws.pop()
    for at, raw in enumerate(raws):
        ordinal = chunk.first_ordinal + at
        yield Line(raw, offset, ordinal, document_id(chunk.identity, ordinal))
        offset += len(raw) + 1


def _by_header(line: bytes, columns: tuple[str, ...] | None) -> Format | None:
    if columns:
        return Format(columns, "the header line")
    names = csv_columns(line)
    return Format(names, "the CSV header", csv=True) if names else None
