"""Which columns a flow log has: header lines found among records, and format strings given by a person.

A header line decides the format, never the number of columns. It is a line whose tokens are all distinct and look
like field names, more than half of them known; names with underscores (as in Parquet) are the same names.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from shipper.decoders.flow_log.csv_rows import csv_columns
from shipper.decoders.flow_log.fields import KNOWN_NAMES
from shipper.errors import ConfigError

MAX_HEADER_BYTES = 16_384
"""Ten times a header of all fields known today."""

_KEPT = 32

# Possessive throughout: a hostile line costs one pass, never backtracking.
_NAME = rb"[a-z][a-z0-9_-]*+"
_SHAPE = rb"(?:\xef\xbb\xbf)?+[ \t]*+" + _NAME + rb"(?:[ \t]++" + _NAME + rb")*+[ \t]*+"
_LINE = re.compile(_SHAPE + rb"\r?+")
# The leading LF is a literal prefix, which makes the search over ordinary records as fast as finding line ends.
_LATER_LINE = re.compile(rb"\n(" + _SHAPE + rb")(?=\r?\n|\r?\Z)")
_LATER_CSV_LINE = re.compile(rb"\n((?:\xef\xbb\xbf)?+\"?[@A-Za-z_][^\n]*+)")
_FORMAT_TOKEN = re.compile(r"\$\{([a-z][a-z0-9_-]*)\}|([a-z][a-z0-9_-]*)")


def is_header(line: bytes) -> bool:
    """Whether a line (without its LF) names columns."""
    return header_columns(line) is not None


def header_columns(line: bytes, in_force: tuple[str, ...] = ()) -> tuple[str, ...] | None:
    """The columns that a header line names, in AWS's spelling; None if the line is not a header.

    A line that names exactly the columns in force is one, however few of them are known.
    """
    if len(line) > MAX_HEADER_BYTES:
        return None
    columns = named_columns(line)
    if columns is None or columns == in_force:
        return columns
    return columns if _mostly_known(columns) else None


def find_header(records: bytes) -> bytes | None:
    """The last header line in whole lines, without its line end; None if there is none."""
    found, place = None, -1
    for match in _LATER_LINE.finditer(records):
        if is_header(match[1]):
            found, place = match[1], match.start()
    if b"," in records:
        for match in _LATER_CSV_LINE.finditer(records, max(place, 0)):
            if csv_columns(match[1]):
                found = match[1]
    if found is None:
        end = records.find(b"\n")
        first = records[: end if end >= 0 else len(records)]
        found = first if is_header(first) or csv_columns(first) else None
    return None if found is None else found.removesuffix(b"\r")


def header_places(records: bytes) -> Iterator[int]:
    """Where lines begin that have a header's form, among whole lines."""
    if _LINE.fullmatch(records[: (records.find(b"\n") + 1 or len(records) + 1) - 1]):
        yield 0
    for match in _LATER_LINE.finditer(records):
        yield match.start(1)


def named_columns(line: bytes) -> tuple[str, ...] | None:
    """The names in a line, known or not; None if one has no name's form or appears twice."""
    return _names(line) if _LINE.fullmatch(line) else None


@lru_cache(maxsize=_KEPT)
def _names(line: bytes) -> tuple[str, ...] | None:
    """Those of a line in a header's form. Tiny objects have the same one each."""
    text = line.removeprefix(b"\xef\xbb\xbf").removesuffix(b"\r").decode("ascii").replace("\t", " ")
    return _distinct([canonical(token) for token in text.split(" ") if token])


def format_columns(given: str) -> tuple[str, ...]:
    """The columns of a format string: AWS's `${version} ${account-id} …`, or plain names. Raises ConfigError."""
    tokens = given.split()
    matches = [_FORMAT_TOKEN.fullmatch(token) for token in tokens]
    wrong = [token for token, match in zip(tokens, matches, strict=True) if match is None]
    if wrong or not tokens:
        raise ConfigError(f"format: expected field names such as ${{srcaddr}}, found {wrong[:1] or given!r}")
    columns = _distinct([canonical(match[1] or match[2]) for match in matches if match])
    if columns is None:
        raise ConfigError(f"format: a field is named twice in {given!r}")
    return columns


def canonical(name: str) -> str:
    """AWS's spelling of a known name; an unknown name as it is."""
    dashed = name.replace("_", "-")
    return dashed if dashed in KNOWN_NAMES else name


@lru_cache(maxsize=_KEPT)
def _mostly_known(columns: tuple[str, ...]) -> bool:
    return 2 * sum(name in KNOWN_NAMES for name in columns) > len(columns)


def _distinct(names: list[str]) -> tuple[str, ...] | None:
    return tuple(names) if len(set(names)) == len(names) else None
