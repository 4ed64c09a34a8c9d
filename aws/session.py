"""AWS sessions from the common options (profile, region, role, external id), with credentials that renew themselves.

In: options. Out: boto3 sessions. Credentials are found botocore's way (environment, profile, web identity, container,
instance). Nothing is sent before credentials are asked for.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.credentials import (
    CredentialProvider,
    CredentialResolver,
    Credentials,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import NoCredentialsError
from botocore.session import Session as BotocoreSession

from aws.trouble import translating

Clock = Callable[[], datetime]
AssumeRole = Callable[..., Mapping[str, Any]]
"""The STS API's AssumeRole: RoleArn, RoleSessionName and ExternalId by name → its answer."""

SESSION_NAME = "flowtap"
_QUICK = Config(connect_timeout=5, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 3})
# Where credentials come from, by botocore's name for it, where no profile is behind them.
_PLACES = {
    "env": "the credentials in the environment",
    "assume-role-with-web-identity": "the web identity's role",
    "container-role": "the container's role",
    "iam-role": "the instance's role",
}


@dataclass(frozen=True, slots=True)
class AwsOptions:
    """What is common to everything that talks to AWS. Empty: botocore's default."""

    profile: str = ""
    region: str = ""
    role_arn: str = ""
    external_id: str = ""
    endpoint_url: str = ""
    requester_pays: bool = False


def now() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)


def open_session(options: AwsOptions, *, clock: Clock = now, assume_role: AssumeRole | None = None) -> boto3.Session:
    """A session for these options. Raises AwsNotSetUp for a profile that does not exist."""
    # At DEBUG botocore's loggers show tokens and secrets, at WARNING they show tracebacks: what matters is raised.
    logging.getLogger("botocore").setLevel(logging.ERROR)
    with translating():
        plain = boto3.Session(profile_name=options.profile or None, region_name=options.region or None)
        if not options.role_arn:
            return plain
        inner = BotocoreSession(profile=options.profile or None)
        provider = _AssumedRole(options, assume_role or _sts(plain), clock)
        inner.register_component("credential_provider", CredentialResolver([provider]))
        return boto3.Session(botocore_session=inner, region_name=options.region or plain.region_name)


def credentials_of(session: boto3.Session) -> Credentials:
    """Credentials that refresh themselves where they can expire. Raises AwsError, AwsNotSetUp where there are none."""
    with translating():
        found = session.get_credentials()
        if found is None:
            raise NoCredentialsError
        return found


def identity(session: boto3.Session, options: AwsOptions) -> str:
    """Who the session is, as far as it is known without asking AWS. Raises AwsError where there are no credentials."""
    method = str(credentials_of(session).method)
    if options.role_arn:
        return f"role {options.role_arn}"
    if method in _PLACES:
        return _PLACES[method]
    with translating():
        # boto3's Session gives no access to the profile's settings but through the one inside it.
        role = BotocoreSession(profile=options.profile or None).get_scoped_config().get("role_arn")
    profile = f"profile {session.profile_name}"
    return f"role {role} of {profile}" if role else f"{profile} ({method})"


def ca_bundle(options: AwsOptions) -> str:
    """The file of certificates that are believed, where the profile or the environment names one; else empty."""
    with translating():
        return str(BotocoreSession(profile=options.profile or None).get_config_variable("ca_bundle") or "")


class _AssumedRole(CredentialProvider):
    """AWS STS API Reference, "AssumeRole": credentials of another role, fetched anew before they expire."""

    METHOD = "assume-role"

    def __init__(self, options: AwsOptions, assume_role: AssumeRole, clock: Clock) -> None:
        super().__init__()
        self._options = options
        self._assume_role = assume_role
        self._clock = clock

    def load(self) -> DeferredRefreshableCredentials:
        return DeferredRefreshableCredentials(self._fetch, self.METHOD, self._clock)

    def _fetch(self) -> dict[str, str]:
        asked = {"RoleArn": self._options.role_arn, "RoleSessionName": SESSION_NAME}
        if self._options.external_id:
            asked["ExternalId"] = self._options.external_id
        given = self._assume_role(**asked)["Credentials"]
        return {
            "access_key": given["AccessKeyId"],
            "secret_key": given["SecretAccessKey"],
            "token": given["SessionToken"],
            "expiry_time": given["Expiration"].isoformat(),
        }


def _sts(session: boto3.Session) -> AssumeRole:
    """AssumeRole by the credentials of this session; the client is made when it is first needed."""

    def assume_role(**asked: str) -> Mapping[str, Any]:
        credentials_of(session)  # botocore's own message for a client without credentials names no next step
        answer: Mapping[str, Any] = session.client("sts", config=_QUICK).assume_role(**asked)
        return answer

    return assume_role
