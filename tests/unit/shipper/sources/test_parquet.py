"""Parquet is read as the text it stands for: the same documents, whatever the types, or damage that is named."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flow_log_samples import AWS_NAME, RECORD, chunk, decoder, written
from shipper.decoders.flow_log.fields import DEFAULT_FORMAT
from shipper.decoders.flow_log.header import find_header
from shipper.decoders.flow_log.lines import record_lines
from shipper.errors import SourceDamaged
from shipper.identity import Framing
from shipper.sources.framing import framed
from shipper.sources.inputs import Input
from shipper.sources.parquet import parquet_lines

NAMES = DEFAULT_FORMAT.split()
SILENT = "2 012345678901 eni-0123456789abcdef0 - - - - - - - 1700000000 1700000060 - NODATA"
SIX = (
    "2 unknown eni-0123456789abcdef0 2001:db8::1 2001:db8::2 1 22 6 1 9007199254740993 1700000000 1700000060 REJECT OK"
)
TEXTS = [RECORD.decode(), SILENT, SIX]
NUMBERS = {"version": pa.int32(), "srcport": pa.int32(), "dstport": pa.int32(), "protocol": pa.int32()}
COUNTS = dict.fromkeys(["packets", "bytes", "start", "end"], pa.int64())
TYPES = NUMBERS | COUNTS
"""What AWS delivers: Amazon VPC User Guide, "Available fields", Parquet data types; all else is a string."""


class Short(BytesIO):
    """A reader over a network: it gives less than was asked for."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(size if size is None or size < 0 else min(size, 1000))


def value(name: str, text: str) -> Any:
    return None if text == "-" else int(text) if name in TYPES else text


def table(texts: list[str], types: dict[str, pa.DataType] = TYPES) -> pa.Table:
    rows = [dict(zip(NAMES, text.split(), strict=True)) for text in texts]
    columns = {
        name.replace("-", "_"): typed(pa.array([value(name, row[name]) for row in rows]), types.get(name, pa.string()))
        for name in NAMES
    }
    return pa.table(columns)


def typed(column: pa.Array, kind: pa.DataType) -> pa.Array:
    return (column.cast(pa.timestamp("s")) if pa.types.is_timestamp(kind) else column).cast(kind)


def packed(rows: pa.Table, **options: Any) -> bytes:
    file = BytesIO()
    pq.write_table(rows, file, **options)
    return file.getvalue()


def lines_of(raw: bytes) -> list[bytes]:
    return b"".join(parquet_lines(BytesIO(raw), "some.parquet", find_header)).split(b"\n")[:-1]


def documents(raw: bytes, origin: str = "some.parquet", reader: type[BytesIO] = BytesIO) -> list[Any]:
    found = []
    item = Input(origin, lambda: reader(raw), len(raw))
    for piece in framed(item, reader(raw), Framing(find_header, record_lines)):
        batch = decoder().decode(
            chunk(
                piece.records, origin, identity=piece.identity, first_ordinal=piece.first_ordinal, header=piece.header
            )
        )
        assert batch.rejects == ()
        found += written(batch)
    return found


def same(raw: bytes, texts: list[str]) -> bool:
    plain = documents("\n".join([DEFAULT_FORMAT, *texts]).encode())
    return [each.document for each in documents(raw)] == [each.document for each in plain]


@pytest.mark.parametrize(
    "options",
    [{"compression": "gzip"}, {"compression": "zstd"}, {"row_group_size": 2}, {"use_dictionary": False},
     {"version": "1.0"}, {"data_page_version": "2.0"}, {"write_statistics": False}],
    ids=str,
)  # fmt: skip
def test_v3_typed_columns_with_underscores_are_the_documents_of_the_text(options: dict[str, Any]) -> None:
    texts = TEXTS * 3
    raw = packed(table(texts), **options)
    assert same(raw, texts)
    assert lines_of(raw)[1:] == [text.encode() for text in texts]


@pytest.mark.parametrize(
    "types",
    [
        dict.fromkeys(TYPES, pa.int64()),  # an Athena table with bigint
        dict.fromkeys(TYPES, pa.string()),
        dict.fromkeys(TYPES, pa.large_string()),
        TYPES | {"protocol": pa.uint8(), "srcport": pa.uint16(), "bytes": pa.uint64()},
        TYPES | dict.fromkeys(["srcport", "dstport", "protocol"], pa.float64()),  # pandas holds gaps as floats
        TYPES | {"bytes": pa.decimal128(20, 0)},
        TYPES | {"start": pa.timestamp("s"), "end": pa.timestamp("us", "UTC")},
        TYPES | {"start": pa.timestamp("ns"), "end": pa.timestamp("ms")},
    ],
    ids=lambda types: " ".join(sorted({str(each) for each in types.values()})),
)
def test_v3_any_types_are_the_same(types: dict[str, pa.DataType]) -> None:
    assert same(packed(table(TEXTS, types)), TEXTS)


def test_times_with_a_fraction_are_milliseconds() -> None:
    begin = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    rows = pa.table({"srcaddr": ["10.0.0.1"] * 2, "end": [begin, begin + timedelta(milliseconds=5)]})
    assert lines_of(packed(rows)) == [b"srcaddr end", b"10.0.0.1 1700000000", b"10.0.0.1 1700000000005"]


def test_v7_a_value_with_white_space_shifts_no_column() -> None:
    rows = pa.table({
        "new_in_2031": ["a b", "", "c", None], "srcaddr": ["10.0.0.1"] * 4,
        "ecs_service_name": ["s", "x\ny", "z", "\t"], "end": [1700000000] * 4,
    })  # fmt: skip
    found = documents(packed(rows))
    assert {each["source.ip"] for each in found} == {"10.0.0.1"}
    assert [each.document.get("service", {}).get("name") for each in found] == ["s", "x\ny", "z", None]
    unknown = [each.document.get("aws", {}).get("vpcflow", {}).get("unknown") for each in found]
    assert unknown == ['{"new_in_2031":"a b"}', None, '{"new_in_2031":"c"}', None]
    assert [each.ordinal for each in found] == [1, 2, 3, 4]


def test_names_that_are_no_header_make_rows_by_name() -> None:
    camel = pa.table({"srcAddr": ["10.0.0.1"], "dstAddr": ["10.0.0.2"], "endTime": [1700000000]})
    wrapped = pa.table({"message": [RECORD.decode()], "@timestamp": ["x"]})
    (found,) = documents(packed(camel))
    assert (found["source.ip"], found["@timestamp"]) == ("10.0.0.1", "2023-11-14T22:13:20Z")
    assert same(packed(wrapped), [RECORD.decode()])


def test_what_flow_logs_do_not_hold_is_kept_as_text() -> None:
    rows = pa.table({
        "srcaddr": ["10.0.0.1"], "bytes": [7], "end": [1700000000], "tags": [["a", "b"]], "flag": [True],
        "raw": [b"\xff"], "price": [Decimal("1.50")], "gap": pa.array([float("nan")]),
    })  # fmt: skip
    (found,) = documents(packed(rows.select(["srcaddr", "bytes", "end", "tags", "flag"])))
    assert json.loads(found["aws.vpcflow.unknown"]) == {"tags": '["a","b"]', "flag": "true"}
    (found,) = documents(packed(rows.select(["srcaddr", "bytes", "end", "raw", "price"])))
    assert json.loads(found["aws.vpcflow.unknown"]) == {"raw": "\\xff", "price": "1.50"}
    assert lines_of(packed(rows.select(["srcaddr", "gap", "end"])))[1] == b"10.0.0.1 - 1700000000"


def test_an_object_that_aws_named_has_its_name_and_row_numbers_as_ids() -> None:
    """Pinned: ids are fixed for ever. Row n is line n; the header is line 0."""
    name = AWS_NAME.removesuffix(".gz") + ".parquet"
    found = documents(packed(table(TEXTS)), f"s3://b/aws-service=vpcflowlogs/hour=05/{name}")
    assert [each.id for each in found] == ["jKMea6-W20hF1", "jKMea6-W20hF2", "jKMea6-W20hF3"]
    assert found[0]["aws.vpcflow.flow_log_id"] == "fl-0123456789abcdef0"
    elsewhere = documents(packed(table(TEXTS), row_group_size=1), f"/copy/{name}")
    assert [each.id for each in elsewhere] == [each.id for each in found]


def test_any_other_file_has_the_ids_of_the_text_it_stands_for() -> None:
    text = "\n".join([DEFAULT_FORMAT.replace("-", "_"), *TEXTS, ""]).encode()
    assert [each.id for each in documents(packed(table(TEXTS)))] == [each.id for each in documents(text)]


def test_no_rows_and_no_columns_are_no_records() -> None:
    assert documents(packed(table(TEXTS).slice(0, 0))) == []
    assert lines_of(packed(pa.table({}))) == []


def test_a_reader_that_gives_less_than_asked_for_is_asked_again() -> None:
    texts = TEXTS * 400
    raw = packed(table(texts), compression="none", use_dictionary=False, row_group_size=500)
    plain = [each.document for each in documents(raw)]
    assert [each.document for each in documents(raw, reader=Short)] == plain
    assert len(plain) == len(texts)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (packed(table(TEXTS))[:-9], "some.parquet: corrupt Parquet: "),
        (b"PAR1", "some.parquet: corrupt Parquet: "),
        (b"PAR1" * 9, "some.parquet: corrupt Parquet: "),
        (b"PARE" * 9, "some.parquet: the Parquet file is encrypted: decrypt it first"),
    ],
)
def test_what_cannot_be_read_is_named(raw: bytes, said: str) -> None:
    with pytest.raises(SourceDamaged, match=said):
        documents(raw)


WHOLE = packed(table(TEXTS * 3), row_group_size=3)


@settings(max_examples=150)
@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255), st.booleans())
def test_any_damage_is_damage_or_other_values(at: int, bits: int, cut: bool) -> None:
    """Never another exception, and never more rows than there are."""
    damaged = bytearray(WHOLE)
    damaged[at] ^= bits
    try:
        found = lines_of(bytes(damaged[:at] if cut and at > 4 else damaged))
    except SourceDamaged:
        found = []
    assert len(found) <= 10


def test_row_groups_before_a_damaged_one_are_good(tmp_path: Path) -> None:
    path = tmp_path / "some.parquet"
    path.write_bytes(WHOLE)
    place = pq.ParquetFile(path).metadata.row_group(2).column(3).data_page_offset
    damaged = bytearray(WHOLE)
    damaged[place : place + 40] = bytes(40)
    good = []
    with pytest.raises(SourceDamaged):
        good.extend(parquet_lines(BytesIO(bytes(damaged)), "some.parquet", find_header))
    assert b"".join(good).count(b"\n") in (1, 7)
