"""What OpenSearch answers: status and bytes, parsed only when asked."""

from dataclasses import dataclass
from typing import Any

import orjson

from shipper.errors import Unavailable


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
        """OpenSearch's (error type, reason); ("", start of the body) where it is not in OpenSearch's shape."""
        try:
            error = orjson.loads(self.body)["error"]
            return str(error["type"]), str(error.get("reason", ""))
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return "", self.body[:200].decode("utf-8", "replace").strip()


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What answers: `version` as (major, minor, patch); `distribution` is "opensearch", or empty for something else."""

    version: tuple[int, ...]
    distribution: str
    cluster_name: str
    cluster_uuid: str
