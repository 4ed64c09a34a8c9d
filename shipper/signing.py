"""Requests to one OpenSearch address, signed with AWS credentials.

In: the address and the `aws` settings. Out: headers for each request. Nothing of AWS is loaded before the first one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from aws.errors import AwsError
from shipper.errors import ours
from shipper.settings import AwsSettings, SigningService

if TYPE_CHECKING:
    from aws.signing import Signer


class RequestSigner:
    """Safe to call from several threads. Errors are ours: ConfigError, Unavailable, Refused."""

    def __init__(self, url: str, service: SigningService, settings: AwsSettings) -> None:
        self._url = url
        self._service = service
        self._settings = settings
        self._lock = Lock()
        self._signer: Signer | None = None

    def __call__(self, method: str, url: str, body: bytes | None) -> Mapping[str, str]:
        """The headers that sign this request, which is sent exactly so."""
        with _translating():
            return self._opened()(method, url, body)

    def identity(self) -> str:
        """Who signs, as far as it is known without asking AWS."""
        with _translating():
            return self._opened().identity

    def _opened(self) -> "Signer":
        # boto3 takes a third of a second to load: only where requests are signed.
        from aws.session import AwsOptions  # noqa: PLC0415
        from aws.signing import open_signer  # noqa: PLC0415

        with self._lock:
            if self._signer is None:
                self._signer = open_signer(self._url, self._service.value, AwsOptions(**self._settings.model_dump()))
            return self._signer


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except AwsError as error:
        raise ours(error) from error
