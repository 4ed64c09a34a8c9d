"""A boto3 client of the EC2 endpoint in the same process: botocore's own requests and parsing, no socket."""

from functools import cache
from threading import local
from typing import Any
from urllib.parse import parse_qsl

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from aws.endpoint.answer import Endpoint
from aws_server import CREDENTIALS

_ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1})


_calling = local()


class _Body:
    def __init__(self, text: str) -> None:
        self._text = text

    def stream(self, **_: object) -> list[bytes]:
        return [self._text.encode()]


@cache
def session() -> boto3.Session:
    """One for all tests: it keeps the loaded service models."""
    return boto3.Session(
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=CREDENTIALS["AWS_DEFAULT_REGION"],
    )


@cache
def _shared(service: str) -> Any:
    made: Any = session().client(service, config=_ONCE)

    def send(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        body = request.body or ""
        form = parse_qsl(body if isinstance(body, str) else bytes(body).decode(), keep_blank_values=True)
        status, text = _calling.endpoint.answer(dict(form))
        return AWSResponse(request.url, status, {}, _Body(text))

    made.meta.events.register(f"before-send.{service}", send)
    return made


class Client:
    """Calls as boto3's client has them, each tried once. One client underneath for all: a model takes long to load."""

    def __init__(self, endpoint: Endpoint, service: str = "ec2") -> None:
        self.endpoint = endpoint
        self._service = service

    def __getattr__(self, name: str) -> Any:
        def call(*given: Any, **asked: Any) -> Any:
            _calling.endpoint = self.endpoint
            return getattr(_shared(self._service), name)(*given, **asked)

        return call


def client(endpoint: Endpoint, service: str = "ec2") -> Any:
    """A client of this endpoint."""
    return Client(endpoint, service)
