"""A bucket's objects as inputs: what is listed, in which order, and reading on after whatever breaks."""

import gzip
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from aws.errors import AwsDenied, AwsNotSetUp, AwsUnavailable, AwsUnreadable
from aws_keys import object_key
from fake_bucket import FakeBucket
from fakes import FakeWait
from shipper.errors import ConfigError, Refused, SourceDamaged, Unavailable
from shipper.sources.inputs import Input, address
from shipper.sources.patience import Patience
from shipper.sources.s3_layout import Wanted
from shipper.sources.s3_objects import MOST_DENIED, S3Objects

TEXT = b"".join(b"%d\n" % number for number in range(10_000))
OTHER = "999999999999"


def objects(bucket: FakeBucket, wanted: Wanted = Wanted(), wait: FakeWait | None = None) -> S3Objects:  # noqa: B008
    return S3Objects(bucket, Patience(wait or FakeWait(), lambda: 0.5), wanted)


def found(bucket: FakeBucket, prefix: str = "", wanted: Wanted = Wanted()) -> list[str]:  # noqa: B008
    return [item.origin.removeprefix("s3://logs/") for item in objects(bucket, wanted).below("logs", prefix)]


def one(bucket: FakeBucket, wait: FakeWait | None = None) -> Input:
    (item,) = objects(bucket, wait=wait).below("logs", "")
    return item


def read(item: Input, size: int = 4096) -> bytes:
    file, content = item.open(), b""
    while block := file.read(size):
        content += block
    file.close()
    return content


def archive(days: list[str]) -> dict[str, bytes]:
    return {
        object_key(day, number, account=account, region=region, hive=hive): b"x"
        for day in days
        for number in range(3)
        for account in (object_key.__kwdefaults__["account"], OTHER)
        for region in ("eu-west-1", "us-east-1")
        for hive in (False, True)
    }


def test_objects_come_by_day_across_accounts_regions_and_layouts() -> None:
    bucket = FakeBucket(archive(["2023/12/31", "2024/01/02", "2024/01/01"]), page_size=2)
    keys = found(bucket)
    assert sorted(keys) == sorted(bucket.objects)
    days = [key.rsplit("_", 2)[1][:8] for key in keys]
    assert days == sorted(days)


def test_what_is_not_wanted_is_not_listed() -> None:
    bucket = FakeBucket(archive([f"2024/{month:02}/{day:02}" for month in (1, 2, 3) for day in (1, 2, 3)]))
    wanted = Wanted(frozenset({OTHER}), frozenset({"eu-west-1"}), datetime(2024, 2, 2, 12, tzinfo=UTC))
    keys = found(bucket, "", wanted)
    assert {key.rsplit("_", 2)[1][:8] for key in keys} == {"20240301", "20240302", "20240303", "20240203"}
    assert len(keys) == 4 * 3 * 2
    assert not [prefix for prefix in bucket.listed if "2024/01" in prefix or "us-east-1" in prefix]


@pytest.mark.parametrize("page_size", [1, 2, 3, 7, 1000])
def test_every_key_is_listed_once_whatever_the_pages(page_size: int) -> None:
    keys = ["a", "a/b", "a/b/c", "a/c", "é +%2B/x y", "z/1", "z/2", "z0", "漢/字"]
    bucket = FakeBucket(dict.fromkeys(keys, b"x"), page_size=page_size)
    assert sorted(found(bucket)) == sorted(keys)


def test_s10_what_was_delivered_late_is_listed_like_anything_else() -> None:
    bucket = FakeBucket(archive(["2024/01/02"]))
    before = found(bucket)
    late = object_key("2024/01/01", 7)
    bucket.objects[late] = b"x"
    assert set(found(bucket)) - set(before) == {late}


def test_s5_throttled_listings_and_reads_are_tried_again_and_nothing_is_skipped() -> None:
    bucket = FakeBucket({f"{number}.log": TEXT for number in range(5)}, page_size=2)
    faults = deque([AwsUnavailable("slow down")] * 3)

    def throttled(_: str) -> None:
        if faults:
            raise faults.pop()

    bucket.listing = bucket.opening = throttled
    wait = FakeWait()
    items = []
    for item in objects(bucket, wait=wait).below("logs", ""):
        faults.extend([AwsUnavailable("slow down")] * 4)
        items.append(item)
    assert [read(item) for item in items] == [TEXT] * 5
    assert len(wait.seconds) >= 20


@pytest.mark.parametrize("size", [1000, 4096, 1 << 20])
def test_s3_a_read_that_breaks_goes_on_where_it_broke(size: int) -> None:
    bucket = FakeBucket({"1.log": TEXT})
    item = one(bucket)
    bucket.breaks = deque([0, 1, 999, 0, 5000, 1])
    assert read(item, size) == TEXT
    assert bucket.opened["1.log"] == 7


def test_reading_ends_when_told_to_stop() -> None:
    bucket = FakeBucket({"1.log": TEXT})
    item = one(bucket, FakeWait(then=lambda _: True))
    bucket.breaks = deque([10])
    with pytest.raises(Unavailable, match="told to stop"):
        read(item)


def test_a_far_end_that_never_answers_ends_the_run() -> None:
    def down(_: str) -> None:
        raise AwsUnavailable("no route to host")

    with pytest.raises(Unavailable, match="no route"):
        found(FakeBucket({"1.log": b"x"}, listing=down))


def test_any_place_of_an_object_can_be_gone_to() -> None:
    bucket = FakeBucket({"1.log": TEXT})
    file = objects(bucket).input("logs", bucket.page("logs", "").objects[0]).open()
    assert file.seek(-10, 2) == len(TEXT) - 10
    assert file.read(100) == TEXT[-10:]
    assert file.read(100) == b""
    assert file.seek(5) == file.tell() == 5
    assert file.read(4) == TEXT[5:9]
    assert file.seek(3, 1) == 12
    assert file.read(2) == TEXT[12:14]


def denied(_: str) -> None:
    raise AwsDenied("AccessDenied. It takes s3:GetObject")


def archived(_: str) -> None:
    raise AwsUnreadable("its storage class is an archive")


@pytest.mark.parametrize(("fault", "said"), [(denied, "s3:GetObject"), (archived, "archive")])
def test_an_object_that_cannot_be_read_is_set_aside_with_the_reason(fault: Callable[[str], None], said: str) -> None:
    bucket = FakeBucket({"1.log": TEXT}, opening=fault)
    with pytest.raises(SourceDamaged, match=said):
        read(one(bucket))


def test_s7_an_object_deleted_or_overwritten_meanwhile_is_set_aside() -> None:
    bucket = FakeBucket({"1.log": TEXT, "2.log": b"x" * 100_000})
    first, second = objects(bucket).below("logs", "")
    del bucket.objects["1.log"]
    with pytest.raises(SourceDamaged, match="not there any more"):
        read(first)
    file = second.open()
    file.read(100)
    bucket.objects["2.log"] = b"other"
    bucket.breaks.append(1)
    file.seek(90_000)
    with pytest.raises(SourceDamaged, match="overwritten"):
        file.read(100)


def test_an_object_overwritten_before_it_is_read_is_what_it_is_now() -> None:
    bucket = FakeBucket({"1.log": b"short"})
    item = one(bucket)
    bucket.objects["1.log"] = TEXT
    bucket.breaks.append(100)
    assert read(item) == TEXT


def test_s4_an_empty_object_is_set_aside() -> None:
    with pytest.raises(SourceDamaged, match="zero bytes"):
        one(FakeBucket({"1.log.gz": b""})).open()


def test_one_that_may_not_be_read_is_set_aside_but_all_of_them_end_the_run() -> None:
    bucket = FakeBucket({f"{number:03}.log": TEXT for number in range(MOST_DENIED + 5)})
    bucket.opening = lambda key: denied(key) if key > "000.log" else None
    inputs = list(objects(bucket).below("logs", ""))
    assert read(inputs[0]) == TEXT
    for item in inputs[1:]:
        with pytest.raises(SourceDamaged):
            read(item)
    bucket.opening = denied
    inputs = list(objects(bucket).below("logs", ""))
    for item in inputs[: MOST_DENIED - 1]:
        with pytest.raises(SourceDamaged):
            read(item)
    with pytest.raises(Refused, match=r"s3:GetObject.*None of the first"):
        read(inputs[MOST_DENIED])


def test_a_bucket_that_may_not_be_listed_or_is_not_there_ends_the_run() -> None:
    def no_bucket(_: str) -> None:
        raise AwsNotSetUp("there is no such bucket")

    with pytest.raises(Refused, match="s3:GetObject"):
        found(FakeBucket(listing=denied))
    with pytest.raises(ConfigError, match="no such bucket"):
        found(FakeBucket(listing=no_bucket))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("s3://logs", ("logs", "")),
        ("s3://logs/", ("logs", "")),
        ("s3://logs/a b/é+", ("logs", "a b/é+")),
    ],
)
def test_an_address_is_a_bucket_and_a_prefix(text: str, parts: tuple[str, str]) -> None:
    assert address(text) == parts


def test_an_address_without_a_bucket_is_refused() -> None:
    with pytest.raises(ConfigError, match="expected s3://bucket"):
        address("s3:///prefix")


def test_memory_holds_a_page_however_many_keys_there_are() -> None:
    """Of 50,000 keys, few are known before they are asked for."""
    bucket = FakeBucket({f"{number:06}.log": b"x" for number in range(5_000)}, page_size=100)
    inputs = objects(bucket).below("logs", "")
    for _ in range(150):
        next(inputs)
    assert len(bucket.listed) == 2


def test_packed_objects_are_the_same_bytes() -> None:
    assert gzip.decompress(read(one(FakeBucket({"1.log.gz": gzip.compress(TEXT)})))) == TEXT
