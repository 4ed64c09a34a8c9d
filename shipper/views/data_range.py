"""The time range that the data itself is in, so that a dashboard that is opened on old data is not empty."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from shipper.opensearch.client import Store, segment
from shipper.views.texts import moment_ms

LIVE = ("now-24h", "now")
_LIVE_WITHIN = timedelta(hours=24)


def data_range(store: Store, prefix: str, now: datetime) -> tuple[str, str]:
    """(from, to) as Dashboards takes them. Raises Unavailable or Refused."""
    indices = f"{segment(prefix)}-aws.vpcflow-*,{segment(prefix)}-suricata.*-*"
    ends = {"oldest": {"min": {"field": "@timestamp"}}, "newest": {"max": {"field": "@timestamp"}}}
    # Records without a usable time carry that of their arrival.
    body = {"size": 0, "query": {"bool": {"must_not": [{"term": {"flowtap.time_suspect": True}}]}}, "aggs": ends}
    reply = store.call("POST", f"/{indices}/_search", body=body, missing={})
    return shown_range(reply.get("aggregations") or {}, now)


def shown_range(ends: Mapping[str, Any], now: datetime) -> tuple[str, str]:
    """The last day while data comes in or where there is none; else whole hours around all there is."""
    oldest, newest = (ends.get(name, {}).get("value") for name in ("oldest", "newest"))
    if oldest is None or newest is None or now - moment_ms(newest) < _LIVE_WITHIN:
        return LIVE
    since = moment_ms(oldest).replace(minute=0, second=0, microsecond=0)
    until = moment_ms(newest).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return _text(since), _text(until)


def link(url: str, dashboard: str, shown: tuple[str, str], query: str = "") -> str:
    """Where a dashboard opens with this range, in a browser; with a query in Dashboards' query language, if any."""
    since, until = shown
    opened = f"{url.rstrip('/')}/app/dashboards#/view/{dashboard}?_g=(time:(from:'{since}',to:'{until}'))"
    if not query:
        return opened
    words = quote(query.replace("!", "!!").replace("'", "!'"), safe="")  # rison: ! marks what follows
    return f"{opened}&_a=(query:(language:kuery,query:'{words}'))"


def whole_minutes(since: datetime, until: datetime) -> tuple[str, str]:
    """The range around these, a minute more at either side."""
    minute = timedelta(minutes=1)
    begin, end = since - minute, until + 2 * minute
    return _text(begin.replace(second=0, microsecond=0)), _text(end.replace(second=0, microsecond=0))


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
