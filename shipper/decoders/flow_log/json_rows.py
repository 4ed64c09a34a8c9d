"""Flow-log records inside one JSON value: CloudWatch events, `message` wrappers of shippers, rows keyed by field names.

Shapes: CloudWatch Logs API, FilteredLogEvent and OutputLogEvent; CloudWatch Logs User Guide, "Subscription filters"
(logEvents) and GetQueryResults (a list of field and value); Filebeat, Logstash, Fluent Bit, Splunk for `message` and
its like. An event of a document is what `json_documents` made of it: the event and what its document says of all.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import orjson

from shipper.decoders.flow_log.fields import ABSENT
from shipper.decoders.flow_log.inner import Broken, Inner, NoRecord, Unwrapped, epoch_text, told_by_event
from shipper.decoders.flow_log.names import column_names, mostly_known
from shipper.decoders.json_documents import EVENT, OF
from shipper.decoders.other_logs import CONTROL_MESSAGE, other_json_log

_MESSAGES: Final = ("message", "@message", "log", "_raw", "raw", "event.original")
_STREAMS: Final = ("logStreamName", "logStream", "@logStream", "log_stream")
_TIMES: Final = ("timestamp", "@timestamp")
_OF_THE_EVENT: Final = frozenset({*_TIMES, *_STREAMS, "@log", "@ptr", "@ingestionTime", "@entity"})
_TIME_COLUMNS: Final = frozenset({"start", "end"})
_EVENT_ID = re.compile(r"\d{56}")
_LARGEST_WHOLE_FLOAT: Final = float(1 << 53)


def json_value(text: str) -> Unwrapped | None:
    """What a line of JSON holds; None if it is none."""
    if not text.startswith(("{", "[")) or '"' not in text:
        return None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if isinstance(value, list):
        value = _query_result(value)
    if not isinstance(value, dict):
        return Broken("JSON, but no object that could hold a record")
    return _of_document(value) if value.keys() == {EVENT, OF} else _held_by(value)


def _of_document(value: Mapping[str, Any]) -> Unwrapped:
    """An event of a subscription's envelope. Its id is the event's, whatever it looks like."""
    event, document = value[EVENT], value[OF]
    if not isinstance(event, dict) or not isinstance(document, dict):
        return Broken("JSON, but no event of CloudWatch")
    if document.get("messageType") == "CONTROL_MESSAGE":
        return NoRecord(CONTROL_MESSAGE)
    return _held_by({**event, "logStream": document.get("logStream")}, sure_event=True)


def _held_by(value: Mapping[str, Any], *, sure_event: bool = False) -> Unwrapped:
    if kind := other_json_log(value):
        return NoRecord(kind)
    message = next((found for name in _MESSAGES if isinstance(found := value.get(name), str)), None)
    if message is None:
        message = _original(value)
    told = told_by_event(_first(value, _STREAMS), _first(value, _TIMES))
    if message is not None:
        return Inner(message, told=told, event_id=_event_id(value, sure_event=sure_event))
    own = {name: cell for name, cell in value.items() if name not in _OF_THE_EVENT}
    columns = column_names(own)
    if columns is None or not mostly_known(columns):
        return Broken("JSON, but it holds neither a message nor a flow log's fields")
    row = {name: _cell(name, cell) for name, cell in zip(columns, own.values(), strict=True)}
    return Inner(row=row, row_named_by="its JSON keys", told=told)


def _original(value: Mapping[str, Any]) -> str | None:
    """Elastic Common Schema: `event.original`."""
    event = value.get("event")
    found = event.get("original") if isinstance(event, dict) else None
    return found if isinstance(found, str) else None


def _event_id(value: Mapping[str, Any], *, sure_event: bool) -> str:
    """CloudWatch's id: `eventId` of a read, `id` of a subscription. Another tool's `id` is none of ours."""
    for name, known in (("eventId", "timestamp" in value), ("id", sure_event)):
        found = value.get(name)
        if isinstance(found, str) and found and (known or _EVENT_ID.fullmatch(found)):
            return found
    return ""


def _query_result(value: list[Any]) -> dict[str, Any] | None:
    """GetQueryResults: a row is a list of {"field": …, "value": …}."""
    pairs = [(cell.get("field"), cell.get("value")) for cell in value if isinstance(cell, dict)]
    if len(pairs) != len(value) or not all(isinstance(name, str) for name, _ in pairs):
        return None
    return {str(name): cell for name, cell in pairs}


def _first(value: Mapping[str, Any], names: tuple[str, ...]) -> object:
    return next((value[name] for name in names if name in value), None)


def _cell(name: str, value: object) -> str:
    """A JSON value as the text of a column."""
    if value is None or isinstance(value, str):
        cell = (value or "").strip() or ABSENT
    elif isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_WHOLE_FLOAT:
        cell = str(int(value))  # a tool that holds columns with gaps as floats wrote 443.0
    else:
        cell = orjson.dumps(value).decode()
    return epoch_text(cell) if name in _TIME_COLUMNS else cell
