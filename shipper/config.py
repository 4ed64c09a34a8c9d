"""Settings: a TOML file, overridden by `SHIPPER_SECTION__KEY`, overridden by `--set section.key=value`.

Validated once, frozen. Only here is the environment read.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource

from shipper.connection import read_toml, resolve, user_config_directory, with_stack
from shipper.errors import ConfigError
from shipper.opensearch.client import Connection
from shipper.opensearch.desired import datasets
from shipper.settings import ENVIRONMENT_PREFIX, Settings

_CREDENTIALS = frozenset({"username", "password", "password_file", "ca_file", "auth", "service"})
_OWN_VARIABLES = frozenset({"SHIPPER_CONFIG", "SHIPPER_STACK_FILE"})


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
    from_file = read_toml(path) if path else {}
    from_environment = _environment_settings(environment)
    from_arguments = _parsed_overrides(overrides)
    merged = _layered(_layered(from_file, from_environment), from_arguments)
    try:
        settings = Settings(**merged)
    except ValidationError as error:
        raise ConfigError(_explain(error, path, from_environment, from_arguments)) from error
    _check_datasets(settings)
    connection, source = resolve(settings.opensearch, settings.aws, environment)
    found = with_stack(settings.dashboards, connection.url, environment)
    return Loaded(settings.model_copy(update={"dashboards": found}), path, connection, source)


def user_settings_file(environment: Mapping[str, str] | None = None) -> Path:
    """The settings file that applies to one user's commands."""
    return user_config_directory(os.environ if environment is None else environment) / "shipper.toml"


def _settings_file(given: Path | None, environment: Mapping[str, str]) -> Path | None:
    named = given or (Path(environment["SHIPPER_CONFIG"]) if environment.get("SHIPPER_CONFIG") else None)
    if named:
        if not named.is_file():
            raise ConfigError(f"settings file {named} does not exist; `shipper init` writes one")
        return named
    places = (Path("shipper.toml"), user_settings_file(environment))
    return next((place for place in places if place.is_file()), None)


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
        if name.upper().startswith(ENVIRONMENT_PREFIX) and name not in _OWN_VARIABLES:
            _check_variable(name, sections)
    try:
        return _GivenEnvironment(environment)()
    except ValueError as error:
        raise ConfigError(f"an environment variable {ENVIRONMENT_PREFIX}… cannot be read: {error}") from error


def _check_variable(name: str, sections: Sequence[str]) -> None:
    upper = name.upper()
    if upper in sections or upper.startswith(tuple(f"{section}__" for section in sections)):
        return
    meant = next((section for section in sections if upper.startswith(f"{section}_")), None)
    right = f"{meant}__{upper.removeprefix(f'{meant}_')}" if meant else ""
    hint = f"; is it meant to be {right}, with two underscores?" if meant else "; see docs/settings.md"
    raise ConfigError(f"environment variable {name} names no setting{hint}")


def _check_datasets(settings: Settings) -> None:
    """A name that has no template would be kept and partitioned like nothing at all."""
    known = datasets()
    unknown = sorted(settings.datasets.keys() - set(known))
    if unknown:
        raise ConfigError(
            f"no dataset is called {', '.join(unknown)} (settings datasets); there are {', '.join(known)}"
        )


def _parsed_overrides(overrides: Sequence[str]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for override in overrides:
        key, equals, value = override.partition("=")
        section, dot, name = key.rpartition(".")
        if not (equals and dot and section and name):
            raise ConfigError(f"--set {key}: expected section.key=value, such as --set opensearch.prefix=flowtap")
        if name == "password":
            raise ConfigError(
                f"--set {section}.password would show it to every user of this machine: "
                f"use SHIPPER_{section.upper()}__PASSWORD or {section}.password_file"
            )
        outer, inner_dot, inner = section.partition(".")
        merged = _merge(merged, {outer: {inner: {name: value}} if inner_dot else {name: value}})
    return merged


def _layered(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """One place over another. A new address takes no credentials over: they were given for the old one."""
    kept = dict(under)
    for section in ("opensearch", "dashboards"):
        before, after = (layer.get(section) for layer in (under, over))
        if (
            isinstance(before, Mapping)
            and isinstance(after, Mapping)
            and after.get("url", before.get("url")) != before.get("url")
        ):
            kept[section] = {key: value for key, value in before.items() if key not in _CREDENTIALS}
    return _merge(kept, over)


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
