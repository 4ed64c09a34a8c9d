"""A message about new objects → which objects. Pure; whatever a stranger put into the queue is either one or an error.

Amazon S3 User Guide, "Event message structure" (direct), "Using EventBridge"; Amazon SNS Developer Guide, "Amazon SNS
message and JSON formats" (through SNS, without raw delivery).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from shipper.errors import DecodeError

_CREATED = ("ObjectCreated:", "s3:ObjectCreated:", "ObjectRestore:Completed", "s3:ObjectRestore:Completed")
_BUS_CREATED = ("Object Created", "Object Restore Completed")
_MOST_KEY_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Notice:
    """An object that is said to be there. `size` in bytes, 0 where it is not told."""

    bucket: str
    key: str
    size: int
    etag: str


def notices(body: str) -> list[Notice]:
    """The objects this message tells of; none in S3's test event or one about anything but new objects.

    Raises DecodeError for what is no such message.
    """
    told = _json(body)
    if told.get("Type") == "Notification" and isinstance(told.get("Message"), str):
        told = _json(told["Message"])
    return list(_notices(told))


def _notices(told: Mapping[str, Any]) -> Iterator[Notice]:
    if told.get("Event") == "s3:TestEvent":
        return
    if told.get("source") == "aws.s3" and "detail-type" in told:
        if told["detail-type"] in _BUS_CREATED:
            detail = _mapping(told, "detail")
            # EventBridge gives the key as it is; S3's own messages encode it.
            yield _notice(_mapping(detail, "bucket"), _mapping(detail, "object"), encoded=False)
        return
    records = told.get("Records")
    if not isinstance(records, list):
        raise DecodeError("no notification of S3: neither Records nor an event of source aws.s3")
    for record in records:
        if not isinstance(record, dict):
            raise DecodeError("no notification of S3: a record is no object")
        if str(record.get("eventName", "")).startswith(_CREATED):
            about = _mapping(record, "s3")
            yield _notice(_mapping(about, "bucket"), _mapping(about, "object"), encoded=True)


def _notice(bucket: Mapping[str, Any], found: Mapping[str, Any], *, encoded: bool) -> Notice:
    name, key, size = bucket.get("name"), found.get("key"), found.get("size", 0)
    etag = found.get("eTag", found.get("etag", ""))
    if not (isinstance(name, str) and name and isinstance(key, str) and key and isinstance(etag, str)):
        raise DecodeError("no notification of S3: bucket name or object key is missing")
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise DecodeError("no notification of S3: the object's size is no number of bytes")
    try:
        key = unquote_plus(key, errors="strict") if encoded else key
        long = len(key.encode("utf-8")) > _MOST_KEY_BYTES
    except UnicodeError as error:
        raise DecodeError("no notification of S3: the object's key is no UTF-8") from error
    if long or "/" in name:
        raise DecodeError("no notification of S3: no bucket or key has such a name")
    return Notice(name, key, size, etag)


def _mapping(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = told.get(name)
    if not isinstance(found, dict):
        raise DecodeError(f"no notification of S3: {name} is missing")
    return found


def _json(text: str) -> Mapping[str, Any]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DecodeError("no notification of S3: not JSON") from error
    if not isinstance(told, dict):
        raise DecodeError("no notification of S3: no JSON object")
    return told
