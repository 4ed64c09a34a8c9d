"""GetObject without what botocore does anew for each call: a tenth of its processor time, for millions of tiny objects.

How a bucket is addressed (region, endpoint, style) is learned from a request that botocore made and S3 answered; others
of that bucket differ from it in their key only. Whatever is not plain success is left to botocore: see `aws.s3`.

In: a bucket, a key, headers. Out: a response that succeeded, or None. Raises AwsUnavailable where S3 cannot answer now.
AWS General Reference, "Signature Version 4 signing process"; Amazon S3 API Reference, "Authenticating Requests:
Using the Authorization Header" (S3's paths are encoded once).
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from threading import local
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
import pycurl
from botocore.awsrequest import AWSRequest
from botocore.httpsession import get_cert_path
from botocore.utils import get_environ_proxies, percent_encode

from aws.errors import AwsUnavailable
from aws.session import AwsOptions, Clock, ca_bundle, credentials_of, now
from aws.trouble import translating

NOTHING: Final = sha256(b"").hexdigest()
"""The hash of a request's body, which is empty."""

_VERSIONS: Final = frozenset({"s3v4", "v4"})
_OVERLOADED: Final = frozenset({429, 500, 502, 503, 504})
_BROKEN: Final = frozenset(
    {
        pycurl.E_COULDNT_RESOLVE_HOST,
        pycurl.E_COULDNT_CONNECT,
        pycurl.E_OPERATION_TIMEDOUT,
        pycurl.E_PARTIAL_FILE,
        pycurl.E_GOT_NOTHING,
        pycurl.E_SEND_ERROR,
        pycurl.E_RECV_ERROR,
    }
)
"""A connection that cannot be had now, or that broke off: libcurl, "libcurl-errors"."""
_UNSENT: Final = ("accept:", "user-agent: flowtap")


@dataclass(frozen=True, slots=True)
class Address:
    """Where the objects of a bucket are: what their path begins with, and for whom requests are signed."""

    scheme: str
    host: str
    port: int | None
    netloc: str
    path: str
    region: str
    service: str


class Learned:
    """Addresses of buckets, from what botocore sends. `watch` is for the thread that makes the request."""

    def __init__(self, client: Any) -> None:
        self._seen = local()
        self._known: dict[str, Address] = {}
        client.meta.events.register_last("before-sign.s3.GetObject", self._sending)

    def of(self, bucket: str) -> Address | None:
        """Where it is, as far as that is known."""
        return self._known.get(bucket)

    def forget(self, bucket: str) -> None:
        """It may be elsewhere now."""
        self._known.pop(bucket, None)

    def begin(self) -> None:
        """A request of this thread comes."""
        self._seen.last = None

    def answered(self, bucket: str, key: str) -> None:
        """It was answered well: others of this bucket go the same way."""
        found = getattr(self._seen, "last", None)
        if found is None:
            return
        url, region, service = found
        quoted = encoded(key)
        parts = urlsplit(url)
        proxied = get_environ_proxies(url)
        if parts.query or proxied or not parts.hostname or not parts.path.endswith(f"/{quoted}"):
            return
        path = parts.path[: len(parts.path) - len(quoted)]
        self._known[bucket] = Address(parts.scheme, parts.hostname, parts.port, parts.netloc, path, region, service)

    def _sending(
        self, request: AWSRequest, signing_name: str, region_name: str, signature_version: Any, **_: object
    ) -> None:
        signed = isinstance(signature_version, str) and signature_version in _VERSIONS
        self._seen.last = (str(request.url), region_name, signing_name) if signed else None


@dataclass(frozen=True, slots=True)
class Held:
    """What was asked for of an object, whole; `etag` is its version's."""

    content: bytes
    etag: str


class QuickGet:
    """Sends signed requests over connections that are kept, those of each thread apart. For any number of threads."""

    def __init__(
        self,
        session: boto3.Session,
        options: AwsOptions,
        *,
        most_bytes: int,
        connect_seconds: int,
        read_seconds: int,
        clock: Clock = now,
    ) -> None:
        """`most_bytes` of an object are held; a request ends where nothing comes for `read_seconds`."""
        self._session = session
        self._clock = clock
        self._set: Final = (
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
            (pycurl.PROXY, ""),  # where one is set nothing is learned
            (pycurl.PATH_AS_IS, 1),  # a key may hold /../
            (pycurl.NOSIGNAL, 1),
            (pycurl.MAXFILESIZE, most_bytes),
            (pycurl.CONNECTTIMEOUT, connect_seconds),
            (pycurl.LOW_SPEED_LIMIT, 1),
            (pycurl.LOW_SPEED_TIME, read_seconds),
            (pycurl.CAINFO, str(ca_bundle(options) or get_cert_path(True))),
        )
        self._own = local()

    def __call__(self, place: str, address: Address, key: str, headers: Mapping[str, str], offset: int) -> Held | None:
        """An object from a place on, or None for any answer that is no plain success.

        `headers` in lower case. Raises AwsUnavailable where S3 is overloaded or cannot be reached, AwsError where there
        are no credentials.
        """
        path = address.path + encoded(key)
        asked = {**headers, "range": f"bytes={offset}-"} if offset else headers
        signed = self._signed(address, path, asked)
        lines: list[bytes] = []
        blocks: list[bytes] = []
        curl = self._curl()
        curl.setopt(pycurl.URL, f"{address.scheme}://{address.netloc}{path}")
        curl.setopt(pycurl.HTTPHEADER, [*_UNSENT, *(f"{name}: {value}" for name, value in signed.items())])
        curl.setopt(pycurl.HEADERFUNCTION, lines.append)
        curl.setopt(pycurl.WRITEFUNCTION, blocks.append)
        try:
            curl.perform()
        except pycurl.error as error:
            number, told = error.args
            if number in _BROKEN:
                raise AwsUnavailable(f"{place}: {' '.join(str(told).split())[:200]}") from error
            return None  # botocore knows more ways to say which certificates are believed, and what is wrong
        status = curl.getinfo(pycurl.RESPONSE_CODE)
        if status in _OVERLOADED:
            raise AwsUnavailable(f"{place}: S3 answers {status}")
        return Held(b"".join(blocks), _etag(lines)) if status == (206 if offset else 200) else None

    def _curl(self) -> pycurl.Curl:
        """This thread's."""
        found: pycurl.Curl | None = getattr(self._own, "curl", None)
        if found is None:
            found = self._own.curl = pycurl.Curl()
            for option, value in self._set:
                found.setopt(option, value)
        return found

    def _signed(self, address: Address, path: str, headers: Mapping[str, str]) -> Mapping[str, str]:
        with translating():
            frozen = credentials_of(self._session).get_frozen_credentials()
        given = {"host": address.netloc, "x-amz-content-sha256": NOTHING, **headers}
        if frozen.token:
            given["x-amz-security-token"] = frozen.token
        return signed_headers(given, path, address, (str(frozen.access_key), str(frozen.secret_key)), self._clock())


def _etag(lines: Sequence[bytes]) -> str:
    """What the last header of this name says."""
    for line in reversed(lines):
        if line[:5].lower() == b"etag:":
            return line[5:].strip().decode("latin-1").strip('"')
    return ""


def encoded(key: str) -> str:
    """A key as a path names it: as botocore encodes it."""
    return str(percent_encode(key, safe="/~"))


def signed_headers(
    headers: Mapping[str, str], path: str, address: Address, keys: tuple[str, str], at: datetime
) -> dict[str, str]:
    """These headers (lower case, `host` among them) and those that sign a GET of this path, at this UTC time."""
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    given = dict(sorted({**headers, "x-amz-date": stamp}.items()))
    names = ";".join(given)
    lines = "".join(f"{name}:{' '.join(value.split())}\n" for name, value in given.items())
    asked = sha256(f"GET\n{path}\n\n{lines}\n{names}\n{given['x-amz-content-sha256']}".encode()).hexdigest()
    scope = f"{stamp[:8]}/{address.region}/{address.service}/aws4_request"
    key = _signing_key(keys[1], stamp[:8], address.region, address.service)
    signature = hmac.digest(key, f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{asked}".encode(), "sha256").hex()
    given["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={keys[0]}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return given


@lru_cache(maxsize=8)
def _signing_key(secret: str, *parts: str) -> bytes:
    """The same for a day, a region and a service."""
    key = f"AWS4{secret}".encode()
    for part in (*parts, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
