"""Which value counts, what is refused, and that secrets stay where they belong."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from shipper.config import Loaded, load
from shipper.connection import DEFAULT_URL, user_config_directory
from shipper.errors import ConfigError
from shipper.partition import Unit
from shipper.settings import DatasetSettings, Settings

SECRET = "hunter2-éü"
Load = Callable[..., Loaded]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path / "xdg"), "HOME": str(tmp_path)}


@pytest.fixture
def loaded(tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Load:
    """Settings from a file's text, variables and --set, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def load_from(toml: str = "", *overrides: str, file: Path | None = None, **variables: str) -> Loaded:
        if toml:
            (tmp_path / "shipper.toml").write_text(toml)
        return load(file, overrides, environment | variables)

    return load_from


def stack(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "xdg/flowtap/stack.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_nothing_given_leaves_the_defaults(loaded: Load) -> None:
    found = loaded()
    assert (found.settings, found.file) == (Settings(), None)
    assert (found.connection.url, found.connection_from) == (DEFAULT_URL, "the default")


def test_set_goes_over_environment_over_file_over_default(loaded: Load) -> None:
    toml = '[opensearch]\nprefix = "file"\nin_flight = 5\nbody_bytes = 100000\n'
    variables = {"SHIPPER_OPENSEARCH__PREFIX": "env", "SHIPPER_OPENSEARCH__IN_FLIGHT": "7"}
    given = loaded(toml, "opensearch.prefix=set", **variables).settings.opensearch
    assert (given.prefix, given.in_flight, given.body_bytes, given.compress) == ("set", 7, 100000, False)


def test_a_dataset_has_settings_from_every_place(loaded: Load) -> None:
    toml = '[datasets."aws.vpcflow"]\npartition = "day"\n'
    variables = {"SHIPPER_DATASETS": '{"aws.vpcflow": {"retention_days": 90}}'}
    found = loaded(toml, "datasets.aws.tgwflow.partition=hour", **variables).settings
    assert found.dataset("aws.vpcflow") == DatasetSettings(partition=Unit.DAY, retention_days=90)
    assert found.dataset("aws.tgwflow").partition is Unit.HOUR
    assert found.dataset("pipeline") == DatasetSettings()


@pytest.mark.parametrize(
    ("named", "variable", "expected"),
    [("given.toml", "variable.toml", "given"), (None, "variable.toml", "variable"), (None, None, "here")],
)
def test_one_settings_file_is_used(
    tmp_path: Path, loaded: Load, named: str | None, variable: str | None, expected: str
) -> None:
    for name in ("given", "variable"):
        (tmp_path / f"{name}.toml").write_text(f'[opensearch]\nprefix = "{name}"\n')
    variables = {"SHIPPER_CONFIG": str(tmp_path / variable)} if variable else {}
    found = loaded('[opensearch]\nprefix = "here"\n', file=tmp_path / named if named else None, **variables)
    assert found.settings.opensearch.prefix == expected


def test_the_users_file_is_found_below_xdg_config_home(
    tmp_path: Path, loaded: Load, environment: dict[str, str]
) -> None:
    path = user_config_directory(environment) / "shipper.toml"
    assert path == tmp_path / "xdg/flowtap/shipper.toml"
    path.parent.mkdir(parents=True)
    path.write_text('[opensearch]\nprefix = "mine"\n')
    assert loaded().file == path
    assert loaded('[opensearch]\nprefix = "here"\n').file == Path("shipper.toml")


def test_without_xdg_config_home_it_is_in_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_config_directory({}) == tmp_path / ".config/flowtap"


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.toml does not exist"):
        load(tmp_path / "missing.toml", (), {})


@pytest.mark.parametrize("text", [b"[opensearch", b"\xff"])
def test_a_file_that_is_not_toml_is_named(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "bad.toml").write_bytes(text)
    with pytest.raises(ConfigError, match=r"bad\.toml is not TOML"):
        load(tmp_path / "bad.toml", (), {})


@pytest.mark.parametrize(
    ("toml", "overrides", "variables", "message"),
    [
        ("[opensearch]\nurll = 'x'\n", (), {}, r"opensearch.urll \(set in shipper.toml\)"),
        ("[opensearhc]\n", (), {}, r"opensearhc \(set in shipper.toml\)"),
        ("", ("opensearch.urll=x",), {}, r"opensearch.urll \(set in --set\)"),
        ("", (), {"SHIPPER_OPENSEARCH__URLL": "x"}, r"opensearch.urll \(set in environment SHIPPER_OPENSEARCH__URLL\)"),
        ("", (), {"SHIPPER_OPENSEARHC__URL": "x"}, "SHIPPER_OPENSEARHC__URL names no setting"),
        ("", (), {"SHIPPER_OPENSEARCH_URL": "x"}, "meant to be SHIPPER_OPENSEARCH__URL, with two underscores"),
        ("", (), {"SHIPPER_STATEX": "x"}, "SHIPPER_STATEX names no setting"),
        (
            "[datasets.'aws.vpcflows']\n",
            (),
            {},
            "no dataset is called aws.vpcflows .* there are aws.guardduty, aws.tgwflow, aws.vpcflow",
        ),
        ("", (), {"OPENSEARCH_URL": "http://["}, "OPENSEARCH_URL is no address"),
        ("[opensearch]\nprefix = 'Bad-Prefix'\n", (), {}, r"opensearch.prefix \(set in shipper.toml\)"),
        ("[opensearch]\nin_flight = 0\n", (), {}, r"opensearch.in_flight \(set in shipper.toml\)"),
        ("", (), {"SHIPPER_OPENSEARCH__IN_FLIGHT": "many"}, "SHIPPER_OPENSEARCH__IN_FLIGHT"),
        ("[datasets.'aws.vpcflow']\npartition = 'week'\n", (), {}, "datasets.aws.vpcflow.partition"),
        ("", (), {"SHIPPER_DATASETS": "{"}, "SHIPPER_"),
        ("", ("prefix=x",), {}, "--set prefix: expected section.key=value"),
        ("", ("opensearch.prefix",), {}, "--set opensearch.prefix: expected section.key=value"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    loaded: Load, toml: str, overrides: tuple[str, ...], variables: Mapping[str, str], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        loaded(toml, *overrides, **variables)


def test_every_wrong_key_is_named_at_once(loaded: Load) -> None:
    with pytest.raises(ConfigError) as raised:
        loaded("[opensearch]\nurll = 1\nin_flight = 99\n[state]\nplace = 'x'\n")
    assert len(str(raised.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("toml", "variables"),
    [
        (f"[opensearch]\npassword = '{SECRET}'\n", {}),
        ("", {"SHIPPER_OPENSEARCH__PASSWORD": SECRET}),
        ("", {"OPENSEARCH_URL": "https://host:9200", "OPENSEARCH_PASSWORD": SECRET}),
        ("", {"OPENSEARCH_URL": "https://user:hunter2-%C3%A9%C3%BC@host:9200"}),
    ],
)
def test_a_secret_is_in_the_connection_and_in_no_text(loaded: Load, toml: str, variables: Mapping[str, str]) -> None:
    found = loaded(toml, **variables)
    assert found.connection.password == SECRET
    assert "hunter2" not in f"{found!r} {found.settings} {found.connection} {found.settings.model_dump()}"
    assert "hunter2" not in found.settings.model_dump_json()


@pytest.mark.parametrize(
    ("toml", "variables"),
    [
        ("[opensearch]\npassword = ['hunter2']\n", {}),
        ("[opensearch]\npassword = 'hunter2'\nin_flight = 0\n", {}),
        ("", {"SHIPPER_OPENSEARCH__PASSWORD": "hunter2", "SHIPPER_OPENSEARCH__PASWORD": "hunter2"}),
        ("", {"SHIPPER_PASSWORD": "hunter2"}),
    ],
)
def test_no_secret_is_in_an_error(loaded: Load, toml: str, variables: Mapping[str, str]) -> None:
    with pytest.raises(ConfigError) as raised:
        loaded(toml, **variables)
    assert "hunter2" not in str(raised.value)


def test_a_password_on_the_command_line_is_refused_and_not_repeated(loaded: Load) -> None:
    with pytest.raises(ConfigError, match="SHIPPER_OPENSEARCH__PASSWORD") as raised:
        loaded("", "opensearch.password=hunter2")
    assert "hunter2" not in str(raised.value)


def test_the_first_line_of_password_file_is_the_password(tmp_path: Path, loaded: Load) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\nsecond line\n")
    assert loaded(f"[opensearch]\npassword_file = '{tmp_path}/secret'\n").connection.password == SECRET


def test_a_password_goes_over_password_file(tmp_path: Path, loaded: Load) -> None:
    (tmp_path / "secret").write_text("other")
    toml = f"[opensearch]\npassword_file = '{tmp_path}/secret'\n"
    assert loaded(toml, SHIPPER_OPENSEARCH__PASSWORD=SECRET).connection.password == SECRET


def test_a_password_file_that_cannot_be_read_is_named(tmp_path: Path, loaded: Load) -> None:
    with pytest.raises(ConfigError, match=r"opensearch\.password_file .*/missing cannot be read"):
        loaded(f"[opensearch]\npassword_file = '{tmp_path}/missing'\n")


STACK = 'url = "https://127.0.0.1:9200"\nusername = "op"\npassword = "stack-secret"\nca_file = "/ca.pem"\n'
NAMED = {"OPENSEARCH_URL": "https://env:9200", "OPENSEARCH_USERNAME": "env-user", "OPENSEARCH_PASSWORD": "env-secret"}


@pytest.mark.parametrize(
    ("toml", "variables", "expected"),
    [
        ("[opensearch]\nurl = 'https://file:9200'\n", NAMED, ("https://file:9200", "settings (opensearch.url)")),
        ("", NAMED, ("https://env:9200", "environment OPENSEARCH_URL")),
        ("", {}, ("https://127.0.0.1:9200", "the stack's connection file")),
    ],
)
def test_where_opensearch_is_comes_from_the_first_that_names_it(
    tmp_path: Path, loaded: Load, toml: str, variables: Mapping[str, str], expected: tuple[str, str]
) -> None:
    stack(tmp_path, STACK)
    found = loaded(toml, **variables)
    assert found.connection.url == expected[0]
    assert found.connection_from.startswith(expected[1])


@pytest.mark.parametrize(
    ("toml", "variables", "user", "password"),
    [
        ("", {}, "op", "stack-secret"),
        ("[opensearch]\nurl = 'https://127.0.0.1:9200'\n", {}, "op", "stack-secret"),
        ("[opensearch]\nurl = 'https://elsewhere:9200'\n", {}, "", ""),
        ("[opensearch]\nurl = 'https://elsewhere:9200'\n", NAMED, "", ""),
        ("", NAMED, "env-user", "env-secret"),
        ("", {"OPENSEARCH_URL": "https://elsewhere:9200"}, "", ""),
        ("[opensearch]\nusername = 'me'\npassword = 'x'\n", {"OPENSEARCH_URL": "https://elsewhere:9200"}, "", ""),
        ("[opensearch]\nusername = 'me'\npassword = 'x'\n", NAMED, "env-user", "env-secret"),
        ("[opensearch]\nusername = 'me'\npassword = 'x'\n", {}, "me", "x"),
        ("", {"OPENSEARCH_PASSWORD": "env-secret"}, "op", "stack-secret"),
        ("[opensearch]\nusername = 'me'\n", {}, "me", ""),
    ],
)
def test_credentials_go_only_to_the_address_they_were_given_for(
    tmp_path: Path, loaded: Load, toml: str, variables: Mapping[str, str], user: str, password: str
) -> None:
    stack(tmp_path, STACK)
    found = loaded(toml, **variables).connection
    assert (found.username, found.password) == (user, password)


STACK_WITH_DASHBOARDS = STACK + (
    'dashboards_url = "https://127.0.0.1:5601"\ndashboards_browser_url = "https://localhost:5601"\n'
)


@pytest.mark.parametrize(
    ("toml", "variables", "url", "user", "password"),
    [
        ("", {}, "https://127.0.0.1:5601", "op", "stack-secret"),
        ("[dashboards]\nurl = 'https://127.0.0.1:5601'\n", {}, "https://127.0.0.1:5601", "op", "stack-secret"),
        ("[dashboards]\nusername = 'me'\npassword = 'x'\n", {}, "https://127.0.0.1:5601", "me", "x"),
        ("[dashboards]\nurl = 'https://elsewhere:5601'\n", {}, "https://elsewhere:5601", "", ""),
        ("", NAMED, "", "", ""),
        ("[dashboards]\nauth = 'sigv4'\n", {}, "", "", ""),
    ],
)
def test_the_stacks_dashboards_go_with_the_stacks_opensearch(
    tmp_path: Path, loaded: Load, toml: str, variables: Mapping[str, str], url: str, user: str, password: str
) -> None:
    stack(tmp_path, STACK_WITH_DASHBOARDS)
    found = loaded(toml, **variables).settings.dashboards
    assert (found.url, found.username, found.password.get_secret_value()) == (url, user, password)
    assert found.ca_file == (Path("/ca.pem") if user else None)
    assert found.browser_url == ("https://localhost:5601" if user else "")


def test_a_stack_without_dashboards_names_none(tmp_path: Path, loaded: Load) -> None:
    stack(tmp_path, STACK)
    assert loaded().settings.dashboards.url == ""


def test_credentials_in_opensearch_url_do_not_stay_in_the_address(loaded: Load) -> None:
    found = loaded(OPENSEARCH_URL="https://us%40er:p%3Ass@host:9200/path").connection
    assert (found.url, found.username, found.password) == ("https://host:9200/path", "us@er", "p:ss")


def test_the_stacks_file_may_be_elsewhere(tmp_path: Path, loaded: Load) -> None:
    (tmp_path / "other.toml").write_text(STACK)
    found = loaded(SHIPPER_STACK_FILE=str(tmp_path / "other.toml"))
    assert found.connection.ca_file == Path("/ca.pem")
    assert "other.toml" in found.connection_from


@pytest.mark.parametrize("text", ["", "url = 5\n"])
def test_a_stack_file_without_an_address_is_named(tmp_path: Path, loaded: Load, text: str) -> None:
    path = stack(tmp_path, text)
    with pytest.raises(ConfigError, match=str(path)):
        loaded()


def test_what_is_tuned_reaches_the_connection(loaded: Load) -> None:
    toml = "[opensearch]\ntimeout_seconds = 5\nin_flight = 4\ncompress = true\nca_file = '~/ca.pem'\n"
    found = loaded(toml).connection
    assert (found.timeout_seconds, found.connections, found.compress) == (5, 5, True)
    assert found.ca_file == Path("~/ca.pem").expanduser()


@pytest.mark.parametrize("section", ["opensearch", "state"])
def test_settings_cannot_be_changed_later(section: str) -> None:
    settings: Any = Settings()
    with pytest.raises(ValueError, match="frozen"):
        setattr(getattr(settings, section), next(iter(type(getattr(settings, section)).model_fields)), "x")
