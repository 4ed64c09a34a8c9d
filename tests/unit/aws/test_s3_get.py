"""The short way to an object: signed as botocore signs, learned from botocore, left for what is no success."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from aws.errors import AwsDenied, AwsError, AwsGone, AwsUnavailable
from aws.s3 import S3
from aws.s3_get import NOTHING, Address, encoded, signed_headers
from aws.session import AwsOptions
from serving import serving

KEYS = ["a/b.log.gz", "odd names/é + %2B 漢/1.log", "~.-_/=?&#", "..//a", " "]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("token", [None, "a token/+="])
def test_a_request_is_signed_as_botocore_signs_it(key: str, token: str | None) -> None:
    address = Address(
        "https", "b.s3.eu-west-1.amazonaws.com", None, "b.s3.eu-west-1.amazonaws.com", "/", "eu-west-1", "s3"
    )
    path = f"/{encoded(key)}"
    headers = {"range": "bytes=5-", "if-match": '"0f"', "x-amz-request-payer": "requester"}
    request = AWSRequest("GET", f"https://{address.netloc}{path}", headers=headers)
    S3SigV4Auth(Credentials("AKIA", "secret", token), "s3", "eu-west-1").add_auth(request)
    theirs = {str(name).lower(): str(value) for name, value in request.headers.items()}
    at = datetime.strptime(theirs["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    given = {"host": address.netloc, "x-amz-content-sha256": NOTHING, **headers}
    given |= {"x-amz-security-token": token} if token else {}
    ours = signed_headers(given, path, address, ("AKIA", "secret"), at)
    assert theirs["x-amz-content-sha256"] == NOTHING
    assert ours["authorization"] == theirs["authorization"]


class Endpoint:
    """S3 on loopback: `answers` by key (status, code), or the key itself as content. Notes who asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, str]] = {}
        self.asked: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        key = handler.path.partition("?")[0].removeprefix("/logs/")
        self.asked.append((key, "botocore" if "Botocore" in handler.headers.get("user-agent", "") else "short"))
        self.headers.append({name.lower(): value for name, value in handler.headers.items()})
        status, code = self.answers.get(key, (200, ""))
        body = f"<Error><Code>{code}</Code><Message>m</Message></Error>".encode() if code else key.encode()
        handler.send_response(status)
        handler.send_header("content-length", str(len(body)))
        handler.send_header("etag", '"e"')
        handler.end_headers()
        handler.wfile.write(body)

    @contextmanager
    def serving(self) -> Iterator[str]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                endpoint.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        with serving(Handler) as url:
            yield url


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture
def client(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")
    with endpoint.serving() as url:
        yield S3(AwsOptions(region="us-east-1", endpoint_url=url, requester_pays=True))


def whole(client: S3, key: str, offset: int = 0, etag: str = "") -> bytes:
    body = client.open("logs", key, offset, etag)
    try:
        return body.read(1000)
    finally:
        body.close()


def test_the_first_goes_by_botocore_and_the_others_the_short_way(endpoint: Endpoint, client: S3) -> None:
    for key in ("a/1.log", "a/2.log", "b/3.log"):
        assert whole(client, key) == key.encode()
    assert endpoint.asked == [("a/1.log", "botocore"), ("a/2.log", "short"), ("b/3.log", "short")]
    whole(client, "4.log", 3, "e")
    asked = endpoint.headers[-1]
    assert (asked["range"], asked["if-match"]) == ("bytes=3-", '"e"')
    assert (asked["x-amz-request-payer"], asked["x-amz-security-token"]) == ("requester", "session")


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [(404, "NoSuchKey", AwsGone), (403, "AccessDenied", AwsDenied), (403, "KMS.DisabledException", AwsDenied)],
)
def test_what_is_no_success_is_told_by_botocore_and_the_next_finds_its_way_anew(
    endpoint: Endpoint, client: S3, status: int, code: str, error: type[AwsError]
) -> None:
    whole(client, "1.log")
    endpoint.answers["2.log"] = (status, code)
    with pytest.raises(error, match=r"2\.log"):
        whole(client, "2.log")
    assert whole(client, "3.log") == b"3.log"
    assert whole(client, "4.log") == b"4.log"
    ways = [way for _, way in endpoint.asked]
    assert ways == ["botocore", "short", "botocore", "botocore", "short"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_overloaded_s3_is_not_asked_twice(endpoint: Endpoint, client: S3, status: int) -> None:
    whole(client, "1.log")
    endpoint.answers["2.log"] = (status, "SlowDown")
    with pytest.raises(AwsUnavailable, match=rf"2\.log: S3 answers {status}"):
        whole(client, "2.log")
    assert [way for _, way in endpoint.asked] == ["botocore", "short"]
    assert whole(client, "3.log") == b"3.log"
