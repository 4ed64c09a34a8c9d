"""Which folders of a bucket can hold what is wanted: told by their names alone."""

from datetime import UTC, datetime

import pytest

from aws_keys import ACCOUNT, object_key
from shipper.sources.s3_layout import Folder, Wanted, folder_of, is_wanted, may_hold

JANUARY = datetime(2024, 1, 1, tzinfo=UTC)
PLAIN = f"AWSLogs/{ACCOUNT}/vpcflowlogs/eu-west-1/"
HIVE = f"AWSLogs/aws-account-id={ACCOUNT}/aws-service=vpcflowlogs/aws-region=eu-west-1/"


@pytest.mark.parametrize(
    ("prefix", "levels", "begin", "end"),
    [
        (f"{PLAIN}2024/", 4, JANUARY, datetime(2025, 1, 1, tzinfo=UTC)),
        (f"{PLAIN}2023/12/", 5, datetime(2023, 12, 1, tzinfo=UTC), JANUARY),
        (f"team/x y/{PLAIN}2023/12/31/", 6, datetime(2023, 12, 31, tzinfo=UTC), JANUARY),
        (f"{PLAIN}2023/12/31/23/", 7, datetime(2023, 12, 31, 23, tzinfo=UTC), JANUARY),
        (f"{HIVE}year=2023/month=12/day=31/hour=23/", 7, datetime(2023, 12, 31, 23, tzinfo=UTC), JANUARY),
        (f"{HIVE}year=2023/", 4, datetime(2023, 1, 1, tzinfo=UTC), JANUARY),
        (f"AWSLogs/o-a1b2c3d4e5/{ACCOUNT}/vpcflowlogs/eu-west-1/2023/", 4, datetime(2023, 1, 1, tzinfo=UTC), JANUARY),
        (f"{PLAIN}2023/13/", 5, None, None),
        (f"{PLAIN}2023/02/30/", 6, None, None),
        (PLAIN, 3, None, None),
    ],
)
def test_a_folder_says_what_it_is_for(prefix: str, levels: int, begin: datetime | None, end: datetime | None) -> None:
    assert folder_of(prefix) == Folder(ACCOUNT, "vpcflowlogs", "eu-west-1", begin, end, levels)


@pytest.mark.parametrize(
    "prefix", ["", "logs", "2024/01/01/", "AWSLogs", f"AWSLogs/{ACCOUNT}", "AWSLogs/what is this/"]
)
def test_a_folder_that_says_nothing_is_never_left_out(prefix: str) -> None:
    assert folder_of(prefix) == Folder()
    assert may_hold(prefix, Wanted(frozenset({"x"}), frozenset({"y"}), JANUARY, JANUARY))


@pytest.mark.parametrize("layout", [PLAIN, HIVE])
def test_accounts_regions_and_services_are_left_out_by_name(layout: str) -> None:
    assert may_hold(layout, Wanted())
    assert may_hold(layout, Wanted(frozenset({ACCOUNT}), frozenset({"eu-west-1"})))
    assert not may_hold(layout, Wanted(frozenset({"999999999999"})))
    assert not may_hold(layout, Wanted(regions=frozenset({"us-east-1"})))
    assert not may_hold(layout.replace("vpcflowlogs", "CloudTrail"), Wanted())


@pytest.mark.parametrize(
    ("folder", "held"),
    [
        ("2023/", True),  # its last hour: what ends in January may be delivered under December
        ("2024/", True),
        ("2024/01/", True),
        ("2024/02/", True),  # late by up to an hour
        ("2024/03/", False),
        ("2023/12/31/", True),
        ("2023/12/30/", False),
        ("2024/02/01/00/", True),
        ("2024/02/01/01/", False),
        ("2025/", False),
    ],
)
def test_times_are_left_out_with_an_hour_to_spare(folder: str, held: bool) -> None:
    wanted = Wanted(since=JANUARY, until=datetime(2024, 2, 1, tzinfo=UTC))
    assert may_hold(PLAIN + folder, wanted) is held


def test_an_object_is_judged_by_its_own_name() -> None:
    key = object_key("2024/01/01", 0)  # 00:00 to 00:05
    assert is_wanted(key, Wanted())
    assert is_wanted(key, Wanted(since=datetime(2024, 1, 1, 1, 4, tzinfo=UTC)))
    assert not is_wanted(key, Wanted(since=datetime(2024, 1, 1, 1, 5, tzinfo=UTC)))
    assert not is_wanted(key, Wanted(until=datetime(2023, 12, 31, 23, tzinfo=UTC)))
    assert not is_wanted(key, Wanted(accounts=frozenset({"999999999999"})))
    assert is_wanted("some/other.log", Wanted(accounts=frozenset({"999999999999"}), since=JANUARY))
    assert not is_wanted("some/folder/", Wanted())


def test_s9_what_is_our_own_is_not_read() -> None:
    assert not may_hold("flowtap-deadletter/2024/", Wanted())
    assert not is_wanted("backup/flowtap-deadletter/1.ndjson", Wanted())
    assert is_wanted("backup/flowtap/1.log", Wanted())
