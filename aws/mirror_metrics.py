"""What CloudWatch says of mirroring: packets that were left out, since production traffic goes first. A thin client.

In: instances and a time. Out: counts. Amazon VPC Traffic Mirroring, "Traffic Mirroring metrics and dimensions"; Amazon
CloudWatch API Reference, "GetMetricData".
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from botocore import exceptions as theirs
from botocore.config import Config

from aws.errors import AwsDenied, AwsError
from aws.session import AwsOptions, open_session
from aws.trouble import calling, translated, translating

# Nothing depends on these figures, so they are not waited for long.
_CONFIG = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 2})
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException"})
_SKIPPED: Final = ("NetworkPacketsSkipMirrorIn", "NetworkPacketsSkipMirrorOut")
_PERIOD_SECONDS: Final = 300
_MOST_QUERIES: Final = 500


class MirrorMetrics:
    """Takes a boto3 client."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def skipped(self, instances: Iterable[str], since: datetime, until: datetime) -> Mapping[str, int]:
        """Packets by instance, both ways; without those that CloudWatch has no figure of. Raises AwsError."""
        found: Counter[str] = Counter()
        with calling("CloudWatch", _answered):
            for page in self._pages(sorted({*instances}), since, until):
                for each in page["MetricDataResults"]:
                    if each["Values"]:
                        found[each["Label"]] += round(sum(each["Values"]))
        return found

    def _pages(self, instances: Sequence[str], since: datetime, until: datetime) -> Iterator[Any]:
        pages = self._client.get_paginator("get_metric_data").paginate
        at_once = _MOST_QUERIES // len(_SKIPPED)
        for begin in range(0, len(instances), at_once):
            queries = [*_queries(instances[begin : begin + at_once])]
            yield from pages(MetricDataQueries=queries, StartTime=since, EndTime=until)


def _queries(instances: Sequence[str]) -> Iterator[dict[str, Any]]:
    for number, instance in enumerate(instances):
        for way, name in enumerate(_SKIPPED):
            dimensions = [{"Name": "InstanceId", "Value": instance}]
            metric = {"Namespace": "AWS/EC2", "MetricName": name, "Dimensions": dimensions}
            asked = {"Metric": metric, "Period": _PERIOD_SECONDS, "Stat": "Sum"}
            yield {"Id": f"q{number}_{way}", "Label": instance, "MetricStat": asked}


def open_mirror_metrics(options: AwsOptions) -> MirrorMetrics:
    """A client for these options. Raises AwsError."""
    session = open_session(options)
    with translating():
        return MirrorMetrics(session.client("cloudwatch", endpoint_url=options.endpoint_url or None, config=_CONFIG))


def _answered(error: theirs.ClientError) -> AwsError:
    code = error.response.get("Error", {}).get("Code", "")
    if code in _DENIED:
        return AwsDenied(f"CloudWatch: {code}. It takes cloudwatch:GetMetricData")
    return translated(error)
