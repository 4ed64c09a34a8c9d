"""Signed requests to Amazon OpenSearch Service.

AWS General Reference, "Signature Version 4 signing process"; IAM User Guide, "Create a signed AWS API request"; Amazon
OpenSearch Service Developer Guide, "Making and signing OpenSearch Service requests".
In: method, URL and body exactly as they are sent. Out: the headers that sign them. Sends nothing to that URL.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import NoRegionError

from aws.session import AwsOptions, Clock, credentials_of, identity, now, open_session
from aws.trouble import translating

SERVERLESS = "aoss"
# "Amazon OpenSearch Service endpoints and quotas" (AWS General Reference): the region stands in a domain's own address.
_REGION = re.compile(
    r"\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.(?:es|aoss)\.amazonaws\.com(?:\.cn)?$"
    r"|\.aos\.(?P<dual>[a-z]{2}(?:-[a-z]+)+-\d)\.on\.aws$"
)


def region_of(url: str) -> str:
    """The region that a domain's own address names; empty for any other name."""
    found = _REGION.search(urlsplit(url).hostname or "")
    return (found["region"] or found["dual"]) if found else ""


class Signer:
    """Signs any number of requests, from any number of threads, with what the credentials are at that moment.

    `identity`: who signs, as far as it is known without asking AWS.
    """

    def __init__(
        self, credentials: Credentials, region: str, service: str = "es", *, identity: str = "", clock: Clock = now
    ) -> None:
        """Raises AwsNotSetUp without a region."""
        with translating():
            if not region:
                raise NoRegionError
        self.identity = identity
        self._credentials = credentials
        self._region = region
        self._service = service
        self._clock = clock

    def __call__(self, method: str, url: str, body: bytes | None) -> Mapping[str, str]:
        """The headers to add. `url` is encoded as it is sent. Raises AwsError where credentials cannot be refreshed."""
        request = AWSRequest(method=method, url=url, data=body or b"")
        if self._service == SERVERLESS:
            # "Signing HTTP requests to OpenSearch Serverless": the hash of the payload as a header; domains need none.
            request.headers["X-Amz-Content-SHA256"] = sha256(body or b"").hexdigest()
        with translating():
            frozen = self._credentials.get_frozen_credentials()
            auth = SigV4Auth(frozen, self._service, self._region)
        request.context["timestamp"] = self._clock().strftime("%Y%m%dT%H%M%SZ")
        request.headers["X-Amz-Date"] = request.context["timestamp"]
        if frozen.token:
            request.headers["X-Amz-Security-Token"] = frozen.token
        # As SigV4Auth.add_auth does, but at the clock's time, and without its log, which shows the token.
        signed = auth.signed_headers(auth.headers_to_sign(request))
        signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
        request.headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={signed}, Signature={signature}"
        )
        return {str(name).lower(): str(value) for name, value in request.headers.items()}


def open_signer(url: str, service: str, options: AwsOptions) -> Signer:
    """A signer for one address, whose own region comes first. Raises AwsError."""
    options = replace(options, region=region_of(url) or options.region)
    session = open_session(options)
    credentials, who = credentials_of(session), identity(session, options)
    return Signer(credentials, session.region_name or "", service, identity=who)
