"""One line → the cells of the record it holds, whatever is wrapped around that.

Wrappings are known by what stands there, never by how many columns there are. A new one is a row of WRAPPINGS.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from shipper.decoders.flow_log.csv_rows import csv_row
from shipper.decoders.flow_log.fields import KNOWN_NAMES
from shipper.decoders.flow_log.header import header_columns
from shipper.decoders.flow_log.inner import Broken, NoRecord, Unwrapped
from shipper.decoders.flow_log.json_rows import json_value
from shipper.decoders.flow_log.text import cli_line, timed_line
from shipper.decoders.other_logs import other_text_log

_SEPARATOR = re.compile("[ \t]+")
_LINE_SPACE = " \t"
_INNER_SPACE = " \t\r\n"
_MOST_LAYERS = 4


@dataclass(frozen=True, slots=True)
class Format:
    """The columns in force and who named them. In CSV they are separated by commas, else by spaces or tabs."""

    columns: tuple[str, ...]
    named_by: str
    hint: str = ""
    csv: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """As many cells as columns. `event_id` is CloudWatch's, if it has one."""

    form: Format
    cells: list[str]
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class Bad:
    """What cannot be framed, and why."""

    reason: str


Wrapping = Callable[[str], Unwrapped | None]

WRAPPINGS: tuple[Wrapping, ...] = (json_value, timed_line, cli_line)
"""Each says what a text holds, or None where it is not its kind."""

_EXACT_WRAPPINGS: tuple[Wrapping, ...] = (json_value,)


def record_of(raw: bytes, form: Format, unnamed: Format) -> Record | Bad | NoRecord | None:
    """The record in a line; None for a blank one. Records inside CSV have the `unnamed` format."""
    try:
        text = raw.removesuffix(b"\r").decode("utf-8").strip(_LINE_SPACE)
    except UnicodeDecodeError as error:
        return Bad(f"not UTF-8 at byte {error.start}")
    if not text:
        return None
    if "\0" in text:
        return Bad("NUL byte")
    first = csv_row(text, form.columns) if form.csv else _unwrapped(text, form)
    found = _framed(text, form) if first is None else _inside(first, unnamed if form.csv else form)
    if isinstance(found, Bad) and (kind := other_text_log(text)):
        return NoRecord(kind)
    return found


def _inside(first: Unwrapped, form: Format) -> Record | Bad | NoRecord | None:
    """Layer after layer: Beats wrap what CloudWatch wrapped."""
    found: Unwrapped | None = first
    told: Mapping[str, str] = {}
    event_id = text = ""
    for _ in range(_MOST_LAYERS):
        if isinstance(found, NoRecord):
            return found
        if isinstance(found, Broken):
            return Bad(found.reason)
        if found is None:
            return _completed(_framed_inside(text, form), told, event_id)
        told, event_id = {**told, **found.told}, found.event_id or event_id
        if found.row is not None:
            named = _named(tuple(found.row), found.row_named_by)
            return _completed(Record(named, list(found.row.values())), told, event_id)
        text = found.text.strip(_INNER_SPACE)
        found = _unwrapped(text, form)
    return Bad(f"wrapped more than {_MOST_LAYERS} times")


def _unwrapped(text: str, form: Format) -> Unwrapped | None:
    """None for a bare record. Where the first column is of another tool, nobody knows what text may stand there."""
    wrappings = WRAPPINGS if form.columns[0] in KNOWN_NAMES else _EXACT_WRAPPINGS
    return next((found for wrapping in wrappings if (found := wrapping(text)) is not None), None)


def _framed_inside(text: str, form: Format) -> Record | Bad | NoRecord:
    """A record that was wrapped. Its header went the same way: one that says nothing new is no record."""
    named = header_columns(text.encode("utf-8", "surrogatepass"), form.columns)
    if named == form.columns:
        return NoRecord()
    if named:
        return Bad("a header inside a wrapping: name these columns with --format")
    if "\0" in text:
        return Bad("NUL byte")
    return _framed(text, form)


def _framed(text: str, form: Format) -> Record | Bad | NoRecord:
    cells = _SEPARATOR.split(text)
    if len(cells) == len(form.columns) and (text or len(cells) > 1):
        return Record(form, cells)
    if kind := other_text_log(text):
        return NoRecord(kind)
    if text.startswith(("{", "[")):
        return Bad("damaged JSON")
    expected = f"expected {len(form.columns)} columns ({form.named_by})"
    return Bad(f"{expected}, found {len(cells) if text else 0}{form.hint}")


def _completed(found: Record | Bad | NoRecord, told: Mapping[str, str], event_id: str) -> Record | Bad | NoRecord:
    """A record with what its wrapping tells, where it has no column for it."""
    if not isinstance(found, Record):
        return found
    columns = found.form.columns
    more = {name: text for name, text in told.items() if name not in columns}
    if "end" in columns:
        more.pop("start", None)
    form = _with_more(found.form, tuple(more)) if more else found.form
    return Record(form, [*found.cells, *more.values()], event_id)


@lru_cache(maxsize=256)
def _with_more(form: Format, more: tuple[str, ...]) -> Format:
    return Format((*form.columns, *more), form.named_by, form.hint)


@lru_cache(maxsize=256)
def _named(columns: tuple[str, ...], named_by: str) -> Format:
    """One object for the same columns, so that rows in a run of equal ones share their layout."""
    return Format(columns, named_by)
