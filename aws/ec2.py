"""Amazon EC2: describe calls page by page, and changes; and who the credentials are. A thin client that tries again.

In: an operation's name and parameters as the API has them. Out: documents as the API has them.
Raises Ec2Refused with AWS's code, AwsDenied, AwsUnavailable. Throttling, 5xx and lost connections are tried again with
exponential delays and full jitter: what is asked for must stand being asked twice (a client token, or no effect).
Amazon EC2 API Reference, "Error codes", "Query API request rate".
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from random import random
from threading import Event
from typing import Any, Final

from botocore import exceptions as theirs
from botocore import xform_name
from botocore.config import Config

from aws.errors import AwsDenied, AwsError, AwsRefused, AwsUnavailable
from aws.session import AwsOptions, open_session
from aws.trouble import calling, translating

Document = Mapping[str, Any]
Wait = Callable[[float], object]

PAGE: Final = 1000
_ATTEMPTS: Final = 12
_FIRST_SECONDS, _MOST_SECONDS = 0.2, 20.0
_CONFIG = Config(connect_timeout=10, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 1})
_DENIED = frozenset({"UnauthorizedOperation", "AuthFailure", "OptInRequired", "AccessDenied"})
_PASSING = frozenset({"RequestLimitExceeded", "Throttling", "ThrottlingException", "Unavailable", "InternalError"})


class Ec2Refused(AwsRefused):
    """EC2 says no to a request: `code` says why, the message is AWS's own."""

    def __init__(self, said: str, code: str) -> None:
        super().__init__(said)
        self.code = code

    @property
    def absent(self) -> bool:
        """Whether what was named is not there, or not seen yet."""
        return self.code.endswith(".NotFound")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks: account, ARN, region."""

    account: str
    arn: str
    region: str


class Ec2:
    """For one thread. `calls` counts requests, those tried again too; `ahead` is how far EC2's clock was of ours."""

    def __init__(
        self, ec2: Any, sts: Any, region: str, wait: Wait | None = None, jitter: Callable[[], float] = random
    ) -> None:
        """Takes boto3 clients, so that what they talk to is the caller's affair."""
        self._ec2, self._sts = ec2, sts
        self._region = region
        self._wait, self._jitter = wait or Event().wait, jitter
        self.calls = 0
        self.ahead = timedelta()

    def identity(self) -> Identity:
        """Raises AwsError."""
        found = self._patient(self._sts, "GetCallerIdentity", {})
        return Identity(found["Account"], found["Arn"], self._region)

    def listed(self, operation: str, key: str, **asked: Any) -> Iterator[Document]:
        """Everything that a describe call lists below this key, all pages."""
        token: dict[str, str] = {}
        while True:
            page = self._patient(self._ec2, operation, {"MaxResults": PAGE, **asked, **token})
            yield from page.get(key, ())
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    def change(self, operation: str, asked: Document) -> Document:
        """Make a change. Raises AwsError."""
        return self._patient(self._ec2, operation, asked)

    def pause(self, seconds: float) -> None:
        """Wait, as this client waits between attempts."""
        self._wait(seconds)

    def _patient(self, client: Any, operation: str, asked: Document) -> Document:
        ceiling = _FIRST_SECONDS
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._once(client, operation, asked)
            except AwsUnavailable:
                if attempt == _ATTEMPTS:
                    raise
            self._wait(self._jitter() * ceiling)
            ceiling = min(ceiling * 2, _MOST_SECONDS)
        raise AssertionError

    def _once(self, client: Any, operation: str, asked: Document) -> Document:
        self.calls += 1
        with calling(f"EC2 {operation}", partial(_answered, operation)):
            answer: Document = getattr(client, xform_name(operation))(**asked)
        told = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
        with suppress(ValueError, TypeError):
            self.ahead = parsedate_to_datetime(told) - datetime.now(UTC)
        return answer


def open_ec2(options: AwsOptions) -> Ec2:
    """A client for these options. Raises AwsError."""
    session = open_session(options)
    endpoint = options.endpoint_url or None
    with translating():
        ec2 = session.client("ec2", endpoint_url=endpoint, config=_CONFIG)
        sts = session.client("sts", endpoint_url=endpoint, config=_CONFIG)
        return Ec2(ec2, sts, ec2.meta.region_name)


def _answered(operation: str, error: theirs.ClientError) -> AwsError:
    told = error.response.get("Error", {})
    code, said = told.get("Code", ""), told.get("Message", "")
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _DENIED:
        return AwsDenied(f"{code}: {said}. It takes ec2:{operation}")
    if code in _PASSING or status >= 500 or status == 429:
        return AwsUnavailable(f"EC2 {operation}: {code}: {said}")
    return Ec2Refused(f"EC2 {operation}: {code}: {said}", code)
