"""The HTTP API of OpenSearch Dashboards: saved objects and settings. The only import of urllib3 here.

In: an address, credentials, a tenant or workspace. Out: parsed replies. Tries each request once, logs nothing.
API: "Saved objects" of OpenSearch Dashboards 2.8 and 3.x, whose answers are those of `tests/data/dashboards`.
"""

import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import orjson
import urllib3

from dashboards.errors import DashboardsError, DashboardsRefused, DashboardsUnavailable
from dashboards.saved_object import Key, SavedObject, line, parsed

Sign = Callable[[str, str, bytes | None], Mapping[str, str]]
"""(method, full URL, body) → headers that sign the request."""

_CONNECT_SECONDS = 10.0
_OBJECTS = "/api/saved_objects"
_SETTINGS = "/api/opensearch-dashboards/settings"
# More keys a request than this are asked for in several.
_KEYS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Place:
    """Where Dashboards is and how to be let in. `tenant` goes with the security plugin, `workspace` with workspaces."""

    url: str
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    tenant: str = ""
    workspace: str = ""
    timeout_seconds: float = 60.0
    sign: Sign | None = field(default=None, repr=False)

    @property
    def base(self) -> str:
        """What every path comes after."""
        inside = f"/w/{quote(self.workspace, safe='')}" if self.workspace else ""
        return self.url.rstrip("/") + inside

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries: who asks, and that no foreign page does ("osd-xsrf")."""
        found = {"osd-xsrf": "flowtap"}
        if self.tenant:
            found["securitytenant"] = self.tenant
        if self.username:
            found |= urllib3.make_headers(basic_auth=f"{self.username}:{self.password}")
        return found


@dataclass(frozen=True, slots=True)
class Status:
    """What Dashboards says of itself; `state` is green, yellow or red."""

    version: str
    state: str


class Dashboards:
    """One OpenSearch Dashboards. Every method raises DashboardsUnavailable or DashboardsRefused."""

    def __init__(self, place: Place) -> None:
        """Opens nothing yet. Raises DashboardsError for an unusable address or ca_file."""
        parts = urlsplit(place.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
            raise DashboardsError(f"{place.url or 'an empty address'} is no address such as https://host:5601")
        self.place = place
        self._pool = urllib3.PoolManager(ssl_context=tls(place.ca_file) if parts.scheme == "https" else None)

    def status(self) -> Status:
        """Version and state. While it starts it answers 503: DashboardsUnavailable."""
        found = self._json("GET", "/api/status")
        try:
            return Status(str(found["version"]["number"]), str(found["status"]["overall"]["state"]))
        except (KeyError, TypeError) as error:
            raise DashboardsRefused(f"{self.place.url} does not answer as OpenSearch Dashboards does") from error

    def objects(self, keys: Iterable[Key]) -> dict[Key, SavedObject]:
        """Those of the objects that are there."""
        wanted = [{"type": kind, "id": object_id} for kind, object_id in keys]
        found: dict[Key, SavedObject] = {}
        for at in range(0, len(wanted), _KEYS_AT_ONCE):
            reply = self._json("POST", f"{_OBJECTS}/_bulk_get", body=orjson.dumps(wanted[at : at + _KEYS_AT_ONCE]))
            for each in reply["saved_objects"]:
                _raise_unless_missing(each)
                if "error" not in each:
                    there = parsed(each)
                    found[there.key] = there
        return found

    def import_objects(self, objects: Sequence[SavedObject], *, overwrite: bool) -> Any:
        """The reply as it is: 200 even where nothing came in, so `success` and `errors` must be read."""
        content = b"".join(line(each) for each in objects)
        body, kind = urllib3.encode_multipart_formdata(
            {"file": ("flowtap.ndjson", content, "application/ndjson")}, boundary="flowtap-7b1f3c5a9e"
        )
        query = "?overwrite=true" if overwrite else ""
        return self._json("POST", f"{_OBJECTS}/_import{query}", body=body, content_type=kind)

    def export_objects(self, keys: Iterable[Key]) -> bytes:
        """NDJSON of these objects and all that they refer to."""
        wanted = {
            "objects": [{"type": kind, "id": object_id} for kind, object_id in keys],
            "includeReferencesDeep": True,
            "excludeExportDetails": True,
        }
        return self._request("POST", f"{_OBJECTS}/_export", body=orjson.dumps(wanted))

    def settings(self) -> dict[str, Any]:
        """Advanced settings that somebody set; others are not in it."""
        found = self._json("GET", _SETTINGS)["settings"]
        return {name: each["userValue"] for name, each in found.items() if "userValue" in each}

    def change_settings(self, changes: Mapping[str, Any]) -> None:
        """Set advanced settings."""
        self._json("POST", _SETTINGS, body=orjson.dumps({"changes": dict(changes)}))

    def _json(
        self, method: str, path: str, *, body: bytes | None = None, content_type: str = "application/json"
    ) -> Any:
        content = self._request(method, path, body=body, content_type=content_type)
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise DashboardsRefused(
                f"{self.place.url}{path} answers with a page, not JSON: is this OpenSearch Dashboards, without a login "
                "page before it?"
            ) from error

    def _request(
        self, method: str, path: str, *, body: bytes | None = None, content_type: str = "application/json"
    ) -> bytes:
        url = self.place.base + path
        headers = self.place.headers | ({"content-type": content_type} if body is not None else {})
        if self.place.sign is not None:
            headers |= self.place.sign(method, url, body)
        limit = self.place.timeout_seconds
        try:
            reply = self._pool.request(
                method, url, body=body, headers=headers, retries=False, redirect=False,
                timeout=urllib3.Timeout(connect=min(limit, _CONNECT_SECONDS), read=limit),
            )  # fmt: skip
        except urllib3.exceptions.SSLError as error:
            raise DashboardsRefused(f"{self.place.url}: {error}") from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise DashboardsUnavailable(f"{self.place.url} does not answer: {type(error).__name__}") from error
        _raise_for(reply.status, reply.data, f"{method} {self.place.url}{path.partition('?')[0]}")
        return reply.data


def _raise_for(status: int, content: bytes, asked: str) -> None:
    if status < 300:
        return
    told = f"{asked} answers {status}{_message(content)}"
    if status == 429 or status >= 500:
        raise DashboardsUnavailable(told)
    if status in {301, 302, 303, 307, 308}:
        raise DashboardsRefused(f"{told}: it asks for a login; see dashboards.username and dashboards.auth")
    if status in {401, 403}:
        raise DashboardsRefused(f"{told}: see dashboards.username, dashboards.auth, and the permissions of that user")
    raise DashboardsRefused(told)


def _message(content: bytes) -> str:
    """What it says of an error (`message`), cut: it may hold a whole object."""
    try:
        told = str(orjson.loads(content)["message"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""
    return f" ({told[:300]})"


def _raise_unless_missing(entry: Mapping[str, Any]) -> None:
    status = entry.get("error", {}).get("statusCode", 404)
    if status != 404:
        raise DashboardsRefused(f"{entry.get('type')}:{entry.get('id')} cannot be read ({status})")


def tls(ca_file: Path | None) -> ssl.SSLContext:
    """How certificates are checked. Raises DashboardsError for an unusable file."""
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except OSError as error:
        raise DashboardsError(f"dashboards.ca_file {ca_file} cannot be used: {error}") from error
