"""A proxy that lets only well-signed requests through to OpenSearch, and a source of credentials on loopback.

AWS General Reference, "Signature Version 4 signing process", computed here from the request as it came over the wire,
with nothing of botocore. In: HTTP/1.1 on 127.0.0.1. Out: the node's answers, or 403 in the words that AWS uses.
"""

import hmac
import re
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from threading import Lock
from typing import Self
from urllib.parse import quote, unquote, urlsplit

import orjson

from serving import serving

REGION = "eu-central-1"
WINDOW = timedelta(minutes=5)

MISMATCH = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method."  # noqa: E501
EXPIRED = "The security token included in the request is expired"
UNKNOWN = "The security token included in the request is invalid."
MISSING = "Missing Authentication Token"
STALE = "Signature expired"

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<date>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, "
    r"SignedHeaders=(?P<signed>[a-z0-9;-]+), Signature=(?P<signature>[0-9a-f]{64})$"
)


@dataclass(frozen=True, slots=True)
class Known:
    """What belongs to an access key. `bulks`, `requests`: how many of them it is good for, None for any number."""

    secret: str
    token: str | None = None
    bulks: int | None = None
    requests: int | None = None


@dataclass(slots=True)
class Gate:
    """`keys` may be added to meanwhile. `passed` and `refused` count requests by access key and by reason."""

    upstream: str
    keys: dict[str, Known]
    service: str = "es"
    several: frozenset[str] = frozenset()
    """Services behind one address, as at moto's server, which tells them by what a request is signed for."""

    pause_seconds: float = 0.0
    passed: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    agents: Counter[str] = field(default_factory=Counter)
    """Requests let through, by the first word of who sent them."""

    compressed: int = 0
    bulks_by: Counter[str] = field(default_factory=Counter)
    url: str = ""
    lock: Lock = field(default_factory=Lock)
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def bulks(self) -> int:
        """Bulk requests let through."""
        return self.bulks_by.total()

    @contextmanager
    def open(self) -> Iterator[Self]:
        """Serve until left; `url` is where clients go."""
        with _serving(self._answer) as self.url:
            yield self

    def _answer(self, handler: "_Handler") -> None:
        body = handler.body()
        key, trouble = self._judge(handler, body)
        with self.lock:
            (self.refused if trouble else self.passed)[trouble or key] += 1
        if trouble:
            plain = (403, "json", orjson.dumps({"message": trouble}))
            status, kind, told = _refusal(handler, trouble) if self.several else plain
            handler.reply(status, {"content-type": f"application/{kind}"}, told)
            return
        bulk = handler.path.startswith("/_bulk")
        with self.lock:
            self.bulks_by[key] += bulk
            self.agents[handler.headers.get("user-agent", "").partition("/")[0]] += 1
            self.compressed += handler.headers.get("content-encoding") == "gzip"
        if bulk and self.pause_seconds:
            self.stopped.wait(self.pause_seconds)
        handler.forward(self.upstream, body, {"authorization"} if self.several else set())

    def _judge(self, handler: "_Handler", body: bytes) -> tuple[str, str]:
        """(access key, why it is refused or nothing)."""
        claim = _AUTHORIZATION.match(handler.headers.get("authorization", ""))
        if claim is None:
            return "", MISSING
        known = self.keys.get(claim["key"])
        if known is None or handler.headers.get("x-amz-security-token") != known.token:
            return claim["key"], UNKNOWN
        if known.bulks is not None and self.bulks_by[claim["key"]] >= known.bulks:
            return claim["key"], EXPIRED
        if known.requests is not None and self.passed[claim["key"]] >= known.requests:
            return claim["key"], EXPIRED
        at = handler.headers.get("x-amz-date", "")
        if not _recent(at):
            return claim["key"], STALE
        return claim["key"], "" if self._signature(handler, body, known.secret, claim) else MISMATCH

    def _signature(self, handler: "_Handler", body: bytes, secret: str, claim: re.Match[str]) -> bool:
        headers = handler.headers
        names = claim["signed"].split(";")
        needed = {"host", *(name.lower() for name in headers if name.lower().startswith("x-amz-"))}
        service = claim["service"] if claim["service"] in self.several else self.service
        scope = f"{headers['x-amz-date'][:8]}/{REGION}/{service}/aws4_request"
        if f"{claim['date']}/{claim['region']}/{claim['service']}/aws4_request" != scope or not needed <= {*names}:
            return False
        told = headers.get("x-amz-content-sha256", sha256(body).hexdigest())
        request = "\n".join(
            [
                handler.command,
                canonical_path(handler.path, times=1 if service == "s3" else 2),
                canonical_query(handler.path),
                *(f"{name}:{' '.join(headers.get(name, '').split())}" for name in sorted(names)),
                "",
                claim["signed"],
                sha256(body).hexdigest(),
            ]
        )
        text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, sha256(request.encode()).hexdigest()])
        key = f"AWS4{secret}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        expected = hmac.digest(key, text.encode(), "sha256").hex()
        return told == sha256(body).hexdigest() and hmac.compare_digest(expected, claim["signature"])


def _refusal(handler: "_Handler", trouble: str) -> tuple[int, str, bytes]:
    """Status, type and body, as the service says it that the request is for."""
    claim = _AUTHORIZATION.match(handler.headers.get("authorization", ""))
    code = "ExpiredToken" if trouble == EXPIRED else "SignatureDoesNotMatch"
    if claim and claim["service"] == "s3":
        return 400, "xml", f"<Error><Code>{code}</Code><Message>{trouble}</Message></Error>".encode()
    return 403, "json", orjson.dumps({"message": trouble, "__type": code})


def canonical_path(target: str, times: int = 2) -> str:
    """Each segment's bytes that are not unreserved, percent-encoded twice: as a server does that decoded it first.

    S3 does so once.
    """
    segments = [unquote(segment) for segment in target.partition("?")[0].split("/")]
    for _ in range(times):
        segments = [quote(segment, safe="~") for segment in segments]
    return "/".join(segments)


def canonical_query(target: str) -> str:
    """Parameters decoded (a plus is a plus), encoded anew, and sorted."""
    query = target.partition("?")[2]
    pairs = (pair.partition("=")[::2] for pair in query.split("&") if pair)
    return "&".join(
        sorted(f"{quote(unquote(name), safe='~')}={quote(unquote(value), safe='~')}" for name, value in pairs)
    )


def _recent(text: str) -> bool:
    try:
        at = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs(datetime.now(UTC) - at) < WINDOW


@contextmanager
def credentials_endpoint(issue: Callable[[], Mapping[str, str]]) -> Iterator[str]:
    """As the container credentials provider of Amazon ECS: each GET issues credentials. Gives its address."""

    def answer(handler: "_Handler") -> None:
        handler.reply(200, {"content-type": "application/json"}, orjson.dumps(dict(issue())))

    with _serving(answer) as url:
        yield f"{url}/credentials"


@contextmanager
def sts_endpoint(assume: Callable[[str], tuple[int, str]]) -> Iterator[str]:
    """The STS Query API: `assume` gets the form of each POST and gives status and XML. Gives its address."""

    def answer(handler: "_Handler") -> None:
        status, xml = assume(handler.body().decode())
        handler.reply(status, {"content-type": "text/xml"}, xml.encode())

    with _serving(answer) as url:
        yield url


@contextmanager
def _serving(answer: Callable[["_Handler"], None]) -> Iterator[str]:
    made = type("Handler", (_Handler,), {"answer": staticmethod(answer)})
    with serving(made) as url:
        yield url


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    answer: Callable[["_Handler"], None]

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def reply(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def forward(self, upstream: str, body: bytes, kept_too: Collection[str] = ()) -> None:
        """To the node and back, unchanged but for what is about this connection."""
        dropped = {"host", "connection", "authorization", "x-amz-date", "x-amz-security-token", "content-length"}
        dropped -= set(kept_too)
        sent = {name: value for name, value in self.headers.items() if name.lower() not in dropped}
        connection = HTTPConnection(urlsplit(upstream).netloc, timeout=60)
        try:
            connection.request(self.command, self.path, body or None, sent)
            answer = connection.getresponse()
            content = answer.read()
            kept = ("content-type", "content-encoding", "etag", "content-range")
            self.reply(answer.status, {name: answer.headers[name] for name in kept if name in answer.headers}, content)
        finally:
            connection.close()

    def do_GET(self) -> None:
        self.answer(self)

    do_POST = do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815  (http.server's names)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on standard error."""
