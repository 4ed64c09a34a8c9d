"""Amazon S3: listing a bucket and reading an object from any place on. A thin client; every call is tried once.

In: bucket, prefix, key. Out: pages of what is there, and bytes. Raises the errors of `aws.errors`, told apart by code.
Amazon S3 API Reference: "ListObjectsV2", "GetObject", "Error responses".
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any, Final, Protocol

import boto3
import urllib3
from botocore import exceptions as theirs
from botocore.config import Config

from aws.calls import GET_OBJECT, LIST_BUCKET, Recorder, bucket_arn, object_arn, recorded
from aws.errors import AwsDenied, AwsError, AwsGone, AwsNotSetUp, AwsUnavailable, AwsUnreadable
from aws.s3_get import Learned, QuickGet
from aws.session import AwsOptions, open_session
from aws.trouble import calling, translated, translating

_MOST_CONNECTIONS: Final = 256
_MOST_HELD_BYTES: Final = 512 << 10
_CONNECT_SECONDS, _READ_SECONDS = 10, 30
_CONFIG = Config(
    connect_timeout=_CONNECT_SECONDS,
    read_timeout=_READ_SECONDS,
    max_pool_connections=_MOST_CONNECTIONS,
    retries={"mode": "standard", "total_max_attempts": 1},  # retries are the caller's, who can be told to stop
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
_BROKEN = (
    theirs.ConnectionError,
    theirs.HTTPClientError,
    theirs.IncompleteReadError,
    theirs.ResponseStreamingError,
    urllib3.exceptions.HTTPError,
)
_ERRORS: Mapping[str, tuple[type[AwsError], str]] = {
    "NoSuchKey": (AwsGone, "it is not there any more"),
    "404": (AwsGone, "it is not there any more"),
    "InvalidObjectState": (AwsUnreadable, "its storage class is an archive: restore it first (s3:RestoreObject)"),
    "PreconditionFailed": (AwsUnreadable, "it was overwritten while it was read; the next run reads it anew"),
    "InvalidRange": (AwsUnreadable, "it was overwritten while it was read; the next run reads it anew"),
    "NoSuchBucket": (AwsNotSetUp, "there is no such bucket"),
    "InvalidBucketName": (AwsNotSetUp, "this is no name of a bucket"),
    "RequestTimeout": (AwsUnavailable, "the request timed out"),
    "SlowDown": (AwsUnavailable, "S3 asks to slow down"),
}
_DENIED: Final = frozenset({"AccessDenied", "AllAccessDisabled", "403"})


@dataclass(frozen=True, slots=True)
class S3Object:
    """An object as a listing tells it. `size` in bytes."""

    key: str
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class Page:
    """Up to 1,000 keys in order, and the folders among them where a delimiter was given. `last`: go on after it."""

    objects: Sequence[S3Object]
    folders: Sequence[str]
    last: str
    more: bool


class Stream(Protocol):
    """An answer that is being read."""

    def read(self, amt: int, /) -> bytes:
        """Up to so many bytes; none at the end."""

    def close(self) -> None:
        """Let go of the connection, which is kept where everything was read."""


class Body:
    """The bytes of an object from where it was opened; `size` is the whole object's, `etag` its version's."""

    def __init__(self, place: str, body: Stream, size: int, etag: str) -> None:
        self.size = size
        self.etag = etag
        self._place = place
        self._body = body

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end. Raises AwsUnavailable where the connection breaks."""
        with _translating(GET_OBJECT, self._place):
            return bytes(self._body.read(size))

    def close(self) -> None:
        """Let go of the connection."""
        self._body.close()


class S3:
    """A client for any number of threads."""

    def __init__(self, options: AwsOptions, record: Recorder = recorded) -> None:
        """Raises AwsError where options lead to nothing."""
        session: boto3.Session = open_session(options)
        with translating():
            self._client = session.client("s3", endpoint_url=options.endpoint_url or None, config=_config(options))
        self._learned = Learned(self._client)
        self._quick = QuickGet(
            session,
            options,
            most_bytes=_MOST_HELD_BYTES,
            connect_seconds=_CONNECT_SECONDS,
            read_seconds=_READ_SECONDS,
        )
        self._payer: dict[str, Any] = {"RequestPayer": "requester"} if options.requester_pays else {}
        self._record = record

    def page(self, bucket: str, prefix: str, *, after: str = "", delimiter: str = "") -> Page:
        """What is below a prefix, in order of keys, after a key or folder."""
        self._record(LIST_BUCKET, bucket_arn(bucket))
        with _translating(LIST_BUCKET, f"s3://{bucket}/{prefix}"):
            found = self._client.list_objects_v2(
                Bucket=bucket,
                Prefix=prefix,
                **({"StartAfter": after} if after else {}),
                **({"Delimiter": delimiter} if delimiter else {}),
                **self._payer,
            )
        objects = [S3Object(each["Key"], each["Size"], each["ETag"].strip('"')) for each in found.get("Contents", ())]
        folders = [each["Prefix"] for each in found.get("CommonPrefixes", ())]
        # A folder is passed by the highest character there is: StartAfter takes keys, and its keys begin with it.
        ends = [objects[-1].key] if objects else []
        ends += [folders[-1] + "\U0010ffff"] if folders else []
        return Page(objects, folders, max(ends, default=""), bool(found.get("IsTruncated")) and bool(ends))

    def open(self, bucket: str, key: str, offset: int = 0, etag: str = "", size: int = -1) -> Body:
        """An object's bytes from a place before its end on. Raises AwsGone, AwsUnreadable, AwsDenied and the others.

        `size` of the whole object as far as it is known: a small one is asked for at once.
        """
        self._record(GET_OBJECT, object_arn(bucket, key))
        place = f"s3://{bucket}/{key}"
        if 0 <= size - offset <= _MOST_HELD_BYTES and (address := self._learned.of(bucket)):
            headers = {"if-match": f'"{etag}"'} if etag else {}
            headers |= {"x-amz-request-payer": self._payer["RequestPayer"]} if self._payer else {}
            if held := self._quick(place, address, key, headers, offset):
                return Body(place, BytesIO(held.content), offset + len(held.content), held.etag)
            self._learned.forget(bucket)
        return self._thorough(place, bucket, key, offset, etag)

    def _thorough(self, place: str, bucket: str, key: str, offset: int, etag: str) -> Body:
        """By botocore, which finds a bucket in whatever region it is, and tells what is wrong."""
        self._learned.begin()
        with _translating(GET_OBJECT, place):
            answer = self._client.get_object(
                Bucket=bucket,
                Key=key,
                **({"Range": f"bytes={offset}-"} if offset else {}),
                **({"IfMatch": f'"{etag}"'} if etag else {}),
                **self._payer,
            )
        self._learned.answered(bucket, key)
        return Body(place, answer["Body"], offset + answer["ContentLength"], answer["ETag"].strip('"'))


def _config(options: AwsOptions) -> Config:
    """Another endpoint than AWS's own rarely has a name for each bucket."""
    return _CONFIG.merge(Config(s3={"addressing_style": "path"})) if options.endpoint_url else _CONFIG


def _translating(action: str, place: str) -> AbstractContextManager[None]:
    return calling(place, partial(_answered, action, place), _BROKEN)


def _answered(action: str, place: str, error: theirs.ClientError) -> AwsError:
    code = error.response.get("Error", {}).get("Code", "")
    if code in _ERRORS:
        kind, reason = _ERRORS[code]
        return kind(f"{place}: {reason}")
    if code in _DENIED or code.startswith("KMS."):
        said = error.response.get("Error", {}).get("Message", "")
        return AwsDenied(f"{place}: {code}: {said}. It takes {action}, and kms:Decrypt where a KMS key encrypts it")
    return translated(error)
