"""What OpenSearch answers: status and bytes, parsed only when asked."""

from dataclasses import dataclass
from typing import Any

import orjson

from shipper.errors import Unavailable

AWS_MESSAGE = "aws_message"
"""Our own error type for a refusal by AWS in front of OpenSearch: `{"message": …}` or `{"Message": …}`."""

_MOST_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whatever the status."""

    status: int
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether OpenSearch did it."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body parsed. Raises Unavailable where it is not JSON: a proxy's page, or a reply cut short."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise Unavailable(f"the reply (HTTP {self.status}) is not JSON: {self.body[:200]!r}") from error

    def error(self) -> tuple[str, str]:
        """(error type, reason) by OpenSearch, or (AWS_MESSAGE, text); ("", start of the body) by anything else."""
        try:
            told = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            told = None
        match told:
            case {"error": {"type": kind, **rest}}:
                return str(kind), str(rest.get("reason", ""))
            case {"message": str(text)} | {"Message": str(text)}:
                return AWS_MESSAGE, text[:_MOST_CHARACTERS]
        return "", self.body[:200].decode("utf-8", "replace").strip()


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What answers: `version` as (major, minor, patch); `distribution` is "opensearch", or empty for something else."""

    version: tuple[int, ...]
    distribution: str
    cluster_name: str
    cluster_uuid: str
