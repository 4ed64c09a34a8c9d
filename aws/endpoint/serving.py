"""The endpoint over HTTP."""

import json
from http.server import BaseHTTPRequestHandler
from typing import Final
from urllib.parse import parse_qsl

from aws.endpoint.answer import Endpoint

VARIABLES: Final = tuple(
    f"AWS_ENDPOINT_URL_{service}" for service in ("EC2", "STS", "ELASTIC_LOAD_BALANCING_V2", "CLOUDWATCH")
)
"""What leads botocore's clients to an address. There are no load balancers here, and no metrics."""
_NO_METRICS: Final = json.dumps({"__type": "AccessDenied", "message": "this endpoint has no metrics"})


def handler_of(endpoint: Endpoint) -> type[BaseHTTPRequestHandler]:
    """A handler of requests for `http.server`. Signatures are not checked."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            """Answer one request."""
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("utf-8", "replace")
            asked_in_json = "X-Amz-Target" in self.headers  # as CloudWatch is; EC2 and its like are asked by forms
            form = dict(parse_qsl(body, keep_blank_values=True))
            status, answer = (400, _NO_METRICS) if asked_in_json else endpoint.answer(form)
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
