"""Loads through a proxy that checks every signature by itself: signed, refreshed midway, refused without loss."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import urllib3
from botocore.credentials import Credentials

from aws.signing import Signer
from integration.command import Done, Shipper
from integration.containers import OpenSearchNode
from integration.flow_log_files import write_files
from integration.sigv4_gate import (
    EXPIRED,
    MISMATCH,
    REGION,
    STALE,
    UNKNOWN,
    Gate,
    Known,
    canonical_path,
    canonical_query,
    credentials_endpoint,
    sts_endpoint,
)
from shipper.opensearch.client import Connection, Store, segment
from shipper.settings import AwsSettings, SigningService
from shipper.signing import RequestSigner

KEY, SECRET = "AKIDGATE", "wJalr/hunter2+SECRET"
SIGV4 = ("--set", "opensearch.auth=sigv4", "--set", f"aws.region={REGION}")
NONCE = "aws.vpcflow.interface_id"
ROLE = "arn:aws:iam::123456789010:role/flows"
_STS = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey><SessionToken>{token}</SessionToken>
<Expiration>{until}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""
_DENIED = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>AccessDenied</Code><Message>not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>"""


@pytest.fixture
def shipper(opensearch3: OpenSearchNode, tmp_path: Path) -> Iterator[Shipper]:
    """Past the gate, for looking and tidying up."""
    shipper = Shipper(opensearch3, f"flowtaps{os.getpid()}", tmp_path / "state")
    shipper.remove()
    yield shipper
    shipper.remove()


@pytest.fixture
def gate(opensearch3: OpenSearchNode) -> Iterator[Gate]:
    with Gate(opensearch3.url, {KEY: Known(SECRET)}).open() as gate:
        yield gate


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_CONFIG_FILE": str(tmp_path / "aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "aws-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)


def without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")


def through(shipper: Shipper, gate: Gate) -> Shipper:
    return replace(shipper, node=replace(shipper.node, url=gate.url, ca_file=None, username="", password=""))


def load(shipper: Shipper, folder: Path, *settings: str, code: int | None = 0) -> Done:
    given = [part for setting in settings for part in ("--set", setting)]
    done = shipper(*SIGV4, *given, "backfill", "flowlogs", folder, "--json", code=code)
    assert SECRET not in done.out + done.err
    return done


@pytest.mark.parametrize("compress", ["false", "true"])
def test_everything_that_is_sent_is_well_signed(shipper: Shipper, gate: Gate, tmp_path: Path, compress: str) -> None:
    nonces = write_files(tmp_path / "logs", 3000, 3)
    signed = through(shipper, gate)
    options = (f"opensearch.compress={compress}",)
    signed(*SIGV4, "--set", *options, "schema", "apply", "--yes")
    sums = load(signed, tmp_path / "logs", *options, "opensearch.body_bytes=65536").json["sums"]
    assert sums["delivered"] == 3000
    assert shipper.copies(NONCE) == dict.fromkeys(nonces, 1)
    signed(*SIGV4, "query", "top-talkers", "--since", "2026-01-01", "--until", "2026-06-01")
    assert not gate.refused
    assert gate.bulks > 5
    assert (gate.compressed >= gate.bulks) == (compress == "true")


def test_the_doctor_says_who_signs(shipper: Shipper, gate: Gate) -> None:
    signed = through(shipper, gate)
    signed(*SIGV4, "schema", "apply", "--yes")
    done = signed(*SIGV4, "doctor", code=None)
    assert f"{gate.url} signed (SigV4) as the credentials in the environment, from settings" in done.out
    assert "ok       permissions" in done.out
    assert not gate.refused
    assert SECRET not in done.out + done.err


def test_compression_without_signatures(shipper: Shipper, tmp_path: Path) -> None:
    nonces = write_files(tmp_path / "logs", 3000, 3)
    compressed = ("--set", "opensearch.compress=true")
    shipper(*compressed, "schema", "apply", "--yes")
    assert shipper(*compressed, "backfill", "flowlogs", tmp_path / "logs", "--json").json["sums"]["delivered"] == 3000
    assert shipper.copies(NONCE) == dict.fromkeys(nonces, 1)


class Issuer:
    """Credentials that botocore renews after `renew` seconds. The gate refuses those issued two renewals ago."""

    def __init__(self, gate: Gate, renew: float) -> None:
        self.gate, self.renew = gate, renew
        self.issued = 0

    def __call__(self) -> Mapping[str, str]:
        self.issued += 1
        key, token = f"ASIA{self.issued}", f"token-{self.issued}"
        self.gate.keys[key] = Known(SECRET, token)
        if self.issued > 2:
            self.gate.keys[f"ASIA{self.issued - 2}"] = Known(SECRET, f"token-{self.issued - 2}", bulks=0)
        # botocore/credentials.py: renewed when less than 15 minutes are left.
        until = datetime.now(UTC) + timedelta(minutes=15, seconds=self.renew)
        return {
            "AccessKeyId": key,
            "SecretAccessKey": SECRET,
            "Token": token,
            "Expiration": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


def test_credentials_that_expire_midway_are_renewed(
    shipper: Shipper, gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nonces = write_files(tmp_path / "logs", 3000, 2)
    signed = through(shipper, gate)
    signed(*SIGV4, "schema", "apply", "--yes")
    without_keys(monkeypatch)
    gate.pause_seconds = 0.3
    issuer = Issuer(gate, renew=2)
    with credentials_endpoint(issuer) as url:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)
        done = load(signed, tmp_path / "logs", "opensearch.body_bytes=65536", "opensearch.in_flight=1")
    assert done.json["sums"]["delivered"] == 3000
    assert shipper.copies(NONCE) == dict.fromkeys(nonces, 1)
    assert not gate.refused
    assert len([key for key in gate.passed if key != KEY]) >= 3, gate.passed
    assert gate.keys["ASIA1"].bulks == 0, "the run was over before its first credentials counted no more"


def test_a_role_is_taken_on(shipper: Shipper, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, list[str]]] = []

    def assume(form: str) -> tuple[int, str]:
        asked.append(parse_qs(form))
        gate.keys["ASIAROLE"] = Known("role-secret", "role-token")
        until = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return 200, _STS.format(key="ASIAROLE", secret="role-secret", token="role-token", until=until)

    with sts_endpoint(assume) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", url)
        role = ("--set", f"aws.role_arn={ROLE}", "--set", "aws.external_id=theirs")
        through(shipper, gate)(*SIGV4, *role, "schema", "apply", "--yes")
    assert [*gate.passed] == ["ASIAROLE"]
    assert len(asked) == 1
    assert (asked[0]["RoleArn"], asked[0]["ExternalId"]) == ([ROLE], ["theirs"])


def test_a_role_that_may_not_be_taken_on(shipper: Shipper, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    with sts_endpoint(lambda _: (403, _DENIED)) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", url)
        done = through(shipper, gate)(*SIGV4, "--set", f"aws.role_arn={ROLE}", "schema", "plan", code=4)
    assert "AWS AssumeRole: AccessDenied: not authorized to perform: sts:AssumeRole" in done.err
    assert "Traceback" not in done.err


def nothing_happened(shipper: Shipper) -> None:
    assert shipper.count() == 0
    assert shipper("deadletter", "list", "--json").json == []
    assert shipper("checkpoint", "list", "--json").json == []


def test_a_wrong_secret_ends_the_run_and_changes_nothing(
    shipper: Shipper, gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nonces = write_files(tmp_path / "logs", 300, 3)
    signed = through(shipper, gate)
    signed(*SIGV4, "schema", "apply", "--yes")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-secret")
    done = load(signed, tmp_path / "logs", code=4)
    assert MISMATCH in done.err
    assert "check the AWS credentials" in done.err
    assert "another-secret" not in done.err
    nothing_happened(shipper)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    assert load(signed, tmp_path / "logs").json["sums"]["delivered"] == len(nonces)


def test_credentials_that_end_midway_stop_the_run_and_nothing_is_a_dead_letter(
    shipper: Shipper, gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys that cannot be renewed; with new ones the next run goes on where this one stopped."""
    nonces = write_files(tmp_path / "logs", 3000, 2)
    signed = through(shipper, gate)
    signed(*SIGV4, "schema", "apply", "--yes")
    gate.keys["ASIAEND"] = Known(SECRET, "token", bulks=3)
    with monkeypatch.context() as ending:
        ending.setenv("AWS_ACCESS_KEY_ID", "ASIAEND")
        ending.setenv("AWS_SESSION_TOKEN", "token")
        done = load(signed, tmp_path / "logs", "opensearch.body_bytes=65536", "opensearch.in_flight=1", code=4)
    assert EXPIRED in done.json["failure"]
    assert done.json["finished"] is False
    assert gate.bulks_by["ASIAEND"] == 3
    assert shipper("deadletter", "list", "--json").json == []
    load(signed, tmp_path / "logs")
    assert shipper.copies(NONCE) == dict.fromkeys(nonces, 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("opensearch.auth=sigv4",), "no AWS region is known; set aws.region"),
        (("opensearch.auth=sigv4", "aws.region=x", "aws.profile=nobody"), "nobody"),
        (("opensearch.auth=sigv4", "opensearch.username=me"), "opensearch.auth is sigv4, but there is a user"),
    ],
)
def test_what_is_missing_here_is_told_as_a_setting(
    shipper: Shipper, gate: Gate, settings: tuple[str, ...], message: str
) -> None:
    given = [part for setting in settings for part in ("--set", setting)]
    done = through(shipper, gate)(*given, "schema", "plan", code=3)
    assert message in done.err
    assert not gate.passed


def test_no_credentials_at_all(shipper: Shipper, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    without_keys(monkeypatch)
    done = through(shipper, gate)(*SIGV4, "schema", "plan", code=3)
    assert "no AWS credentials were found" in done.err
    assert "aws configure" in done.err


def test_a_stranger_is_not_let_in(shipper: Shipper, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "forged")
    done = through(shipper, gate)(*SIGV4, "schema", "plan", code=4)
    assert UNKNOWN in done.err
    assert "forged" not in done.err


@pytest.mark.parametrize("prefix", ["", "/behind/a/path"])
@pytest.mark.parametrize(
    ("method", "path", "params", "body"),
    [
        ("GET", "/", None, None),
        ("HEAD", "/flowtap-aws.vpcflow-2026.01,x-*", None, None),
        (
            "GET",
            f"/{segment('a+b c/d*é%~')}/_settings/index.blocks.*",
            {"flat_settings": "true", "a": "x y+z,*~/é=&"},
            None,
        ),
        ("POST", "/_bulk", {"filter_path": "errors,items.*.status", "empty": ""}, b'{"create":{}}\n\xff\n'),
        ("DELETE", "/x", {"b": "1", "B": "2", "a": "3"}, b""),
    ],
)
def test_whatever_is_asked_is_well_signed(
    gate: Gate, prefix: str, method: str, path: str, params: Mapping[str, str] | None, body: bytes | None
) -> None:
    """The node may say what it likes; the gate lets it pass."""
    url = gate.url + prefix
    signer = RequestSigner(url, SigningService.DOMAIN, AwsSettings(region=REGION))
    for compress in (False, True):
        store = Store(Connection(url, sign=signer, compress=compress))
        store.request(method, path, params=params, body=body)
        store.close()
    assert (gate.passed, dict(gate.refused)) == ({KEY: 2}, {})


def test_a_collections_requests_are_well_signed(gate: Gate) -> None:
    gate.service = "aoss"
    signer = RequestSigner(gate.url, SigningService.SERVERLESS, AwsSettings(region=REGION))
    store = Store(Connection(gate.url, sign=signer, compress=True))
    store.request("POST", "/_bulk", body=b"{}")
    store.close()
    assert (gate.passed, dict(gate.refused)) == ({KEY: 1}, {})


def test_the_gate_refuses_what_was_changed_on_its_way(gate: Gate) -> None:
    """Or nothing here would show anything."""
    signer = RequestSigner(gate.url, SigningService.DOMAIN, AwsSettings(region=REGION))
    changes: list[tuple[str, str, bytes | None]] = [
        ("POST", "/_bulk?a=1", b"other"), ("POST", "/_bulk?a=2", b"body"), ("POST", "/_bulK?a=1", b"body"),
        ("PUT", "/_bulk?a=1", b"body"),
    ]  # fmt: skip
    for method, target, body in changes:
        headers = dict(signer("POST", f"{gate.url}/_bulk?a=1", b"body"))
        with urllib3.PoolManager(retries=False) as pool:
            assert pool.request(method, gate.url + target, body=body, headers=headers).status == 403
    old = Signer(Credentials(KEY, SECRET), REGION, clock=lambda: datetime.now(UTC) - timedelta(minutes=6))
    with urllib3.PoolManager(retries=False) as pool:
        answer = pool.request("GET", f"{gate.url}/", headers=dict(old("GET", f"{gate.url}/", None)))
    assert STALE in answer.data.decode()
    assert (gate.refused, gate.passed) == ({MISMATCH: 4, STALE: 1}, {})


def test_the_gate_encodes_as_aws_does() -> None:
    """AWS General Reference, "Create a canonical request"."""
    assert canonical_path("/a%20b/%2A*/c%2Fd?x") == "/a%2520b/%252A%252A/c%252Fd"
    assert canonical_query("/?b=%2C&a=1&A=%20&c") == "A=%20&a=1&b=%2C&c="
