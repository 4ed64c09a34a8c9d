"""The one way to OpenSearch: a request goes in as bytes, its reply comes out as bytes.

The only import of opensearch-py. Its `Transport` retries, parses replies and raises for 4xx, and its connection class
decodes bodies and logs them at DEBUG: so its urllib3 connection is used (pool, TLS, url prefix, signing) with a request
method of our own.
Never retries, never logs, never shows a secret. Safe to call from several threads.
"""

import base64
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from traceback import clear_frames
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import orjson
import urllib3
from opensearchpy import Urllib3HttpConnection

from shipper.errors import ConfigError, Refused, Unavailable
from shipper.model import Body
from shipper.opensearch.reply import Reply, ServerInfo
from shipper.opensearch.trouble import translated

JSON = "application/json"
NDJSON = "application/x-ndjson"

Sign = Callable[[str, str, bytes | None], Mapping[str, str]]
"""(method, full URL, body) → headers that sign the request (AWS SigV4)."""

_CONNECT_SECONDS = 10.0
# A whole reply did not come. OSError: what urllib3 lets through (reset, broken pipe).
_TROUBLES = (urllib3.exceptions.HTTPError, HTTPException, OSError)


@dataclass(frozen=True, slots=True)
class Connection:
    """Where OpenSearch is and how to be let in. Without a port, https means 443 and http 9200."""

    url: str
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    timeout_seconds: float = 60.0
    connections: int = 8
    compress: bool = False
    sign: Sign | None = field(default=None, repr=False)


class _RawConnection(Urllib3HttpConnection):
    """opensearch-py's connection without decoding, logging, warnings and exceptions by status."""

    def raw(self, method: str, target: str, body: Body | None, headers: Mapping[str, str], seconds: float) -> Reply:
        sent = {**self.headers, **headers}
        if self.http_compress and body:
            body = self._gzip_compress(body)
            sent["content-encoding"] = "gzip"
        if self.http_auth is not None:
            # Signer and server must agree on the path; they do not always on what RFC 3986 lets stand unencoded ("*").
            path, mark, query = target.partition("?")
            target = quote(path, safe="/%") + mark + query
            sent.update(self.http_auth(method, self.host + self.url_prefix + target, body and bytes(body)))
        answer = self.pool.urlopen(
            method,
            self.url_prefix + target,
            body,
            headers=sent,
            retries=False,
            redirect=False,
            timeout=urllib3.Timeout(connect=min(seconds, _CONNECT_SECONDS), read=seconds),
        )
        return Reply(answer.status, answer.data)


class Store:
    """A pool of kept-alive connections to one OpenSearch address."""

    def __init__(self, connection: Connection) -> None:
        """Opens nothing yet. Raises ConfigError for an unusable url, ca_file or credentials."""
        _check(connection)
        parts = urlsplit(connection.url)
        secure = parts.scheme == "https"
        self.url = connection.url.rstrip("/")
        self._seconds = connection.timeout_seconds
        signed = connection.sign is not None
        self._credentials = "the AWS credentials" if signed else "opensearch.username and opensearch.password"
        self._raw = _RawConnection(
            host=parts.hostname or "",
            port=parts.port or (443 if secure else 9200),
            url_prefix=parts.path.strip("/"),
            use_ssl=secure,
            ssl_context=_tls(connection.ca_file) if secure else None,
            http_auth=connection.sign,
            http_compress=connection.compress,
            pool_maxsize=connection.connections,
            headers=_authorization(connection),
        )

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Body | None = None,
        content_type: str = JSON,
        timeout_seconds: float | None = None,
    ) -> Reply:
        """One request, tried once. `path` is sent as it is: quote names with `segment`.

        Raises Unavailable (connection, timeout, name, reply cut) or Refused (TLS says this is not the server meant).
        """
        target = f"{path}?{urlencode(params, quote_via=quote)}" if params else path
        try:
            return self._raw.raw(method, target, body, {"content-type": content_type}, timeout_seconds or self._seconds)
        except _TROUBLES as error:
            _let_go(error)
            raise translated(self.url, error) from error

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: object = None,
        missing: object = None,
    ) -> Any:
        """JSON in, JSON out; 404 gives `missing`. Raises Unavailable for 429 and 5xx, Refused for any other 4xx."""
        sent = None if body is None else orjson.dumps(body)
        reply = self.request(method, path, params=params, body=sent)
        if reply.status == 404:
            return missing
        if not reply.ok:
            raise self.failure(method, path, reply)
        return reply.json()

    def failure(self, method: str, path: str, reply: Reply) -> Unavailable | Refused:
        """The error of a reply that is not a success: wait for 429 and 5xx, stop for anything else."""
        kind, reason = reply.error()
        said = f"{self.url}: {method} {path} answered HTTP {reply.status} {kind}: {reason}".rstrip(": ")
        if reply.status == 429 or reply.status >= 500:
            return Unavailable(said)
        if reply.status in {401, 403}:
            said += f"; check {self._credentials}, and what that user may do"
        return Refused(said)

    def info(self) -> ServerInfo:
        """Who answers (`GET /`). Raises Refused where it is not OpenSearch's greeting."""
        answer = self.call("GET", "/")
        try:
            number = str(answer["version"]["number"]).partition("-")[0]
            return ServerInfo(
                version=tuple(int(part) for part in number.split(".")),
                distribution=str(answer["version"].get("distribution", "")),
                cluster_name=str(answer["cluster_name"]),
                cluster_uuid=str(answer["cluster_uuid"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Refused(f"{self.url} answers, but not as OpenSearch does; check opensearch.url") from error

    def close(self) -> None:
        """Close the idle connections; a request after this is Unavailable."""
        self._raw.pool.close()


def _let_go(error: BaseException | None) -> None:
    """urllib3's frames and their error hold each other, and the body with them, until the collector of cycles comes."""
    while error is not None:
        clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def connect(connection: Connection) -> Store:
    """A store for this address; nothing is sent yet."""
    return Store(connection)


def segment(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="")


def _check(connection: Connection) -> None:
    try:
        parts = urlsplit(connection.url)
        _ = parts.port
    except ValueError as error:
        raise ConfigError(f"opensearch.url must look like https://host:9200 ({error})") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError("opensearch.url must look like https://host:9200")
    if "@" in parts.netloc:
        raise ConfigError("opensearch.url must hold no credentials: use opensearch.username and opensearch.password")
    if ":" in connection.username:
        raise ConfigError("opensearch.username must hold no colon (RFC 7617 section 2)")


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    """Verifies name and chain, against `ca_file` or else the system's authorities."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigError(f"opensearch.ca_file {ca_file} cannot be read as PEM certificates: {error}") from error


def _authorization(connection: Connection) -> dict[str, str]:
    if not connection.username:
        return {}
    pair = f"{connection.username}:{connection.password}".encode()
    return {"authorization": "Basic " + base64.b64encode(pair).decode()}
