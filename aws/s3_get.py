"""GetObject without what botocore does anew for each call: a tenth of its processor time, for millions of tiny objects.

How a bucket is addressed (region, endpoint, style) is learned from a request that botocore made and S3 answered; others
of that bucket differ from it in their key only. Whatever is not plain success is left to botocore: see `aws.s3`.

In: a bucket, a key, headers. Out: a response that succeeded, or None. Raises AwsUnavailable where S3 cannot answer now.
AWS General Reference, "Signature Version 4 signing process"; Amazon S3 API Reference, "Authenticating Requests:
Using the Authorization Header" (S3's paths are encoded once).
"""

import hmac
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from threading import local
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
import urllib3
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
_DRAIN_BYTES: Final = 1 << 16


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


class QuickGet:
    """Sends signed requests over connections that are kept. For any number of threads."""

    def __init__(
        self,
        session: boto3.Session,
        options: AwsOptions,
        *,
        connections: int,
        connect_seconds: float,
        read_seconds: float,
        clock: Clock = now,
    ) -> None:
        self._session = session
        self._clock = clock
        self._pool = urllib3.PoolManager(
            num_pools=16,
            maxsize=connections,
            retries=False,
            timeout=urllib3.Timeout(connect=connect_seconds, read=read_seconds),
            ssl_context=ssl.create_default_context(cafile=ca_bundle(options) or get_cert_path(True)),
        )

    def __call__(self, place: str, address: Address, key: str, headers: Mapping[str, str]) -> Any:
        """The response to a GET (status 200 or 206, its body not read), or None for any other answer.

        `headers` in lower case. Raises AwsUnavailable where S3 is overloaded or cannot be reached, AwsError where there
        are no credentials.
        """
        path = address.path + encoded(key)
        signed = self._signed(address, path, headers)
        pool = self._pool.connection_from_host(address.host, address.port, address.scheme)
        try:
            answer = pool.urlopen(
                "GET", path, headers=signed, redirect=False, preload_content=False, decode_content=False
            )
            if answer.status in {200, 206}:
                return answer
            answer.read(_DRAIN_BYTES)
            answer.release_conn()
        except urllib3.exceptions.SSLError:
            return None  # botocore knows more ways to say which certificates are believed
        except urllib3.exceptions.HTTPError as error:
            raise AwsUnavailable(f"{place}: {' '.join(str(error).split())[:200]}") from error
        if answer.status in _OVERLOADED:
            raise AwsUnavailable(f"{place}: S3 answers {answer.status}")
        return None

    def _signed(self, address: Address, path: str, headers: Mapping[str, str]) -> Mapping[str, str]:
        with translating():
            frozen = credentials_of(self._session).get_frozen_credentials()
        given = {"host": address.netloc, "x-amz-content-sha256": NOTHING, **headers}
        if frozen.token:
            given["x-amz-security-token"] = frozen.token
        return signed_headers(given, path, address, (str(frozen.access_key), str(frozen.secret_key)), self._clock())


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
