"""When requests are signed, with whose credentials, for which address; and what a person is told."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from aws.errors import AwsError, AwsNotSetUp, AwsRefused, AwsUnavailable
from shipper.config import Loaded, load
from shipper.doctor import machine_judgement
from shipper.doctor.finding import Outcome
from shipper.errors import ConfigError, Refused, ShipperError, Unavailable, ours
from shipper.opensearch.client import Connection, Store
from shipper.opensearch.reply import Reply
from shipper.settings import AwsSettings, SigningService
from shipper.signing import RequestSigner

DOMAIN = "https://search-flows-abc.eu-central-1.es.amazonaws.com"
SIGNED = f"[opensearch]\nurl = '{DOMAIN}'\nauth = 'sigv4'\n"


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "hunter2-token")


def loaded(toml: str, *overrides: str, **variables: str) -> Loaded:
    Path("shipper.toml").write_text(toml)
    return load(None, overrides, {"XDG_CONFIG_HOME": str(Path.cwd() / "xdg"), **variables})


def signed(found: Loaded) -> Mapping[str, str]:
    assert found.connection.sign is not None
    return found.connection.sign("GET", f"{found.connection.url}/", None)


def test_nothing_is_signed_unless_asked_for() -> None:
    assert loaded(f"[opensearch]\nurl = '{DOMAIN}'\n").connection.sign is None


def test_asked_for_it_is_signed_for_the_domains_region() -> None:
    found = loaded(SIGNED + "[aws]\nregion = 'us-east-1'\n")
    assert "Credential=AKIAENV/" in signed(found)["authorization"]
    assert "/eu-central-1/es/aws4_request" in signed(found)["authorization"]
    assert "hunter2" not in f"{found!r}{found.connection!r}{found.connection.sign!r}"


def test_a_collection_is_another_service() -> None:
    toml = "[opensearch]\nurl = 'https://flows.example.com'\nauth = 'sigv4'\nservice = 'aoss'\n"
    headers = signed(loaded(toml, "aws.region=eu-west-1"))
    assert "/eu-west-1/aoss/aws4_request" in headers["authorization"]
    assert "x-amz-content-sha256" in headers


def test_another_way_in_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"opensearch\.auth .*'auto' or 'sigv4'"):
        loaded("[opensearch]\nauth = 'kerberos'\n")


def test_a_user_and_a_signature_exclude_each_other() -> None:
    with pytest.raises(
        ConfigError, match=r"opensearch\.auth is sigv4, but there is a user for https://.* \(me\)"
    ) as raised:
        loaded(SIGNED + "username = 'me'\npassword = 'hunter2'\n")
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("variables", [{}, {"OPENSEARCH_URL": "https://me:hunter2@far"}, {"OPENSEARCH_URL": DOMAIN}])
def test_nothing_is_signed_for_an_address_from_elsewhere(variables: Mapping[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"opensearch\.auth is sigv4: set opensearch\.url, too") as raised:
        loaded("[opensearch]\nauth = 'sigv4'\n", **variables)
    assert "hunter2" not in str(raised.value)


def test_a_signature_goes_only_to_the_address_it_was_asked_for() -> None:
    """The session token goes with it."""
    assert loaded(SIGNED, "opensearch.url=https://elsewhere").connection.sign is None
    assert loaded(SIGNED, SHIPPER_OPENSEARCH__URL="https://elsewhere").connection.sign is None
    assert loaded(SIGNED, "opensearch.url=https://elsewhere", "opensearch.auth=sigv4").connection.sign is not None


def test_no_region_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigError, match=r"no AWS region is known; set aws\.region"):
        signed(loaded("[opensearch]\nurl = 'https://flows.example.com'\nauth = 'sigv4'\n"))


def test_no_credentials_are_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    with pytest.raises(ConfigError, match=r"no AWS credentials were found"):
        signed(loaded(SIGNED))


def test_boto3_is_loaded_by_those_who_sign_only() -> None:
    Path("shipper.toml").write_text(SIGNED)
    program = (
        "import sys; from shipper.config import load; load(); sys.exit(bool({'boto3', 'botocore'} & {*sys.modules}))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (AwsError, ConfigError),
        (AwsNotSetUp, ConfigError),
        (AwsUnavailable, Unavailable),
        (AwsRefused, Refused),
    ],
)
def test_an_error_of_aws_is_one_of_ours(error: type[AwsError], kind: type[ShipperError]) -> None:
    found = ours(error("what happened"))
    assert (type(found), str(found)) == (kind, "what happened")


def test_a_stranger_is_no_error_of_ours() -> None:
    with pytest.raises(KeyError):
        ours(ValueError("x"))


@pytest.mark.parametrize(
    ("url", "outcome", "text"),
    [
        (DOMAIN, Outcome.OK, "TLS checked"),
        ("http://127.0.0.1:9200", Outcome.OK, "without TLS on this host"),
        ("http://far:9200", Outcome.WARN, "AWS session token and records cross the network unencrypted"),
    ],
)
def test_what_the_doctor_says(url: str, outcome: Outcome, text: str) -> None:
    signer = RequestSigner(
        url, SigningService.DOMAIN, AwsSettings(region="eu-west-1", role_arn="arn:aws:iam::1:role/r")
    )
    found = machine_judgement.connection(Connection(url, sign=signer), "a test", signer.identity())
    assert found.outcome is outcome
    assert "signed (SigV4) as role arn:aws:iam::1:role/r, from a test" in found.seen
    assert text in found.seen


def test_who_is_refused_is_told_what_to_look_at() -> None:
    refused = Reply(403, b'{"message":"The security token included in the request is invalid."}')
    for sign, what in ((lambda *_: {}, "the AWS credentials"), (None, "opensearch.username")):
        said = str(Store(Connection("http://x", sign=sign)).failure("GET", "/", refused))
        assert what in said
        assert "security token included in the request is invalid" in said
