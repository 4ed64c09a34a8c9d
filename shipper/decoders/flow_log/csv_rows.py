"""Flow logs as CSV (RFC 4180, one record a line): downloads of Athena, of Logs Insights and of the console.

A header line names the columns: a flow log's own, or those of CloudWatch events with the record as their message.
"""

import csv
from collections.abc import Sequence
from typing import Final

from shipper.decoders.flow_log.fields import ABSENT
from shipper.decoders.flow_log.inner import Broken, Inner, Unwrapped, epoch_text, told_by_event
from shipper.decoders.flow_log.names import column_names, mostly_known

MAX_HEADER_BYTES: Final = 16_384
MESSAGES: Final = ("@message", "message")
_STREAMS: Final = ("@logStream", "logStream", "logStreamName")
_TIMES: Final = ("@timestamp", "timestamp")
_OF_THE_EVENT: Final = frozenset({*_STREAMS, *_TIMES, "@log", "@ptr", "@ingestionTime", "@entity"})
_TIME_COLUMNS: Final = frozenset({"start", "end"})


def csv_columns(line: bytes) -> tuple[str, ...] | None:
    """The columns that a CSV header line names, in AWS's spelling; None if the line is no such header."""
    if b"," not in line or len(line) > MAX_HEADER_BYTES or line[:1].isdigit():
        return None
    try:
        names = _split(line.removeprefix(b"\xef\xbb\xbf").removesuffix(b"\r").decode("ascii"))
    except UnicodeDecodeError:
        return None
    if names is None or not all(map(_is_name, names)):
        return None
    columns = column_names(names)
    if columns is None:
        return None
    own = [name for name in columns if name not in _OF_THE_EVENT]
    return columns if any(name in columns for name in MESSAGES) or (own and mostly_known(own)) else None


def csv_row(text: str, columns: Sequence[str]) -> Unwrapped:
    """What a line under these columns holds."""
    cells = _split(text)
    if cells is None:
        return Broken("not CSV: a quote is not closed, or stands where none may")
    if len(cells) != len(columns):
        return Broken(f"expected {len(columns)} columns (the CSV header), found {len(cells)}")
    row = dict(zip(columns, cells, strict=True))
    told = told_by_event(_first(row, _STREAMS), _first(row, _TIMES))
    message = _first(row, MESSAGES)
    if message is not None:
        return Inner(message, told=told)
    own = {name: _cell(name, text) for name, text in row.items() if name not in _OF_THE_EVENT}
    return Inner(row=own, row_named_by="the CSV header", told=told)


def _split(text: str) -> list[str] | None:
    try:
        return next(csv.reader([text], strict=True), None)
    except csv.Error:
        return None


def _is_name(text: str) -> bool:
    return text.removeprefix("@").replace("-", "_").isidentifier()


def _first(row: dict[str, str], names: Sequence[str]) -> str | None:
    return next((row[name] for name in names if name in row), None)


def _cell(name: str, text: str) -> str:
    cell = text.strip() or ABSENT
    return epoch_text(cell) if name in _TIME_COLUMNS else cell
