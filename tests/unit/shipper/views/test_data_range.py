"""The range that dashboards open with: the data's own where it is old."""

from datetime import UTC, datetime

from shipper.views.data_range import LIVE, link, shown_range

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def ends(oldest: datetime, newest: datetime) -> dict[str, dict[str, float]]:
    return {"oldest": {"value": oldest.timestamp() * 1000}, "newest": {"value": newest.timestamp() * 1000}}


def test_old_data_is_opened_where_it_is_in_whole_hours() -> None:
    found = shown_range(ends(datetime(2024, 1, 3, 4, 5, tzinfo=UTC), datetime(2024, 2, 1, 9, 59, tzinfo=UTC)), NOW)
    assert found == ("2024-01-03T04:00:00.000Z", "2024-02-01T10:00:00.000Z")


def test_data_of_the_last_day_is_looked_at_live() -> None:
    assert shown_range(ends(datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 11, 20, 12, 1, tzinfo=UTC)), NOW) == LIVE


def test_without_data_it_is_live() -> None:
    assert shown_range({}, NOW) == LIVE
    assert shown_range({"oldest": {"value": None}, "newest": {"value": None}}, NOW) == LIVE


def test_a_link_opens_a_dashboard_with_the_range() -> None:
    found = link("https://host/_dashboards/", "flowtap-overview", ("2024-01-03T04:00:00.000Z", "now"))
    assert found == (
        "https://host/_dashboards/app/dashboards#/view/flowtap-overview"
        "?_g=(time:(from:'2024-01-03T04:00:00.000Z',to:'now'))"
    )
