"""Signatures against AWS's own test suite, and that they are made with what the credentials are at that moment."""

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from botocore.credentials import Credentials, ReadOnlyCredentials

from aws.errors import AwsNotSetUp, AwsUnavailable
from aws.signing import Signer, region_of

# "AWS Signature Version 4 test suite" (AWS General Reference; also in botocore, tests/unit/auth/aws4_testsuite).
KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = (
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7"
    "mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d"
    "+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
)
AT = datetime(2015, 8, 30, 12, 36, 0, tzinfo=UTC)


class Fixed(Credentials):
    """Credentials that never change."""

    def __init__(self, token: str | None = None) -> None:
        super().__init__(KEY, SECRET, token)


class Changing(Credentials):
    """Other credentials each time."""

    def __init__(self) -> None:
        super().__init__("first", "s")
        self.asked = 0

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        self.asked += 1
        return ReadOnlyCredentials(f"KEY{self.asked}", "secret", f"token{self.asked}")


class Failing(Credentials):
    """Credentials that cannot be refreshed."""

    def __init__(self, error: Exception) -> None:
        super().__init__("k", "s")
        self.error = error

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        raise self.error


def signer(credentials: Credentials | None = None, service: str = "service", region: str = "us-east-1") -> Signer:
    return Signer(credentials or Fixed(), region, service, clock=lambda: AT)


@pytest.mark.parametrize(
    ("name", "method", "target", "token", "signature"),
    [
        ("get-vanilla", "GET", "/", None, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        (
            "get-vanilla-query-order-key-case", "GET", "/?Param2=value2&Param1=value1", None,
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            "get-unreserved", "GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", None,
            "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
        ),
        ("get-utf8", "GET", "/ሴ", None, "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
        ("post-vanilla", "POST", "/", None, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            "post-sts-header-before", "POST", "/", TOKEN,
            "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
        ),
    ],
)  # fmt: skip
def test_awss_own_suite(name: str, method: str, target: str, token: str | None, signature: str) -> None:
    headers = signer(Fixed(token))(method, f"https://example.amazonaws.com{target}", None)
    signed = "host;x-amz-date" + (";x-amz-security-token" if token else "")
    assert headers["authorization"] == (
        f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders={signed}, Signature={signature}"
    ), name
    assert headers["x-amz-date"] == "20150830T123600Z"
    assert headers.get("x-amz-security-token") == token


@pytest.mark.parametrize(
    ("service", "names"),
    [
        ("es", {"authorization", "x-amz-date", "x-amz-security-token"}),
        ("aoss", {"authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"}),
    ],
)
def test_which_headers_a_service_gets(service: str, names: set[str]) -> None:
    headers = signer(Fixed("token"), service)("POST", "https://x:9200/_bulk", b"body")
    assert set(headers) == names
    assert headers.get("x-amz-content-sha256", sha256(b"body").hexdigest()) == sha256(b"body").hexdigest()
    assert ("x-amz-content-sha256" in headers["authorization"]) == (service == "aoss")


def test_body_path_query_and_host_all_count() -> None:
    sign = signer()
    requests = [
        ("POST", "https://x/_bulk?a=1", b"body"), ("PUT", "https://x/_bulk?a=1", b"body"),
        ("POST", "https://x/_bulk?a=1", b"bodY"), ("POST", "https://x/_bulk?a=2", b"body"),
        ("POST", "https://x/_bulK?a=1", b"body"), ("POST", "https://y/_bulk?a=1", b"body"),
        ("POST", "https://x:9200/_bulk?a=1", b"body"), ("POST", "https://x/_bulk", b"body"),
    ]  # fmt: skip
    assert len({sign(*request)["authorization"] for request in requests}) == len(requests)


@pytest.mark.parametrize(("url", "same"), [("https://x:443/", "https://x/"), ("http://x:80/", "http://x/")])
def test_a_default_port_is_not_in_the_host_header(url: str, same: str) -> None:
    assert signer()("GET", url, None) == signer()("GET", same, None)


def test_each_request_is_signed_with_one_whole_set_of_credentials() -> None:
    sign = signer(Changing())
    for number in (1, 2, 3):
        headers = sign("GET", "https://x/", None)
        assert f"Credential=KEY{number}/" in headers["authorization"]
        assert headers["x-amz-security-token"] == f"token{number}"


def test_credentials_that_cannot_be_refreshed_are_waited_for() -> None:
    with pytest.raises(AwsUnavailable, match="still expired"):
        signer(Failing(RuntimeError("still expired")))("GET", "https://x/", None)


def test_no_region_is_said() -> None:
    with pytest.raises(AwsNotSetUp, match=r"region is known; set aws\.region, AWS_DEFAULT_REGION"):
        signer(region="")


def test_nothing_shows_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    sign = signer(Fixed("token-of-mine"))
    sign("GET", "https://x/", None)
    shown = f"{sign!r}{caplog.text}"
    assert SECRET not in shown
    assert "token-of-mine" not in shown


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://search-flows-abc.eu-central-1.es.amazonaws.com", "eu-central-1"),
        ("https://vpc-flows-abc.us-gov-west-1.es.amazonaws.com:443/", "us-gov-west-1"),
        ("https://search-flows-abc.cn-north-1.es.amazonaws.com.cn", "cn-north-1"),
        ("https://search-flows-abc.aos.ap-southeast-2.on.aws", "ap-southeast-2"),
        ("https://abc.us-east-1.aoss.amazonaws.com", "us-east-1"),
        ("https://flows.example.com", ""),
        ("https://eu-central-1.es.amazonaws.com.example.com", ""),
        ("http://127.0.0.1:9200", ""),
    ],
)
def test_a_domains_address_names_its_region(url: str, region: str) -> None:
    assert region_of(url) == region


def test_a_clock_is_asked_for_each_request() -> None:
    times = iter([AT, AT.replace(minute=37)])
    next_time: Callable[[], datetime] = lambda: next(times)  # noqa: E731
    sign = Signer(Fixed(), "us-east-1", clock=next_time)
    assert [sign("GET", "https://x/", None)["x-amz-date"][9:13] for _ in range(2)] == ["1236", "1237"]
