"""A Dashboards for tests: HTTP on loopback, saved objects in memory, the answers of the real one.

`tests/unit/dashboards/test_fake.py` plays recorded requests against it and compares every answer. What cannot be
recorded without its parts (a login, permissions, not ready yet) answers as those parts are documented to. Workspaces
are places of their own; tenants too.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from serving import serving

Found = tuple[int, Any]
Objects = dict[tuple[str, str], dict[str, Any]]

_ICONS = {
    "index-pattern": "indexPatternApp",
    "visualization": "visualizeApp",
    "dashboard": "dashboardApp",
    "search": "discoverApp",
}
_KNOWN = {"dashboard": "7.9.3", "visualization": "7.10.0", "search": "7.9.3", "index-pattern": "7.6.0"}
_STRICT = {
    "visualization": {
        "title", "visState", "uiStateJSON", "description", "version", "savedSearchRefName", "kibanaSavedObjectMeta",
    },
    "search": {"title", "description", "hits", "columns", "sort", "version", "kibanaSavedObjectMeta"},
    "dashboard": {
        "title", "hits", "description", "panelsJSON", "optionsJSON", "version", "timeRestore", "timeTo", "timeFrom",
        "refreshInterval", "kibanaSavedObjectMeta",
    },
}  # fmt: skip
_LOOKED_FOR = ("index-pattern", "search")  # the only references that an import looks at
_PARAMETERS = {"overwrite", "createNewCopies"}
_NOT_READY = (503, "OpenSearch Dashboards server is not ready yet")


@dataclass
class FakeDashboards:
    """Change its fields to change how it behaves. `places` maps (tenant, workspace) to what is there."""

    version: str = "2.8.0"
    not_ready: int = 0
    """So many requests are answered with 503."""
    refuse: Callable[[str, str], int | None] = lambda _method, _path: None
    """(method, path) → a status to answer instead, such as 403."""
    user: str = ""
    """Whether somebody must ask (a Basic header)."""
    lose: set[str] = field(default_factory=set)
    """Ids that an import says it stored, and did not."""
    before_import: Callable[["FakeDashboards"], None] = lambda _: None
    places: dict[tuple[str, str], Objects] = field(default_factory=lambda: defaultdict(dict))
    settings: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    @property
    def objects(self) -> Objects:
        """Without workspaces, in the global tenant."""
        return self.places["global", ""]

    @contextmanager
    def serving(self) -> Iterator["FakeDashboards"]:
        """On loopback."""
        with serving(self.handler()) as self.url:
            yield self

    def handler(self) -> type[BaseHTTPRequestHandler]:
        """What answers requests, for a server of any kind."""
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.answer()

            def do_POST(self) -> None:
                self.answer()

            def do_DELETE(self) -> None:
                self.answer()

            def answer(self) -> None:
                content = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, body = fake.answer(self.command, self.path, headers, content)
                sent = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, *_: Any) -> None: ...

        return Handler

    def answer(self, method: str, target: str, headers: dict[str, str], content: bytes) -> Found:
        parts = urlsplit(target)
        path, query = parts.path, parse_qs(parts.query, keep_blank_values=True)
        self.asked.append((method, target, headers))
        if self.not_ready > 0:
            self.not_ready -= 1
            return _NOT_READY[0], _NOT_READY[1].encode()
        if self.user and not headers.get("authorization", "").startswith("Basic "):
            return 401, {"statusCode": 401, "error": "Unauthorized", "message": "Authentication required"}
        if status := self.refuse(method, path):
            return status, {
                "statusCode": status,
                "error": "Forbidden",
                "message": "no permissions for [indices:data/write/bulk]",
            }
        if method != "GET" and "osd-xsrf" not in headers:
            return _bad("Request must contain the osd-xsrf header.")
        if path == "/api/status":
            return 200, {"version": {"number": self.version}, "status": {"overall": {"state": "green"}}}
        workspace = ""
        if path.startswith("/w/"):
            workspace, path = path.split("/")[2], "/" + "/".join(path.split("/")[3:])
        return self._routed(
            method, path, query, headers, content, self.places[headers.get("securitytenant", "global"), workspace]
        )

    def _routed(self, method, path, query, headers, content, there) -> Found:  # type: ignore[no-untyped-def]
        if path.endswith("_bulk_get"):
            return 200, {"saved_objects": [_got(there, each["type"], each["id"]) for each in json.loads(content)]}
        if path.endswith("_import"):
            return self._imported(query, _file(headers, content), there)
        if path.endswith("_export"):
            keys = [(each["type"], each["id"]) for each in json.loads(content)["objects"]]
            return 200, "\n".join(json.dumps(each) for each in _deep(there, keys)).encode()
        if path.endswith("/settings"):
            if method == "POST":
                self.settings |= json.loads(content)["changes"]
            return 200, {"settings": {name: {"userValue": value} for name, value in self.settings.items()}}
        if method == "DELETE":
            there.pop(tuple(path.split("/")[-2:]), None)
            return 200, {}
        return 404, {"statusCode": 404, "error": "Not Found", "message": "Not Found"}

    def _imported(self, query: dict[str, list[str]], objects: list[dict[str, Any]], there: Objects) -> Found:
        self.before_import(self)
        unknown = sorted(query.keys() - _PARAMETERS)
        if unknown:
            return _bad(f"[request query.{unknown[0]}]: definition for this key is missing")
        if len(query) > 1:
            return _bad("[request query]: cannot use [overwrite] with [createNewCopies]")
        keys = [(each["type"], each["id"]) for each in objects]
        if double := next((key for key in keys if keys.count(key) > 1), None):
            return _bad(f"Non-unique import objects detected: [{double[0]}:{double[1]}]: Bad Request")
        for each in objects:
            if newer := _newer(each):
                return 422, {"statusCode": 422, "error": "Unprocessable Entity", "message": newer}
        return 200, self._judged(objects, there, overwrite="overwrite" in query)

    def _judged(self, objects: list[dict[str, Any]], there: Objects, *, overwrite: bool) -> dict[str, Any]:
        known = {(each["type"], each["id"]) for each in objects} | there.keys()
        errors, good, nothing = [], [], False
        for each in objects:
            trouble = _trouble(each, known, there, overwrite=overwrite)
            if trouble is None:
                good.append(each)
            else:
                title = each["attributes"].get("title")
                errors.append(
                    {"type": each["type"], "id": each["id"], "title": title, "meta": _meta(each), "error": trouble}
                )
                nothing |= trouble["type"] in {"conflict", "missing_references"}
        stored = [] if nothing else [each for each in good if each["id"] not in self.lose]
        results = []
        for each in good:
            marks = {"overwrite": True} if overwrite and (each["type"], each["id"]) in there else {}
            results.append({"type": each["type"], "id": each["id"], "meta": _meta(each)} | marks)
        for each in stored:
            there[each["type"], each["id"]] = each
        reply: dict[str, Any] = {"success": not errors, "successCount": len(good)}
        if results:
            reply["successResults"] = results
        return reply | ({"errors": errors} if errors else {})


def _trouble(each: dict[str, Any], known: Any, there: Objects, *, overwrite: bool) -> dict[str, Any] | None:
    kind = each["type"]
    if kind not in _KNOWN:
        return {"type": "unsupported_type"}
    missing = [
        {"type": found["type"], "id": found["id"]} for found in each["references"]
        if found["type"] in _LOOKED_FOR and (found["type"], found["id"]) not in known
    ]  # fmt: skip
    if missing:
        return {"type": "missing_references", "references": missing}
    if not overwrite and (kind, each["id"]) in there:
        return {"type": "conflict"}
    foreign = sorted(each["attributes"].keys() - _STRICT.get(kind, each["attributes"].keys()))
    if foreign:
        told = f"mapping set to strict, dynamic introduction of [{foreign[0]}] within [{kind}] is not allowed"
        return {"type": "unknown", "message": told}
    return None


def _newer(each: dict[str, Any]) -> str:
    kind = each["type"]
    said, known = each.get("migrationVersion", {}).get(kind, "0"), _KNOWN.get(kind, "99")
    if [int(part) for part in said.split(".")] <= [int(part) for part in known.split(".")]:
        return ""
    return (
        f'Document "{each["id"]}" has property "{kind}" which belongs to a more recent version of OpenSearch '
        f"Dashboards [{said}]. The last known version is [{known}]"
    )


def _meta(each: dict[str, Any]) -> dict[str, Any]:
    icon = {"icon": _ICONS[each["type"]]} if each["type"] in _ICONS else {}
    return {"title": each["attributes"].get("title")} | icon


def _got(there: Objects, kind: str, object_id: str) -> dict[str, Any]:
    if found := there.get((kind, object_id)):
        return found
    told = f"Saved object [{kind}/{object_id}] not found"
    return {"type": kind, "id": object_id, "error": {"statusCode": 404, "error": "Not Found", "message": told}}


def _deep(there: Objects, keys: list[tuple[str, str]]) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}

    def visit(key: tuple[str, str]) -> None:
        if key in there and key not in found:
            for each in there[key]["references"]:
                visit((each["type"], each["id"]))
            found[key] = there[key]

    for key in keys:
        visit(key)
    return list(found.values())


def _file(headers: dict[str, str], content: bytes) -> list[dict[str, Any]]:
    head = f"content-type: {headers['content-type']}\r\n\r\n".encode()
    (part,) = BytesParser().parsebytes(head + content).get_payload()  # type: ignore[misc]
    assert part.get_filename().endswith(".ndjson")  # type: ignore[union-attr]
    lines = part.get_payload(decode=True).splitlines()  # type: ignore[union-attr]
    return [{"references": []} | json.loads(line) for line in lines if line.strip()]


def _bad(message: str) -> Found:
    return 400, {"statusCode": 400, "error": "Bad Request", "message": message}
