"""`shipper dashboards plan|import|export` as they are called, against a Dashboards that answers as the real one."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dashboards.bundle import shipped
from fake_dashboards import FakeDashboards
from shipper.cli.main import run

COUNT = len(shipped())
OVERVIEW = ("dashboard", "flowtap-overview")
Command = Callable[..., int]


@pytest.fixture
def fake() -> Iterator[FakeDashboards]:
    with FakeDashboards().serving() as fake:
        yield fake


@pytest.fixture
def shipper(fake: FakeDashboards, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command, with no OpenSearch to ask for the range of its data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHIPPER_OPENSEARCH__URL", "http://127.0.0.1:9")
    monkeypatch.setenv("SHIPPER_STATE__DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setenv("SHIPPER_DASHBOARDS__URL", fake.url)
    return lambda *arguments: run(["dashboards", *map(str, arguments)])


def test_a_plan_changes_nothing_and_tells_by_its_exit_code(shipper: Command, fake: FakeDashboards) -> None:
    assert shipper("plan") == 0
    assert shipper("plan", "--detailed-exitcode") == 6
    assert fake.objects == {}
    assert shipper("import", "--yes") == 0
    assert shipper("plan", "--detailed-exitcode") == 0


def test_without_a_terminal_and_consent_nothing_is_written(shipper: Command, fake: FakeDashboards) -> None:
    assert shipper("import") == 3
    assert fake.objects == {}


def test_an_import_says_what_it_did_and_sets_the_first_page(
    shipper: Command, fake: FakeDashboards, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shipper("import", "--yes") == 0
    told = capsys.readouterr()
    assert f"Dashboards 2.8.0: {COUNT} objects read back, {COUNT} written." in told.out
    assert "cannot be asked for the range of its data" in told.err
    assert fake.settings == {
        "defaultIndex": "flowtap-aws.vpcflow", "defaultRoute": "/app/dashboards#/view/flowtap-overview",
    }  # fmt: skip
    assert shipper("import", "--yes") == 0
    assert f"{COUNT} objects read back, 0 written." in capsys.readouterr().out


def test_what_is_overwritten_lies_in_a_backup_that_can_be_imported(
    shipper: Command, fake: FakeDashboards, tmp_path: Path
) -> None:
    shipper("import", "--yes")
    mine = fake.objects[OVERVIEW]["attributes"] | {"title": "Mine"}
    fake.objects[OVERVIEW] |= {"attributes": mine}
    assert shipper("import", "--yes") == 0
    assert fake.objects[OVERVIEW]["attributes"]["title"] == "Mine"
    assert not (tmp_path / "state" / "dashboards").exists()
    assert shipper("import", "--yes", "--force") == 0
    assert fake.objects[OVERVIEW]["attributes"]["title"] == "Network overview"
    (backup,) = (tmp_path / "state" / "dashboards").glob("replaced-*.ndjson")
    (line,) = backup.read_text().splitlines()
    assert json.loads(line)["attributes"] == mine


def test_a_backup_that_cannot_be_written_stops_the_import(
    shipper: Command, fake: FakeDashboards, tmp_path: Path
) -> None:
    shipper("import", "--yes")
    fake.objects[OVERVIEW] |= {"attributes": fake.objects[OVERVIEW]["attributes"] | {"title": "Mine"}}
    (tmp_path / "taken").write_text("a file")
    assert shipper("import", "--yes", "--force", "--backup", tmp_path / "taken") != 0
    assert fake.objects[OVERVIEW]["attributes"]["title"] == "Mine"


def test_a_plan_as_json(shipper: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert shipper("plan", "--json") == 0
    steps = json.loads(capsys.readouterr().out)
    assert len(steps) == COUNT
    assert steps[0] == {"object": "index-pattern:flowtap-aws.vpcflow", "do": "create", "why": "missing"}


def test_an_export_is_imported_again_from_its_folder(
    shipper: Command, fake: FakeDashboards, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipper("import", "--yes")
    fake.objects[OVERVIEW] |= {"attributes": fake.objects[OVERVIEW]["attributes"] | {"title": "Mine"}}
    assert shipper("export", "overview", "--out", tmp_path / "out") == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["overview.ndjson", "patterns.ndjson"]
    fake.objects.clear()
    assert shipper("import", "--yes", "--from", tmp_path / "out") == 0
    assert fake.objects[OVERVIEW]["attributes"]["title"] == "Mine"
    assert "is not there" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (("dashboards.url=",), "dashboards.url is not set"),
        (("dashboards.auth=sigv4", "dashboards.username=somebody"), "remove one of them"),
        (("dashboards.workspace=wk", "dashboards.tenant=team"), "are both set"),
        (("dashboards.password=x",), "--set dashboards.password would show it to every user"),
    ],
)
def test_settings_that_do_not_fit_are_told(
    shipper: Command, overrides: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    del shipper
    given = [part for override in overrides for part in ("--set", override)]
    assert run([*given, "dashboards", "plan"]) == 3
    assert words in capsys.readouterr().err


def test_no_permission_fails_the_deploy(shipper: Command, fake: FakeDashboards) -> None:
    fake.refuse = lambda _, path: 403 if path.endswith("_import") else None
    assert shipper("import", "--yes") == 4


def test_an_object_that_is_lost_fails_the_deploy(
    shipper: Command, fake: FakeDashboards, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.lose = {"flowtap-overview"}
    assert shipper("import", "--yes") == 4
    assert "dashboard:flowtap-overview is not there" in capsys.readouterr().err
