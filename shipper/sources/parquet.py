"""Parquet as the text it stands for, so that one decoder serves both: a header line, then a line for each row.

Source: Amazon VPC User Guide, "Flow log files", Parquet: typed columns, underscores in names. Null becomes `-`, a
timestamp its epoch. A row with a value that could shift columns (white space, nothing at all) is a JSON object by
column name; so is every row where the names are no header of this kind of records.
Rows are read in batches, so memory is bounded by pages of one row group, whatever the file's size.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import orjson

from shipper.errors import SourceDamaged
from shipper.identity import FindHeader
from shipper.sources.inputs import SeekableReader

if TYPE_CHECKING:
    import pyarrow as pa

MAGIC: Final = (b"PAR1", b"PARE")
"""What a file begins with; the second one's footer is encrypted (Parquet format, "Parquet Modular Encryption")."""

_ROWS_AT_A_TIME: Final = 8_192
_BUFFER_BYTES: Final = 1 << 20
_ABSENT: Final = "-"
_SHIFTS_COLUMNS: Final = r"[ \t\r\n\x00]|^$"


def parquet_lines(file: SeekableReader, origin: str, find_header: FindHeader) -> Iterator[bytes]:
    """Whole lines, a batch of rows at a time. Raises SourceDamaged where they cannot be read further."""
    from pyarrow import ArrowException  # noqa: PLC0415  (heavy: only where it is met)
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415

    if _encrypted(file):
        raise SourceDamaged(f"{origin}: the Parquet file is encrypted: decrypt it first")
    try:
        with ParquetFile(_AsFile(file), buffer_size=_BUFFER_BYTES, pre_buffer=False) as rows:
            names = rows.schema_arrow.names
            header = " ".join(names).encode()
            as_text = find_header(header + b"\n") is not None
            if as_text:
                yield header + b"\n"
            for batch in rows.iter_batches(_ROWS_AT_A_TIME, use_threads=False):
                if batch.num_rows:
                    yield _lines(names, [_text(column) for column in batch.columns], as_text=as_text)
    except (ArrowException, OSError, ValueError) as error:
        raise SourceDamaged(f"{origin}: corrupt Parquet: {_first_line(error)}") from error


def is_parquet(file: SeekableReader) -> bool:
    """Whether it begins as Parquet does; it is at its start before and after. Raises OSError."""
    beginning = file.read(len(MAGIC[0]))
    file.seek(0)
    return beginning in MAGIC


def _encrypted(file: SeekableReader) -> bool:
    encrypted = file.read(len(MAGIC[1])) == MAGIC[1]
    file.seek(0)
    return encrypted


def _lines(names: list[str], columns: "list[pa.Array]", *, as_text: bool) -> bytes:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    if not as_text:
        rows = zip(*(column.to_pylist() for column in columns), strict=True)
        return b"".join(_json_row(names, row) for row in rows)
    shifting = pc.match_substring_regex(columns[0], _SHIFTS_COLUMNS)
    for column in columns[1:]:
        shifting = pc.or_(shifting, pc.match_substring_regex(column, _SHIFTS_COLUMNS))
    lines = pc.binary_join_element_wise(*columns, " ")
    places = pc.indices_nonzero(shifting).to_pylist()
    objects = [_json_row(names, tuple(column[at].as_py() for column in columns)).decode().rstrip("\n") for at in places]
    if objects:
        lines = pc.replace_with_mask(lines, shifting, pa.array(objects, lines.type))
    return _joined(pc.binary_join_element_wise(lines, "\n", ""))


def _joined(texts: "pa.StringArray") -> bytes:
    """All texts, one after the other: as they lie in memory (Arrow columnar format, variable-size binary layout)."""
    _, offsets, content = texts.buffers()
    begin, end = (
        int.from_bytes(offsets[at * 4 : at * 4 + 4], "little") for at in (texts.offset, texts.offset + len(texts))
    )
    return bytes(content[begin:end])


def _json_row(names: list[str], row: tuple[str, ...]) -> bytes:
    return orjson.dumps(dict(zip(names, row, strict=True)), option=orjson.OPT_APPEND_NEWLINE)


def _text(column: "pa.Array") -> "pa.Array":
    """A column of any type as text; null is `-`."""
    import pyarrow as pa  # noqa: PLC0415

    kind = column.type
    if pa.types.is_dictionary(kind):
        return _text(column.dictionary_decode())
    if pa.types.is_timestamp(kind):
        texts = _epochs(column)
    elif pa.types.is_integer(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        texts = column.cast(pa.string())
    else:
        texts = pa.array([_other(value) for value in column.to_pylist()], pa.string())
    return texts.fill_null(_ABSENT)


def _epochs(column: "pa.Array") -> "pa.Array":
    """Seconds since 1970, or milliseconds where there are any."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    milliseconds = column.cast(pa.timestamp("ms", column.type.tz), safe=False).cast(pa.int64())
    seconds = pc.divide(milliseconds, 1000)
    whole = pc.equal(pc.multiply(seconds, 1000), milliseconds)
    return pc.if_else(whole, seconds, milliseconds).cast(pa.string())


def _other(value: Any) -> str | None:
    """A value of a type that no flow log is delivered with, but that tools make of one."""
    if value is None or value != value:  # noqa: PLR0124  (a float that is no number)
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # a column of numbers with gaps, held as floats
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return orjson.dumps(value, default=str).decode() if isinstance(value, list | dict | bool) else str(value)


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]


class _AsFile:
    """A reader as the file object that pyarrow asks for. Closing it leaves the reader to whom it belongs."""

    closed = False

    def __init__(self, reader: SeekableReader) -> None:
        self._reader = reader
        self.seek: Callable[..., int] = reader.seek
        self.tell: Callable[[], int] = reader.tell

    def read(self, size: int = -1) -> bytes:
        """`size` bytes, fewer at the end only: a reader over a network may give them in parts."""
        parts: list[bytes] = []
        wanted = size if size >= 0 else 1 << 62
        while wanted > 0 and (part := self._reader.read(min(wanted, _BUFFER_BYTES))):
            parts.append(part)
            wanted -= len(part)
        return b"".join(parts)

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def writable(self) -> bool:
        """Never."""
        return False

    def close(self) -> None:
        """Nothing: the reader is closed by whom it belongs to."""
