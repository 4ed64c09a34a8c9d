"""A port on this machine that leads to a far Dashboards, each request signed: no jump host, no password in a browser.

In: requests to a loopback address. Out: what the far Dashboards answers. Whoever reaches the port acts with our
credentials, so only this machine does, and no page of another site: `Host` and `Origin` must be the port's own (a name
that was made to point here, "DNS rebinding", has another).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import urllib3

from dashboards.client import Place, tls
from dashboards.errors import DashboardsError

# RFC 9110, 7.6.1: for this connection only. Lengths are counted anew; what the browser says of itself is not told on.
_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
     "transfer-encoding", "upgrade", "content-length", "host"}
)  # fmt: skip
_NOT_TOLD = _HOP | {"authorization", "expect", "origin", "referer"}
_NOT_BACK = _HOP | {"strict-transport-security"}
_MOST_BYTES = 64 << 20

_Answer = tuple[int, urllib3.HTTPHeaderDict, bytes]


@contextmanager
def serving(place: Place, port: int) -> Iterator[str]:
    """Serve on 127.0.0.1 while entered; gives the address to open. Port 0 takes a free one. Raises DashboardsError."""
    parts = urlsplit(place.url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise DashboardsError(f"{place.url or 'an empty address'} is no address such as https://host/_dashboards")
    origin = f"{parts.scheme}://{parts.netloc}"
    pool = urllib3.PoolManager(ssl_context=tls(place.ca_file) if parts.scheme == "https" else None, maxsize=8)
    try:
        server = _Server(port, _Far(place, origin, pool))
    except OSError as error:
        raise DashboardsError(f"cannot listen on 127.0.0.1:{port}: {error.strerror}") from error
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="proxy", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{parts.path.rstrip('/')}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, far: "_Far") -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.far = far
        self.local = f"127.0.0.1:{self.server_port}"


@dataclass(frozen=True, slots=True)
class _Far:
    """The other end. Safe to ask from several threads."""

    place: Place
    origin: str
    pool: urllib3.PoolManager

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> _Answer:
        """What it answers, its headers as they came; 502 where nothing comes."""
        url = self.origin + encoded(target)
        sent = {name: value for name, value in headers.items() if name.lower() not in _NOT_TOLD}
        sent |= {name: value for name, value in self.place.headers.items() if name != "osd-xsrf"}
        if self.place.sign is not None:
            sent |= self.place.sign(method, url, body)
        try:
            reply = self.pool.request(
                method, url, body=body, headers=sent, retries=False, redirect=False, decode_content=False,
                timeout=urllib3.Timeout(connect=10, read=self.place.timeout_seconds),
            )  # fmt: skip
        except (urllib3.exceptions.HTTPError, OSError) as error:
            told = f"{self.origin} does not answer: {type(error).__name__}\n"
            return 502, urllib3.HTTPHeaderDict(), told.encode()
        return reply.status, reply.headers, reply.data


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    server: _Server

    def forward(self) -> None:
        """Any request."""
        if not self._is_ours():
            self._reply(403, (), b"This port is for pages that came from it, on this machine only.\n")
            return
        length = int(self.headers.get("content-length") or 0)
        if length > _MOST_BYTES or self.headers.get("transfer-encoding"):
            self.close_connection = True
            self._reply(413, (), b"Too long, or of unknown length.\n")
            return
        body = self.rfile.read(length) if length else None
        status, headers, content = self.server.far.ask(self.command, self.path, dict(self.headers.items()), body)
        self._reply(status, back(headers, self.server.far.origin, f"http://{self.server.local}"), content)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = forward  # noqa: N815

    def _is_ours(self) -> bool:
        names = {self.server.local, self.server.local.replace("127.0.0.1", "localhost")}
        came_from = self.headers.get("origin")
        return self.headers.get("host") in names and (
            came_from is None or came_from in {f"http://{name}" for name in names}
        )

    def _reply(self, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: addresses hold what was searched for."""


def encoded(target: str) -> str:
    """Path and query with everything encoded that may be.

    Signer and server must agree on both; they do not on what RFC 3986 lets stand as it is, and a plus is a space here.
    """
    path, mark, query = target.partition("?")
    return quote(path, safe="/%") + mark + "&".join(_encoded_pair(pair) for pair in query.split("&"))


def _encoded_pair(pair: str) -> str:
    name, equals, value = pair.replace("+", " ").partition("=")
    return quote(unquote(name), safe="~") + equals + quote(unquote(value), safe="~")


def back(headers: Mapping[str, str], origin: str, local: str) -> list[tuple[str, str]]:
    """The far end's headers as they make sense here: its own address, and cookies, stay on this machine.

    Pairs, for each cookie is a header of its own (RFC 6265, section 3).
    """
    return [
        (name, value.replace(origin, local) if name.lower() == "location" else _here(name, value))
        for name, value in headers.items()
        if name.lower() not in _NOT_BACK
    ]


def _here(name: str, value: str) -> str:
    if name.lower() != "set-cookie":
        return value
    parts = [part for part in value.split(";") if part.strip().lower() != "secure"]
    return ";".join(part for part in parts if not part.strip().lower().startswith("domain="))
