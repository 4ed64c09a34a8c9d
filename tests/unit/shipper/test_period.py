"""What --since and --until mean."""

from datetime import UTC, datetime, timedelta

import pytest

from shipper.errors import ConfigError
from shipper.period import moment, period

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30m", NOW - timedelta(minutes=30)),
        ("2w", NOW - timedelta(weeks=2)),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-21T09:00+01:00", NOW),
    ],
)
def test_a_time_is_utc_or_how_long_ago(text: str, expected: datetime) -> None:
    assert moment(text, NOW) == expected


@pytest.mark.parametrize("text", ["yesterday", "", "999999w", "0001-01-01T00:00+12:00"])
def test_what_is_no_time_is_a_wrong_argument(text: str) -> None:
    with pytest.raises(ConfigError, match="expected"):
        moment(text, NOW)


def test_it_may_not_end_before_it_begins() -> None:
    assert period("1h", "1h", NOW) == (NOW - timedelta(hours=1),) * 2
    with pytest.raises(ConfigError, match=r"--since 1h .* is later than --until 2h"):
        period("1h", "2h", NOW)
