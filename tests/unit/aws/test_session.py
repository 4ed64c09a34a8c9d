"""Where credentials come from, that assumed roles renew themselves, and what is said where there are none."""

import logging
import stat
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore import exceptions as theirs

from aws.errors import AwsError, AwsNotSetUp, AwsRefused, AwsUnavailable
from aws.session import AwsOptions, credentials_of, identity, open_session
from aws.signing import Signer, open_signer
from aws.trouble import translated

ROLE = "arn:aws:iam::123456789010:role/flows"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = "hunter2/SECRET"


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials but the test's: no files, no instance metadata."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)


class FakeSts:
    """Hands out numbered credentials for an hour each; fails while `error` is set."""

    def __init__(self) -> None:
        self.now = BEGIN
        self.asked: list[dict[str, str]] = []
        self.error: Exception | None = None

    def clock(self) -> datetime:
        return self.now

    def assume_role(self, **asked: str) -> Mapping[str, Any]:
        self.asked.append(asked)
        if self.error:
            raise self.error
        number = len(self.asked)
        return {
            "Credentials": {
                "AccessKeyId": f"ASIA{number}", "SecretAccessKey": SECRET, "SessionToken": f"token{number}",
                "Expiration": self.now + timedelta(hours=1),
            }
        }  # fmt: skip

    def signer(self, **options: str) -> Signer:
        asked = AwsOptions(role_arn=ROLE, **options)
        session = open_session(asked, clock=self.clock, assume_role=self.assume_role)
        return Signer(credentials_of(session), "eu-central-1", clock=self.clock)


def key_of(sign: Signer) -> str:
    return sign("GET", "https://x/", None)["authorization"].split("Credential=")[1].split("/")[0]


def test_an_assumed_role_is_renewed_before_it_expires() -> None:
    sts = FakeSts()
    sign = sts.signer()
    used = []
    for minute in range(0, 180, 5):
        sts.now = BEGIN + timedelta(minutes=minute)
        used.append(key_of(sign))
    # Botocore renews an hour's credentials when a quarter of it is left, so none is ever older than 45 minutes.
    assert used == [f"ASIA{1 + minute // 50}" for minute in range(0, 180, 5)]
    assert len(sts.asked) == 4


def test_nothing_is_asked_before_the_first_request() -> None:
    sts = FakeSts()
    sts.signer()
    assert not sts.asked


@pytest.mark.parametrize(
    ("given", "asked"), [("", {}), ("their-id", {"ExternalId": "their-id"})], ids=["without", "with external id"]
)
def test_what_sts_is_asked(given: str, asked: dict[str, str]) -> None:
    sts = FakeSts()
    key_of(sts.signer(external_id=given))
    assert sts.asked == [{"RoleArn": ROLE, "RoleSessionName": "flowtap", **asked}]


def test_while_old_credentials_hold_a_failing_renewal_is_no_trouble() -> None:
    sts = FakeSts()
    sign = sts.signer()
    assert key_of(sign) == "ASIA1"
    sts.error = theirs.EndpointConnectionError(endpoint_url="https://sts")
    sts.now = BEGIN + timedelta(minutes=46)
    assert key_of(sign) == "ASIA1"
    sts.now = BEGIN + timedelta(minutes=59)
    with pytest.raises(AwsUnavailable):
        key_of(sign)
    sts.error = None
    assert key_of(sign) != "ASIA1"


def test_a_role_that_may_not_be_taken_on_is_refused_with_the_reason() -> None:
    sts = FakeSts()
    sign = sts.signer()
    answer: Any = {
        "Error": {"Code": "AccessDenied", "Message": "not authorized to perform: sts:AssumeRole"},
        "ResponseMetadata": {"HTTPStatusCode": 403},
    }
    sts.error = theirs.ClientError(answer, "AssumeRole")
    with pytest.raises(AwsRefused, match="AWS AssumeRole: AccessDenied: not authorized to perform: sts:AssumeRole"):
        key_of(sign)


@pytest.mark.usefixtures("keys")
def test_keys_in_the_environment_are_used() -> None:
    sign = open_signer("https://search-x.eu-central-1.es.amazonaws.com", "es", AwsOptions(region="us-east-1"))
    headers = sign("GET", "https://x/", None)
    assert "Credential=AKIAENV/" in headers["authorization"]
    assert "/eu-central-1/es/" in headers["authorization"]
    assert SECRET not in f"{sign!r}{vars(sign)}"


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("given", "config", "variable", "region"),
    [
        ("eu-west-1", "region = eu-west-2", "eu-west-3", "eu-west-1"),
        ("", "region = eu-west-2", "eu-west-3", "eu-west-3"),
        ("", "region = eu-west-2", "", "eu-west-2"),
    ],
)
def test_which_region_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, config: str, variable: str, region: str
) -> None:
    (tmp_path / "config").write_text(f"[default]\n{config}\n")
    if variable:
        monkeypatch.setenv("AWS_DEFAULT_REGION", variable)
    headers = open_signer("https://flows.example.com", "es", AwsOptions(region=given))("GET", "https://x/", None)
    assert f"/{region}/es/aws4_request" in headers["authorization"]


@pytest.mark.usefixtures("keys")
def test_without_a_region_the_next_step_is_named() -> None:
    with pytest.raises(AwsNotSetUp, match=r"no AWS region is known; set aws\.region"):
        open_signer("https://flows.example.com", "es", AwsOptions())


@pytest.mark.parametrize("role", ["", ROLE])
def test_without_credentials_the_next_step_is_named(role: str) -> None:
    with pytest.raises(AwsNotSetUp, match=r"no AWS credentials were found.*aws configure.*aws\.profile"):
        open_signer("https://x", "es", AwsOptions(region="eu-west-1", role_arn=role))("GET", "https://x/", None)


@pytest.mark.parametrize("role", ["", ROLE])
def test_a_profile_that_does_not_exist_is_named(role: str) -> None:
    with pytest.raises(AwsNotSetUp, match=r"\(nobody\) could not be found; `aws configure list-profiles`"):
        open_session(AwsOptions(profile="nobody", role_arn=role))


def test_half_of_a_pair_of_keys_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    with pytest.raises(AwsNotSetUp, match="AWS_SECRET_ACCESS_KEY"):
        credentials_of(open_session(AwsOptions()))


def process(folder: Path, text: str) -> AwsOptions:
    """A profile whose credentials a program of this text tells."""
    script = folder / "tell"
    script.write_text(f"#!{sys.executable}\n{text}\n")
    script.chmod(stat.S_IRWXU)
    (folder / "config").write_text(f"[profile told]\nregion = eu-west-1\ncredential_process = {script}\n")
    return AwsOptions(profile="told")


@pytest.mark.parametrize(
    "text",
    [
        "import sys; sys.exit('vault is sealed')",
        f"print('{SECRET}')",
        "print('{}')",
    ],
    ids=["fails", "tells no JSON", "tells nothing"],
)
def test_a_credential_process_that_fails_shows_no_secret(tmp_path: Path, text: str) -> None:
    options = process(tmp_path, text)
    with pytest.raises(AwsError) as raised:
        open_signer("https://x", "es", options)("GET", "https://x/", None)
    assert SECRET not in str(raised.value)


def test_a_credential_process_that_is_not_there(tmp_path: Path) -> None:
    options = process(tmp_path, "")
    (tmp_path / "tell").unlink()
    with pytest.raises(AwsUnavailable, match="tell"):
        open_signer("https://x", "es", options)("GET", "https://x/", None)


@pytest.mark.usefixtures("keys")
def test_who_it_is_without_asking_aws(tmp_path: Path) -> None:
    files = (
        "[profile keys]\naws_access_key_id = AKIAFILE\naws_secret_access_key = s\n"
        f"[profile role]\nrole_arn = {ROLE}\nsource_profile = keys\nregion = eu-west-1\n"
    )
    (tmp_path / "config").write_text(files)
    found = {
        options: identity(open_session(options), options)
        for options in (
            AwsOptions(), AwsOptions(profile="keys"), AwsOptions(profile="role"), AwsOptions(role_arn=ROLE),
        )
    }  # fmt: skip
    assert list(found.values()) == [
        "the credentials in the environment", "profile keys (config-file)", f"role {ROLE} of profile role",
        f"role {ROLE}",
    ]  # fmt: skip


@pytest.mark.usefixtures("keys")
def test_botocore_logs_no_secret_once_a_session_is_open(caplog: pytest.LogCaptureFixture) -> None:
    open_session(AwsOptions())
    for name in ("auth", "credentials", "parsers", "endpoint", "hooks"):
        assert not logging.getLogger(f"botocore.{name}").isEnabledFor(logging.WARNING)
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (theirs.NoRegionError(), AwsNotSetUp),
        (theirs.ConfigParseError(path="x"), AwsNotSetUp),
        (theirs.UnauthorizedSSOTokenError(), AwsRefused),
        (theirs.RefreshWithMFAUnsupportedError(), AwsRefused),
        (theirs.ReadTimeoutError(endpoint_url="x"), AwsUnavailable),
        (theirs.MetadataRetrievalError(error_msg="x"), AwsUnavailable),
        (theirs.ClientError({"Error": {"Code": "Throttling"}}, "AssumeRole"), AwsUnavailable),
        (theirs.ClientError({"ResponseMetadata": {"HTTPStatusCode": 503}}, "AssumeRole"), AwsUnavailable),  # type: ignore[typeddict-item]
        (theirs.ClientError({"Error": {"Code": "ExpiredToken"}}, "AssumeRole"), AwsRefused),
    ],
)
def test_what_an_error_of_botocore_asks_of_the_caller(error: Exception, kind: type[AwsError]) -> None:
    assert type(translated(error)) is kind


def test_a_credential_process_is_asked_again_before_its_credentials_expire(tmp_path: Path) -> None:
    """Each call tells another key; one that ends soon is asked for at once."""
    text = (
        "import datetime, json, pathlib\n"
        f"calls = pathlib.Path({str(tmp_path / 'calls')!r})\n"
        "number = len(calls.read_text()) + 1 if calls.exists() else 1\n"
        "calls.write_text('x' * number)\n"
        "until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=5 if number == 1 else 60)\n"
        "print(json.dumps({'Version': 1, 'AccessKeyId': f'ASIA{number}', 'SecretAccessKey': 's',\n"
        "                  'SessionToken': f't{number}', 'Expiration': until.isoformat()}))"
    )
    sign = open_signer("https://x", "es", process(tmp_path, text))
    assert [key_of(sign) for _ in range(3)] == ["ASIA2", "ASIA2", "ASIA2"]
