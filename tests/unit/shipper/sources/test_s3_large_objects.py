"""Objects that are too large to be held: read piece by piece; Parquet from its end, then by columns."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from threading import Event

import pyarrow as pa
import pyarrow.parquet as pq

from fake_bucket import FakeBody, FakeBucket
from fakes import NOW, FakeCheckpoints, FakeWait
from polling import next_chunk
from shipper.identity import CHUNK_BYTES, Framing
from shipper.model import StreamKey
from shipper.sources.files import FilesSource
from shipper.sources.inputs import Input
from shipper.sources.parquet import parquet_lines
from shipper.sources.patience import Patience
from shipper.sources.s3_layout import Wanted
from shipper.sources.s3_objects import S3Objects

MOST_AHEAD = 6 * CHUNK_BYTES
"""What waits to be polled, a piece in the reader's hands, and blocks on their way."""


class CountedBody(FakeBody):
    """Notes what is read of it in its bucket's book."""

    def __init__(self, body: FakeBody, offset: int, book: "list[tuple[int, int]]") -> None:
        super().__init__(body._content, None, body.size, body.etag)
        self._at = offset
        self._book = book

    def read(self, size: int, /) -> bytes:
        block = super().read(size)
        self._book.append((self._at, len(block)))
        self._at += len(block)
        return block


@dataclass
class CountedBucket(FakeBucket):
    """`book`: (place, bytes) of each read, in order."""

    book: list[tuple[int, int]] = field(default_factory=list)

    def open(self, bucket: str, key: str, offset: int = 0, etag: str = "", size: int = -1) -> FakeBody:
        return CountedBody(super().open(bucket, key, offset, etag, size), offset, self.book)


def one(bucket: FakeBucket) -> Input:
    (item,) = S3Objects(bucket, Patience(FakeWait(), lambda: 0.5), Wanted()).below("logs", "")
    return item


def source(bucket: FakeBucket) -> FilesSource:
    return FilesSource(
        iter([one(bucket)]),
        key=lambda origin: StreamKey("lines", "store", origin),
        checkpoints=FakeCheckpoints(),
        framing=Framing(lambda _: None),
        clock=lambda: NOW,
    )


def settled(book: list[tuple[int, int]]) -> Iterator[int]:
    """The number of reads, until it does not change any more."""
    before = -1
    while len(book) != before:
        before = len(book)
        Event().wait(0.2)
        yield before


def test_s6_a_huge_object_is_read_no_further_than_is_asked_for() -> None:
    line = b"x" * 1023 + b"\n"
    bucket = CountedBucket({"huge.log": line * (40 * 1024)})
    reading = source(bucket)
    for _ in range(3):
        next_chunk(reading)
    list(settled(bucket.book))
    assert sum(size for _, size in bucket.book) < 3 * CHUNK_BYTES + MOST_AHEAD
    assert max(size for _, size in bucket.book) <= CHUNK_BYTES
    reading.close()


def test_s6_what_a_small_object_unpacks_to_is_not_held() -> None:
    """Hundreds of times its size."""
    rows = 40 * 1024
    line = b"x" * 1023 + b"\n"
    packed = gzip.compress(line * rows, 6)
    bucket = CountedBucket({"bomb.log.gz": packed})
    reading = source(bucket)
    next_chunk(reading)
    list(settled(bucket.book))
    read = sum(size for _, size in bucket.book)
    assert read <= len(packed) * (CHUNK_BYTES + MOST_AHEAD) // (len(line) * rows) + (128 << 10)
    reading.close()


def parquet(row_groups: int, rows: int) -> bytes:
    file = BytesIO()
    names = ("version", "account_id", "interface_id", "srcaddr", "dstaddr", "action")
    with pq.ParquetWriter(file, pa.schema([(name, pa.string()) for name in names]), compression="none") as writer:
        for group in range(row_groups):
            columns = [[f"{name} {group} {row}".replace(" ", "-") for row in range(rows)] for name in names]
            writer.write_table(pa.table(dict(zip(names, columns, strict=True))), row_group_size=rows)
    return file.getvalue()


def test_parquet_is_read_from_its_end_then_column_by_column_as_rows_are_asked_for() -> None:
    content = parquet(row_groups=8, rows=20_000)
    bucket = CountedBucket({"flows.parquet": content})
    lines = parquet_lines(one(bucket).open(), "flows.parquet", lambda _: None)  # type: ignore[arg-type]
    next(lines)
    places = [place for place, _ in bucket.book]
    assert any(place >= len(content) - (1 << 20) for place in places[:3]), "the footer comes before the rows"
    assert sum(size for _, size in bucket.book) < len(content) / 2, "the other row groups are not read yet"
    rest = b"".join(lines)
    assert rest.count(b"\n") >= 8 * 20_000 - 70_000
    assert sum(size for _, size in bucket.book) < 1.3 * len(content), "nothing is read again and again"
