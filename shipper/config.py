"""Settings: a TOML file, overridden by `SHIPPER_SECTION__KEY`, overridden by `--set section.key=value`.

Validated once, frozen. Only here is the environment read. Where OpenSearch is comes, first match wins, from these
settings, from `OPENSEARCH_URL`, from the connection file that the compose stack leaves on its host, from the default.
"""

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from shipper.errors import ConfigError
from shipper.opensearch.client import Connection
from shipper.partition import Unit

ENVIRONMENT_PREFIX = "SHIPPER_"
DEFAULT_URL = "http://127.0.0.1:9200"
_CREDENTIALS = frozenset({"username", "password", "password_file", "ca_file"})
_OWN_VARIABLES = frozenset({"SHIPPER_CONFIG", "SHIPPER_STACK_FILE"})


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class OpenSearchSettings(_Section):
    """Where documents go."""

    url: str = Field("", description="Address, such as https://host:9200; no credentials in it.")
    username: str = Field("", description="User with the role flowtap_writer (flowtap_operator for schema changes).")
    password: SecretStr = Field(
        SecretStr(""), description="Better given as SHIPPER_OPENSEARCH__PASSWORD or password_file."
    )
    password_file: Path | None = Field(None, description="File whose first line is the password.")
    ca_file: Path | None = Field(None, description="PEM file of the authority that signed the server's certificate.")
    prefix: str = Field("flowtap", pattern=r"^[a-z][a-z0-9]{0,30}$", description="First part of every index name.")
    timeout_seconds: float = Field(60.0, gt=0, description="How long a request may take.")
    body_bytes: int = Field(8 << 20, ge=64 << 10, description="Most bytes of one bulk request.")
    in_flight: int = Field(3, ge=1, le=32, description="Bulk requests on their way at the same time.")
    compress: bool = Field(False, description="Send bulk requests gzip-compressed.")


class StateSettings(_Section):
    """What is kept between runs: checkpoints and dead letters."""

    directory: Path = Field(
        Path("~/.local/state/flowtap"), description="One process at a time uses it; workers each have their own."
    )
    dead_letter_quota_bytes: int = Field(1 << 30, ge=1 << 20, description="When dead letters take more, streams stop.")


class DatasetSettings(_Section):
    """How one dataset is kept."""

    partition: Unit = Field(Unit.MONTH, description="month, day or hour; a change applies to future dates only.")
    retention_days: int = Field(
        0, ge=0, description="Partitions wholly older are deleted on demand; 0 keeps everything."
    )


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    opensearch: OpenSearchSettings = OpenSearchSettings()
    state: StateSettings = StateSettings()
    datasets: dict[str, DatasetSettings] = Field(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What was loaded comes in whole; no further place is looked at."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    def units(self) -> dict[str, Unit]:
        """The partition units that were set; a dataset without one keeps what its template says."""
        return {
            name: dataset.partition
            for name, dataset in self.datasets.items()
            if "partition" in dataset.model_fields_set
        }

    def dataset(self, name: str) -> DatasetSettings:
        """Settings of a dataset, defaults where none are given."""
        return self.datasets.get(name, DatasetSettings())


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, the file they came from, and the connection they lead to with the place it came from."""

    settings: Settings
    file: Path | None
    connection: Connection
    connection_from: str

    @property
    def state_directory(self) -> Path:
        """Where checkpoints and dead letters are."""
        return self.settings.state.directory.expanduser()


def load(
    config_file: Path | None = None, overrides: Sequence[str] = (), environment: Mapping[str, str] | None = None
) -> Loaded:
    """Read settings from all their places. `overrides` are `section.key=value`. Raises ConfigError."""
    environment = os.environ if environment is None else environment
    path = _settings_file(config_file, environment)
    from_file = _read_toml(path) if path else {}
    from_environment = _environment_settings(environment)
    from_arguments = _parsed_overrides(overrides)
    merged = _layered(_layered(from_file, from_environment), from_arguments)
    try:
        settings = Settings(**merged)
    except ValidationError as error:
        raise ConfigError(_explain(error, path, from_environment, from_arguments)) from error
    connection, source = _connection(settings.opensearch, environment)
    return Loaded(settings, path, connection, source)


def user_config_directory(environment: Mapping[str, str] | None = None) -> Path:
    """`~/.config/flowtap`, or where XDG_CONFIG_HOME says (XDG Base Directory Specification)."""
    environment = os.environ if environment is None else environment
    home = environment.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(home).expanduser() / "flowtap"


def _settings_file(given: Path | None, environment: Mapping[str, str]) -> Path | None:
    named = given or (Path(environment["SHIPPER_CONFIG"]) if environment.get("SHIPPER_CONFIG") else None)
    if named:
        if not named.is_file():
            raise ConfigError(f"settings file {named} does not exist; `shipper init` writes one")
        return named
    places = (Path("shipper.toml"), user_config_directory(environment) / "shipper.toml")
    return next((place for place in places if place.is_file()), None)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error


class _GivenEnvironment(EnvSettingsSource):
    """pydantic-settings' reading of an environment that is handed in."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._given = {name.lower(): value for name, value in environment.items()}
        super().__init__(Settings)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return self._given


def _environment_settings(environment: Mapping[str, str]) -> dict[str, Any]:
    sections = tuple(f"{ENVIRONMENT_PREFIX}{name.upper()}" for name in Settings.model_fields)
    for name in environment:
        known = name in _OWN_VARIABLES or name.upper().startswith(sections)
        if name.upper().startswith(ENVIRONMENT_PREFIX) and not known:
            raise ConfigError(f"environment variable {name} names no setting; see docs/settings.md")
    try:
        return _GivenEnvironment(environment)()
    except ValueError as error:
        raise ConfigError(f"an environment variable {ENVIRONMENT_PREFIX}… cannot be read: {error}") from error


def _parsed_overrides(overrides: Sequence[str]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for override in overrides:
        key, equals, value = override.partition("=")
        section, dot, name = key.rpartition(".")
        if not (equals and dot and section and name):
            raise ConfigError(f"--set {key}: expected section.key=value, such as --set opensearch.prefix=flowtap")
        if name == "password":
            raise ConfigError(
                "--set opensearch.password would show it to every user of this machine: "
                "use SHIPPER_OPENSEARCH__PASSWORD or opensearch.password_file"
            )
        outer, inner_dot, inner = section.partition(".")
        merged = _merge(merged, {outer: {inner: {name: value}} if inner_dot else {name: value}})
    return merged


def _layered(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """One place over another. A new address takes no credentials over: they were given for the old one."""
    before, after = (layer.get("opensearch") for layer in (under, over))
    if (
        isinstance(before, Mapping)
        and isinstance(after, Mapping)
        and after.get("url", before.get("url")) != before.get("url")
    ):
        under = {**under, "opensearch": {key: value for key, value in before.items() if key not in _CREDENTIALS}}
    return _merge(under, over)


def _merge(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _merge(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged


def _explain(
    error: ValidationError, path: Path | None, from_environment: Mapping[str, Any], from_arguments: Mapping[str, Any]
) -> str:
    """One line for each wrong key: its name, what is wrong, where it was set."""
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        keys = [str(part) for part in problem["loc"]]
        if _has(from_arguments, keys):
            place = "--set"
        elif _has(from_environment, keys):
            place = "environment " + ENVIRONMENT_PREFIX + "__".join(keys).upper()
        else:
            place = str(path)
        lines.append(f"{'.'.join(keys)} (set in {place}): {problem['msg']}")
    return "\n".join(lines)


def _has(tree: Any, keys: Sequence[str]) -> bool:
    for key in keys:
        if not isinstance(tree, Mapping) or key not in tree:
            return False
        tree = tree[key]
    return True


def _connection(given: OpenSearchSettings, environment: Mapping[str, str]) -> tuple[Connection, str]:
    """Credentials are used only with the address they were given for."""
    stack_file = _stack_file(environment)
    stack = _read_stack(stack_file)
    url, username, password, ca_file = given.url, given.username, _password(given), given.ca_file
    source = "settings (opensearch.url)"
    if not url and environment.get("OPENSEARCH_URL"):
        url, named, secret = _without_credentials(environment["OPENSEARCH_URL"])
        if not username:
            username = named or environment.get("OPENSEARCH_USERNAME", "")
            password = secret if named else environment.get("OPENSEARCH_PASSWORD", "")
        ca_file = ca_file or _optional_path(environment.get("OPENSEARCH_CA_FILE"))
        source = "environment OPENSEARCH_URL"
    if not url and stack:
        url = stack["url"]
        source = f"the stack's connection file {stack_file}"
    if stack and url == stack["url"] and not username:
        username, password = stack.get("username", ""), stack.get("password", "")
        ca_file = ca_file or _optional_path(stack.get("ca_file"))
    if not url:
        url, source = DEFAULT_URL, "the default"
    return Connection(
        url=url,
        username=username,
        password=password,
        ca_file=ca_file.expanduser() if ca_file else None,
        timeout_seconds=given.timeout_seconds,
        connections=given.in_flight + 1,
        compress=given.compress,
    ), source


def _password(given: OpenSearchSettings) -> str:
    secret = given.password.get_secret_value()
    if secret or given.password_file is None:
        return secret
    path = given.password_file.expanduser()
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"opensearch.password_file {path} cannot be read: {error}") from error
    return lines[0] if lines else ""


def _without_credentials(url: str) -> tuple[str, str, str]:
    """(address, user, password) of an address that may hold credentials, as OPENSEARCH_URL often does."""
    parts = urlsplit(url)
    _, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=host)), unquote(parts.username or ""), unquote(parts.password or "")


def _stack_file(environment: Mapping[str, str]) -> Path:
    named = environment.get("SHIPPER_STACK_FILE")
    return Path(named).expanduser() if named else user_config_directory(environment) / "stack.toml"


def _read_stack(path: Path) -> dict[str, str]:
    """The connection file that docker/stack.sh writes; empty if there is none."""
    if not path.is_file():
        return {}
    stack = _read_toml(path)
    if not isinstance(stack.get("url"), str):
        raise ConfigError(f"{path} names no url; `make up` writes it anew")
    return {key: str(value) for key, value in stack.items()}


def _optional_path(text: str | None) -> Path | None:
    return Path(text) if text else None
