"""The short way to an object: signed as botocore signs, learned from botocore, left for what is no success."""

import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from aws.errors import AwsDenied, AwsError, AwsGone, AwsUnavailable, AwsUnreadable
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
    """S3 on loopback: `answers` by key (status, code), or the key itself as content. Notes who asked.

    `cut`: so many bytes of an answer are sent, and the connection is closed; `closing`: it is closed after each.
    """

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, str]] = {}
        self.contents: dict[str, bytes] = {}
        self.asked: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.cut: dict[str, int] = {}
        self.ranges = True
        self.closing = False

    @property
    def ways(self) -> list[str]:
        return [way for _, way in self.asked]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        key = handler.path.partition("?")[0].partition("/logs/")[2]
        self.asked.append((key, "botocore" if "Botocore" in handler.headers.get("user-agent", "") else "short"))
        self.headers.append({name.lower(): value for name, value in handler.headers.items()})
        status, code = self.answers.get(key, (200, ""))
        whole = self.contents.get(key, key.encode())
        body = f"<Error><Code>{code}</Code><Message>m</Message></Error>".encode() if code else whole
        if (span := handler.headers.get("range", "")) and self.ranges and not code:
            status, body = 206, body[int(span.removeprefix("bytes=").removesuffix("-")) :]
        handler.send_response(status)
        handler.send_header("content-length", str(len(body)))
        handler.send_header("location", "/logs/elsewhere")
        handler.send_header("ETag", '"e"')
        handler.end_headers()
        handler.wfile.write(body[: self.cut.get(key)])
        handler.close_connection = self.closing or key in self.cut

    @contextmanager
    def serving(self, context: ssl.SSLContext | None = None) -> Iterator[str]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                endpoint.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        with serving(Handler, context) as url:
            yield url


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")


def s3(url: str) -> S3:
    return S3(AwsOptions(region="us-east-1", endpoint_url=url, requester_pays=True))


@pytest.fixture
def client(endpoint: Endpoint) -> Iterator[S3]:
    with endpoint.serving() as url:
        yield s3(url)


def whole(client: S3, key: str, offset: int = 0, etag: str = "", size: int = 1000) -> bytes:
    body = client.open("logs", key, offset, etag, size)
    try:
        return b"".join(iter(lambda: body.read(1000), b""))
    finally:
        body.close()


def test_the_first_goes_by_botocore_and_the_others_the_short_way(endpoint: Endpoint, client: S3) -> None:
    for key in ("a/1.log", "a/2.log", "b/3.log"):
        assert whole(client, key) == key.encode()
    assert endpoint.asked == [("a/1.log", "botocore"), ("a/2.log", "short"), ("b/3.log", "short")]
    assert whole(client, "4.log", 3, "e") == b"og"
    assert endpoint.ways[-1] == "short"
    asked = endpoint.headers[-1]
    assert (asked["range"], asked["if-match"]) == ("bytes=3-", '"e"')
    assert (asked["x-amz-request-payer"], asked["x-amz-security-token"]) == ("requester", "session")


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (404, "NoSuchKey", AwsGone),
        (403, "AccessDenied", AwsDenied),
        (403, "KMS.DisabledException", AwsDenied),
        (403, "InvalidObjectState", AwsUnreadable),
        (412, "PreconditionFailed", AwsUnreadable),
    ],
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
    assert endpoint.ways == ["botocore", "short", "botocore", "botocore", "short"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_overloaded_s3_is_not_asked_twice(endpoint: Endpoint, client: S3, status: int) -> None:
    whole(client, "1.log")
    endpoint.answers["2.log"] = (status, "SlowDown")
    with pytest.raises(AwsUnavailable, match=rf"2\.log: S3 answers {status}"):
        whole(client, "2.log")
    assert endpoint.ways == ["botocore", "short"]
    assert whole(client, "3.log") == b"3.log"


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_followed_by_botocore_only(endpoint: Endpoint, client: S3, status: int) -> None:
    whole(client, "1.log")
    endpoint.answers["2.log"] = (status, "PermanentRedirect")
    with pytest.raises(AwsError):
        whole(client, "2.log")
    assert endpoint.asked[:3] == [("1.log", "botocore"), ("2.log", "short"), ("2.log", "botocore")]
    assert ("elsewhere", "short") not in endpoint.asked


@pytest.mark.parametrize("key", KEYS)
def test_the_same_path_is_asked_for_by_both_ways(endpoint: Endpoint, client: S3, key: str) -> None:
    whole(client, "1.log")
    endpoint.answers[encoded(key)] = (404, "NoSuchKey")
    with pytest.raises(AwsGone):
        whole(client, key)
    assert endpoint.asked[1:] == [(encoded(key), "short"), (encoded(key), "botocore")]


@pytest.mark.parametrize("size", [-1, 2 << 20])
def test_what_is_large_or_of_unknown_size_is_streamed_by_botocore(endpoint: Endpoint, client: S3, size: int) -> None:
    whole(client, "1.log")
    whole(client, "2.log", size=size)
    assert endpoint.ways == ["botocore", "botocore"]


def test_what_has_become_large_is_streamed_by_botocore(endpoint: Endpoint, client: S3) -> None:
    whole(client, "1.log")
    endpoint.contents["2.log"] = bytes(2 << 20)
    assert whole(client, "2.log") == bytes(2 << 20)
    assert endpoint.ways == ["botocore", "short", "botocore"]


def test_a_whole_object_where_a_part_was_asked_for_is_not_taken_for_the_part(endpoint: Endpoint, client: S3) -> None:
    whole(client, "1.log")
    endpoint.ranges = False
    whole(client, "2.log", 3)
    assert endpoint.ways == ["botocore", "short", "botocore"]


def test_an_answer_that_breaks_off_is_no_object(endpoint: Endpoint, client: S3) -> None:
    whole(client, "1.log")
    endpoint.cut["2.log"] = 3
    with pytest.raises(AwsUnavailable, match=r"2\.log"):
        whole(client, "2.log")
    assert endpoint.ways == ["botocore", "short"]
    del endpoint.cut["2.log"]
    assert whole(client, "2.log") == b"2.log"


def test_a_connection_that_was_closed_meanwhile_is_replaced(endpoint: Endpoint, client: S3) -> None:
    endpoint.closing = True
    for number in range(5):
        assert whole(client, f"{number}.log") == b"%d.log" % number
    assert endpoint.ways == ["botocore", *["short"] * 4]


def test_where_nobody_answers_it_can_be_tried_again(endpoint: Endpoint) -> None:
    with endpoint.serving() as url:
        client = s3(url)
        whole(client, "1.log")
    with pytest.raises(AwsUnavailable, match=r"2\.log"):
        whole(client, "2.log")


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy"])
def test_behind_a_proxy_all_goes_by_botocore(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with endpoint.serving() as url:
        monkeypatch.setenv(name, url)
        client = s3("http://s3.invalid")
        for key in ("1.log", "2.log"):
            assert whole(client, key) == key.encode()
    assert endpoint.ways == ["botocore", "botocore"]


def test_certificates_are_believed_as_botocore_believes_them(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=s3", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with endpoint.serving(context) as url:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
        client = s3(url)
        assert [whole(client, each) for each in ("1.log", "2.log")] == [b"1.log", b"2.log"]
        assert endpoint.ways == ["botocore", "short"]
        monkeypatch.delenv("AWS_CA_BUNDLE")
        stranger = s3(url)
        stranger._learned = client._learned
        with pytest.raises(AwsUnavailable, match=r"3\.log.*certificate"):
            whole(stranger, "3.log")
    assert endpoint.ways == ["botocore", "short"]
