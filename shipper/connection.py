"""Where OpenSearch is and how to be let in.

First match wins: the settings, `OPENSEARCH_URL`, the connection file that the compose stack leaves on its host, the
default. The environment is handed in. The same file says where the stack's Dashboards is.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from pydantic import SecretStr

from shipper.errors import ConfigError
from shipper.opensearch.client import Connection
from shipper.settings import Auth, AwsSettings, DashboardsSettings, OpenSearchSettings
from shipper.signing import RequestSigner

DEFAULT_URL = "http://127.0.0.1:9200"


def resolve(given: OpenSearchSettings, aws: AwsSettings, environment: Mapping[str, str]) -> tuple[Connection, str]:
    """The connection, and the place its address came from. Raises ConfigError.

    Credentials are used only with the address they were given for: those in settings without an address are for the
    stack's and the default one, and never go where `OPENSEARCH_URL` leads.
    """
    stack_file = _stack_file(environment)
    stack = _read_stack(stack_file)
    url, username, password, ca_file = given.url, given.username, password_of(given, "opensearch"), given.ca_file
    source = "settings (opensearch.url)"
    if not url and environment.get("OPENSEARCH_URL"):
        url, named, secret = _without_credentials(environment["OPENSEARCH_URL"])
        source = "environment OPENSEARCH_URL" + (" (opensearch.username is not for it)" if username else "")
        username = named or environment.get("OPENSEARCH_USERNAME", "")
        password = secret if named else environment.get("OPENSEARCH_PASSWORD", "")
        ca_file = ca_file or _optional_path(environment.get("OPENSEARCH_CA_FILE"))
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
        sign=_signer(given, aws, url, username),
    ), source


def with_stack(given: DashboardsSettings, opensearch_url: str, environment: Mapping[str, str]) -> DashboardsSettings:
    """Dashboards' settings, those of the stack where none are set and `opensearch_url` is the stack's.

    As with OpenSearch, the stack's user goes to no other address.
    """
    stack = _read_stack(_stack_file(environment))
    url = stack.get("dashboards_url", "")
    ours = bool(url) and stack["url"] == opensearch_url and given.url in {"", url} and given.auth is not Auth.SIGV4
    if not ours:
        return given
    found: dict[str, object] = {
        "url": url,
        "browser_url": given.browser_url or stack.get("dashboards_browser_url", ""),
        "ca_file": given.ca_file or _optional_path(stack.get("ca_file")),
    }
    if not given.username:
        found |= {"username": stack.get("username", ""), "password": SecretStr(stack.get("password", ""))}
    return given.model_copy(update=found)


def _signer(given: OpenSearchSettings, aws: AwsSettings, url: str, username: str) -> RequestSigner | None:
    if given.auth is not Auth.SIGV4:
        return None
    if not given.url:
        raise ConfigError(
            "opensearch.auth is sigv4: set opensearch.url, too; nothing is signed for an address from elsewhere"
        )
    if username:
        raise ConfigError(
            f"opensearch.auth is sigv4, but there is a user for {url} too ({username}); a request carries only one: "
            "remove it, or set opensearch.auth to auto"
        )
    return RequestSigner(url, given.service, aws)


def password_of(given: OpenSearchSettings | DashboardsSettings, section: str) -> str:
    """The password that was set, or the first line of its file. Raises ConfigError."""
    secret = given.password.get_secret_value()
    if secret or given.password_file is None:
        return secret
    path = given.password_file.expanduser()
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{section}.password_file {path} cannot be read: {error}") from error
    return lines[0] if lines else ""


def _without_credentials(url: str) -> tuple[str, str, str]:
    """(address, user, password) of an address that may hold credentials, as OPENSEARCH_URL often does."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ConfigError(f"OPENSEARCH_URL is no address ({error})") from error
    _, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=host)), unquote(parts.username or ""), unquote(parts.password or "")


def _stack_file(environment: Mapping[str, str]) -> Path:
    named = environment.get("SHIPPER_STACK_FILE")
    return Path(named).expanduser() if named else user_config_directory(environment) / "stack.toml"


def _read_stack(path: Path) -> dict[str, str]:
    """The connection file that docker/stack.sh writes; empty if there is none."""
    if not path.is_file():
        return {}
    stack = read_toml(path)
    if not isinstance(stack.get("url"), str):
        raise ConfigError(f"{path} names no url; `make up` writes it anew")
    return {key: str(value) for key, value in stack.items()}


def _optional_path(text: str | None) -> Path | None:
    return Path(text) if text else None


def user_config_directory(environment: Mapping[str, str]) -> Path:
    """`~/.config/flowtap`, or where XDG_CONFIG_HOME says (XDG Base Directory Specification)."""
    home = environment.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(home).expanduser() / "flowtap"


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as it is. Raises ConfigError."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
