"""A managed domain's Dashboards with AWS credentials: imported into and looked at, every signature checked."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from dashboards.bundle import shipped
from dashboards.proxy import serving
from fake_dashboards import FakeDashboards
from integration.sigv4_gate import MISMATCH, REGION, Gate, Known
from shipper.cli.main import run
from shipper.dashboards_place import place
from shipper.settings import AwsSettings, DashboardsSettings, Settings

KEY, SECRET = "AKIDGATE", "wJalr/hunter2+SECRET"


@pytest.fixture
def fake() -> Iterator[FakeDashboards]:
    with FakeDashboards().serving() as fake:
        yield fake


@pytest.fixture
def gate(fake: FakeDashboards, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_CONFIG_FILE": str(tmp_path / "aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "aws-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "SHIPPER_OPENSEARCH__URL": "http://127.0.0.1:9",
        "SHIPPER_STATE__DIRECTORY": str(tmp_path / "state"),
        "SHIPPER_AWS__REGION": REGION,
        "SHIPPER_DASHBOARDS__AUTH": "sigv4",
    }.items():
        monkeypatch.setenv(name, value)
    with Gate(fake.url, {KEY: Known(SECRET)}).open() as gate:
        monkeypatch.setenv("SHIPPER_DASHBOARDS__URL", gate.url)
        yield gate


def test_an_import_is_well_signed(gate: Gate, fake: FakeDashboards, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["dashboards", "import", "--yes"]) == 0
    assert len(fake.objects) == len(shipped())
    assert not gate.refused
    assert SECRET not in "".join(capsys.readouterr())


def test_a_wrong_key_is_told(gate: Gate, fake: FakeDashboards, capsys: pytest.CaptureFixture[str]) -> None:
    gate.keys[KEY] = Known("another")
    assert run(["dashboards", "import", "--yes"]) == 4
    assert fake.objects == {}
    assert set(gate.refused) == {MISMATCH}
    assert "403" in capsys.readouterr().err


@pytest.mark.parametrize(
    "path", ["/api/status", "/api/status?a=b%20c&d=%2F", "/ui/*(x)'!/~a?_g=(time:(from:'now-1h'))"]
)
def test_what_a_browser_asks_is_well_signed(gate: Gate, path: str) -> None:
    settings = Settings(
        dashboards=DashboardsSettings.model_validate({"url": gate.url, "auth": "sigv4"}), aws=AwsSettings(region=REGION)
    )
    with serving(place(settings), 0) as url, urllib3.PoolManager(retries=False, timeout=30) as pool:
        pool.request("GET", url + path)
    assert not gate.refused
    assert gate.passed.total() == 1
