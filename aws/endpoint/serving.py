"""The endpoint over HTTP."""

from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl

from aws.endpoint.answer import Endpoint


def handler_of(endpoint: Endpoint) -> type[BaseHTTPRequestHandler]:
    """A handler of requests for `http.server`. Signatures are not checked."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            """Answer one request."""
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("utf-8")
            status, answer = endpoint.answer(dict(parse_qsl(body, keep_blank_values=True)))
            sent = answer.encode("utf-8")
            self.send_response(status)
            self.send_header("Content-Type", "text/xml;charset=UTF-8")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def date_time_string(self, timestamp: float | None = None) -> str:
            """The world's time: clients go by the Date of answers."""
            return super().date_time_string(endpoint.world.clock().timestamp() if timestamp is None else timestamp)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: what was asked is in the endpoint."""

    return Handler
