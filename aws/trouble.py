"""botocore's errors as ours: the one border table of this package. Decides by class, code and status, never by text."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from botocore import exceptions as theirs

from aws.errors import AwsError, AwsNotSetUp, AwsRefused, AwsUnavailable

# The first row that fits decides: (botocore's classes, ours, the message).
_TABLE: tuple[tuple[tuple[type[Exception], ...], type[AwsError], str], ...] = (
    (
        (theirs.NoCredentialsError,),
        AwsNotSetUp,
        "no AWS credentials were found; set them, run `aws configure` or `aws sso login`, or name aws.profile",
    ),
    (
        (theirs.NoRegionError,),
        AwsNotSetUp,
        "no AWS region is known; set aws.region, AWS_DEFAULT_REGION, or region in the profile",
    ),
    ((theirs.ProfileNotFound,), AwsNotSetUp, "{said}; `aws configure list-profiles` shows which there are"),
    (
        (theirs.SSOError, theirs.TokenRetrievalError, theirs.LoginError, theirs.RefreshWithMFAUnsupportedError),
        AwsRefused,
        "AWS credentials: {said}; log in again (`aws sso login` or `aws login`)",
    ),
    (
        (
            theirs.ConnectionError,
            theirs.HTTPClientError,
            theirs.MetadataRetrievalError,
            theirs.CredentialRetrievalError,
            OSError,  # credential_process cannot be started
            RuntimeError,  # what was fetched has expired already
        ),
        AwsUnavailable,
        "AWS credentials cannot be had now: {said}",
    ),
    ((Exception,), AwsNotSetUp, "AWS credentials: {said}"),
)
# AWS STS API Reference, "Common Errors", and botocore's own list of what may be tried again.
_PASSING = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded", "IDPCommunicationError"})

TROUBLES = (theirs.BotoCoreError, theirs.ClientError, OSError, ValueError, KeyError, RuntimeError)
"""What botocore raises while it looks for credentials and fetches them."""


@contextmanager
def translating() -> Iterator[None]:
    """Raises AwsError for what botocore raises inside."""
    try:
        yield
    except TROUBLES as error:
        raise translated(error) from error


@contextmanager
def calling(
    about: str,
    answered: Callable[[theirs.ClientError], AwsError],
    broken: tuple[type[Exception], ...] = (theirs.ConnectionError, theirs.HTTPClientError),
) -> Iterator[None]:
    """Raises AwsError for what botocore raises while it calls a service, named `about`.

    What the service says no with is `answered`; a connection that is `broken` may be tried again.
    """
    try:
        yield
    except theirs.ClientError as error:
        raise answered(error) from error
    except broken as error:
        raise AwsUnavailable(f"{about}: {' '.join(str(error).split())[:200]}") from error
    except TROUBLES as error:
        raise translated(error) from error


def translated(error: Exception) -> AwsError:
    """The error of ours for one of botocore's."""
    if isinstance(error, theirs.ClientError):
        return _answered(error)
    ours, text = next((ours, text) for kinds, ours, text in _TABLE if isinstance(error, kinds))
    return ours(text.format(said=_said(error)))


def _answered(error: theirs.ClientError) -> AwsError:
    told = error.response.get("Error", {})
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    said = f"AWS {error.operation_name}: {told.get('Code', status)}: {told.get('Message', '')}".rstrip(": ")
    if status >= 500 or status == 429 or told.get("Code") in _PASSING:
        return AwsUnavailable(said)
    return AwsRefused(said)


def _said(error: Exception) -> str:
    """One line of bounded length. (A JSON error's text holds no part of what was read, which may be credentials.)"""
    return " ".join((str(error) or type(error).__name__).split())[:400]
