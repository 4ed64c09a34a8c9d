"""Text put before a record by those who print log events: a time, a stream's name, the columns of the AWS CLI.

Sources: CloudWatch Logs User Guide, "Export log data to Amazon S3" (a time before each record); AWS CLI reference,
`logs tail` (time, stream, record) and "Controlling command output", text (the keys of a list before its tab-separated
values, in the order of their names).
"""

import re

from shipper.decoders.flow_log.inner import Inner, NoRecord, Unwrapped, told_by_event

_TIME = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)[ \t]+"
    r"(?:(?P<stream>eni-[0-9a-f]{8,17}-(?:all|accept|reject))[ \t]+)?(?P<record>\S.*)",
    re.DOTALL,
)
_EVENTS = re.compile(
    r"EVENTS\t(?:(?P<id>\d{40,64})\t)?\d{13}\t(?:(?P<stream>[^\t]+)\t)?(?P<record>[^\t].*)\t(?P<time>\d{13})", re.DOTALL
)
_RESULT = re.compile(r"RESULTS\t@message\t(?P<record>\S.*)", re.DOTALL)
_GOES_WITH_EVENTS = re.compile(
    r"(?:SEARCHEDLOGSTREAMS|STATISTICS|RESULTS)\t.*|b/\d{40,64}(?:/s)?\tf/\d{40,64}(?:/s)?", re.DOTALL
)


def timed_line(text: str) -> Unwrapped | None:
    """A record after a time, or after a time and the name of an interface's log stream."""
    match = _TIME.fullmatch(text)
    return Inner(match["record"], told=told_by_event(match["stream"], match["time"])) if match else None


def cli_line(text: str) -> Unwrapped | None:
    """A line of `aws logs … --output text`."""
    if match := _EVENTS.fullmatch(text):
        return Inner(match["record"], told=told_by_event(match["stream"], match["time"]), event_id=match["id"] or "")
    if match := _RESULT.fullmatch(text):
        return Inner(match["record"])
    return NoRecord() if _GOES_WITH_EVENTS.fullmatch(text) else None
