"""Where OpenSearch Dashboards is and how to be let in, by the settings."""

from dashboards.client import Place
from shipper.connection import password_of
from shipper.errors import ConfigError
from shipper.settings import Auth, Settings, SigningService
from shipper.signing import RequestSigner


def place(settings: Settings) -> Place:
    """The place. Raises ConfigError where the settings name none, or two ways to be let in."""
    given = settings.dashboards
    if not given.url:
        raise ConfigError(
            "dashboards.url is not set: where is OpenSearch Dashboards? Such as http://127.0.0.1:5601. "
            "(The stack's is found by itself, where the stack has one.)"
        )
    signed = given.auth is Auth.SIGV4
    if signed and given.username:
        raise ConfigError(f"dashboards.auth is sigv4, but there is a user too ({given.username}): remove one of them")
    if given.workspace and given.tenant not in {"", "global"}:
        raise ConfigError("dashboards.workspace and dashboards.tenant are both set: a Dashboards has one of them")
    return Place(
        url=given.url,
        username=given.username,
        password=password_of(given, "dashboards"),
        ca_file=given.ca_file.expanduser() if given.ca_file else None,
        tenant="" if given.workspace else given.tenant,
        workspace=given.workspace,
        timeout_seconds=given.timeout_seconds,
        sign=RequestSigner(given.url, SigningService.DOMAIN, settings.aws) if signed else None,
    )
