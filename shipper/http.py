"""A small HTTP server for those who watch: GET and HEAD of a few paths, from threads of its own.

In: an address (loopback, unless told) and what each path answers. Out: answers. Never changes anything, never logs.
"""

import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from threading import Thread

from shipper.errors import ConfigError
from shipper.loopback import is_loopback

_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a path answers at this moment."""

    status: int
    content_type: str
    body: bytes


Routes = Mapping[str, Callable[[], Answer]]


@contextmanager
def serving(address: str, routes: Routes, *, beyond_loopback: bool = False) -> Iterator[str]:
    """Serve while entered; gives the URL. Raises ConfigError for an address that is wrong, not ours or in use.

    `address` is HOST:PORT, [::1]:PORT for IPv6; port 0 takes a free one. Nobody is asked for a password: an address
    other than loopback takes `beyond_loopback`.
    """
    host, port = _parsed(address)
    if not beyond_loopback and not is_loopback(host):
        raise ConfigError(
            f"{address} can be reached by others, and nobody is asked for a password there: use a loopback address "
            "(127.0.0.1), or allow it with watch.http_beyond_loopback"
        )
    try:
        server = _Server(host, port, _handler(routes))
    except OSError as error:
        raise ConfigError(f"cannot listen on {address} (watch.http, --http): {error.strerror or error}") from error
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="http", daemon=True)
    thread.start()
    try:
        yield f"http://{f'[{host}]' if ':' in host else host}:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _parsed(address: str) -> tuple[str, int]:
    host, colon, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ConfigError(f"{address} is no address to listen on (watch.http, --http): give HOST:PORT, 127.0.0.1:9464")
    return host, int(port)


class _Server(ThreadingMixIn, TCPServer):
    """http.server.HTTPServer without its look-up of the host's name, which can take seconds."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no error of ours."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def _handler(routes: Routes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _SECONDS
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def version_string(self) -> str:
            return "flowtap"

        def log_message(self, format: str, *args: object) -> None:
            """Scrapes are not worth a line."""

        def _answer(self, *, with_body: bool) -> None:
            route = routes.get(self.path.partition("?")[0])
            answer = route() if route else Answer(404, "text/plain", "\n".join([*routes, ""]).encode())
            self.send_response(answer.status, HTTPStatus(answer.status).phrase)
            self.send_header("content-type", answer.content_type)
            self.send_header("content-length", str(len(answer.body)))
            self.send_header("cache-control", "no-store")
            self.end_headers()
            if with_body:
                self.wfile.write(answer.body)

    return Handler
