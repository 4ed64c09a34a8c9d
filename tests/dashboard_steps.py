"""Requests whose answers a real OpenSearch Dashboards gave, one after the other: what the fake one must answer, too.

    python tests/dashboard_steps.py http://host:5601 >tests/data/dashboards/answers-VERSION.ndjson

writes the answers of another one. Every object has an id that begins with `flowtap-probe`; they are removed at the end.
"""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import urllib3

Answer = tuple[int, Any]

_SOURCE = "kibanaSavedObjectMeta"
_INDEX = f"{_SOURCE}.searchSourceJSON.index"
_XSRF = {"osd-xsrf": "any"}


def pattern(name: str = "pattern", **more: Any) -> dict[str, Any]:
    return {
        "type": "index-pattern", "id": f"flowtap-probe-{name}", "references": [],
        "attributes": {"title": "flowtap-probe-*", "fields": "[]"}, "migrationVersion": {"index-pattern": "7.6.0"},
        **more,
    }  # fmt: skip


def panel(
    name: str = "panel", index: str = "flowtap-probe-pattern", version: str = "7.10.0", **more: Any
) -> dict[str, Any]:
    state = json.dumps({"title": name, "type": "metric", "aggs": [], "params": {}})
    source = json.dumps({"query": {"query": "", "language": "lucene"}, "filter": [], "indexRefName": _INDEX})
    attributes = {
        "title": name, "visState": state, "uiStateJSON": "{}", "description": "", "version": 1,
        _SOURCE: {"searchSourceJSON": source}, **more,
    }  # fmt: skip
    return {
        "type": "visualization", "id": f"flowtap-probe-{name}", "attributes": attributes,
        "references": [{"name": _INDEX, "type": "index-pattern", "id": index}],
        "migrationVersion": {"visualization": version},
    }  # fmt: skip


def imported(*objects: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in objects)


def get(*names: tuple[str, str]) -> bytes:
    return json.dumps([{"type": kind, "id": f"flowtap-probe-{name}"} for kind, name in names]).encode()


_IMPORT, _BULK_GET = "/api/saved_objects/_import", "/api/saved_objects/_bulk_get"
_BOTH = (("index-pattern", "pattern"), ("visualization", "panel"))

# (what it is about, method, path, body; bytes for a path that imports are a file)
STEPS: tuple[tuple[str, str, str, bytes | None], ...] = (
    ("nothing there", "POST", _BULK_GET, get(*_BOTH)),
    ("reference nowhere", "POST", _IMPORT, imported(panel(index="flowtap-probe-nowhere"), pattern())),
    ("nothing came in", "POST", _BULK_GET, get(*_BOTH)),
    ("fresh", "POST", _IMPORT, imported(pattern(), panel())),
    ("there", "POST", _BULK_GET, get(*_BOTH)),
    ("conflict", "POST", _IMPORT, imported(panel(), panel("other"))),
    ("nothing of a conflict's file came in", "POST", _BULK_GET, get(("visualization", "other"))),
    ("overwrite", "POST", f"{_IMPORT}?overwrite=true", imported(panel(description="changed"))),
    ("overwritten", "POST", _BULK_GET, get(("visualization", "panel"))),
    ("unknown type", "POST", _IMPORT, imported(pattern("lens") | {"type": "lens"}, panel("third"))),
    ("the rest of its file came in", "POST", _BULK_GET, get(("visualization", "third"))),
    ("foreign attribute", "POST", _IMPORT, imported(panel("foreign", controlGroupInput="{}"), panel("fourth"))),
    ("the rest came in here, too", "POST", _BULK_GET, get(("visualization", "foreign"), ("visualization", "fourth"))),
    ("newer version", "POST", _IMPORT, imported(panel("newer", version="7.11.0"))),
    ("both modes", "POST", f"{_IMPORT}?overwrite=true&createNewCopies=true", imported(panel())),
    ("the same twice", "POST", _IMPORT, imported(panel("double"), panel("double"))),
    ("empty", "POST", _IMPORT, b""),
    ("unknown parameter", "POST", f"{_IMPORT}?workspaceId=x", imported(panel("fifth"))),
    ("export", "POST", "/api/saved_objects/_export", json.dumps({
        "objects": [{"type": "visualization", "id": "flowtap-probe-panel"}], "includeReferencesDeep": True,
        "excludeExportDetails": True}).encode()),
    ("set", "POST", "/api/opensearch-dashboards/settings", b'{"changes": {"defaultIndex": "flowtap-probe-pattern"}}'),
)  # fmt: skip

_MADE = (
    "index-pattern/flowtap-probe-pattern",
    *(f"visualization/flowtap-probe-{name}" for name in ("panel", "third", "fourth")),
)


def play(url: str) -> Iterator[tuple[str, Answer]]:
    """The answers, in order, without what differs every time."""
    with urllib3.PoolManager(retries=False, timeout=60) as pool:
        ask = _asking(pool, url)
        for name, method, path, body in STEPS:
            yield name, ask(method, path, body, _XSRF)
        yield "without the header", ask("POST", _BULK_GET, get(*_BOTH), {})
        for name in _MADE:
            pool.request("DELETE", f"{url}/api/saved_objects/{name}", headers=_XSRF)


def _asking(pool: urllib3.PoolManager, url: str) -> Callable[..., Answer]:
    def ask(method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        kind = "application/json"
        if path.startswith(_IMPORT):
            body, kind = urllib3.encode_multipart_formdata({"file": ("x.ndjson", body or b"", "application/ndjson")})
        reply = pool.request(method, url + path, body=body, headers=headers | {"content-type": kind})
        if path.endswith("_export"):
            return reply.status, [_lasting(json.loads(each)) for each in reply.data.splitlines()]
        return reply.status, _lasting(reply.json())

    return ask


def _lasting(value: Any) -> Any:
    """Without times and version marks."""
    if isinstance(value, dict):
        passing = {"updated_at", "namespaces"} | ({"version"} if "attributes" in value else set())
        return {key: _lasting(each) for key, each in value.items() if key not in passing}
    return [_lasting(each) for each in value] if isinstance(value, list) else value


if __name__ == "__main__":
    for told in play(sys.argv[1]):
        sys.stdout.write(json.dumps(told, sort_keys=True) + "\n")
