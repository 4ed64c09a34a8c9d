"""`shipper doctor` against real servers: what it sees, what each user may see, and that it changes nothing."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from integration.containers import OpenSearchNode, free_port
from shipper.cli.context import now
from shipper.config import Loaded, load
from shipper.doctor.checks import CHECKS
from shipper.doctor.checkup import Subject, examine, exit_code
from shipper.doctor.finding import Finding, Outcome
from shipper.opensearch import schema
from shipper.opensearch.client import Connection, Store
from shipper.opensearch.desired import desired
from shipper.opensearch.store_state import read_actual
from shipper.settings import Settings

OK, WARN, FAIL, SKIPPED = Outcome.OK, Outcome.WARN, Outcome.FAIL, Outcome.SKIPPED
PARTITION = "aws.vpcflow-2026.01"


@pytest.fixture(params=["opensearch3", "opensearch2"])
def node(request: pytest.FixtureRequest) -> OpenSearchNode:
    found: OpenSearchNode = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def prefix(node: OpenSearchNode) -> Iterator[str]:
    """An index prefix of the test's own, with templates and one partition."""
    name = "t" + uuid.uuid4().hex[:10]
    store = Store(connection(node))
    plan = schema.plan(desired(name), read_actual(store, name), today=datetime.now(UTC).date())
    schema.apply(store, plan, lambda _: None)
    store.call("PUT", f"/{name}-{PARTITION}")
    yield name
    # Where a block forbids everything but this, it must go first.
    store.call("PUT", f"/{name}-*/_settings", body={"index.blocks.read_only_allow_delete": None})
    store.call("DELETE", f"/{name}-*", params={"expand_wildcards": "all"})
    store.call("DELETE", f"/_index_template/{name}-*")
    store.call("DELETE", f"/_component_template/{name}-*")
    store.close()


def connection(node: OpenSearchNode) -> Connection:
    return Connection(node.url, node.username, node.password, node.ca_file, timeout_seconds=30)


def findings(used: Connection, prefix: str, state: Path) -> tuple[dict[str, Finding], int]:
    settings = Settings.model_validate({"opensearch": {"prefix": prefix}, "state": {"directory": state}})
    results = examine(Subject(lambda: Loaded(settings, None, used, "a test"), now), CHECKS)
    return {result.name: result.finding for result in results}, exit_code(results)


def contents(node: OpenSearchNode) -> list[Any]:
    paths = ("/_cluster/state/metadata,blocks", "/_cat/indices?h=index,uuid,status,docs.count&s=index&format=json")
    answers = [node.request("GET", path)[1] for path in paths]
    answers[0].pop("state_uuid", None)
    return answers


def test_all_is_well_and_nothing_is_changed(node: OpenSearchNode, prefix: str, tmp_path: Path) -> None:
    before = contents(node)
    found, code = findings(connection(node), prefix, tmp_path / "state")
    assert contents(node) == before
    assert not any(tmp_path.iterdir())
    # A developer's disk may be full, and a sensor of theirs down; everything else is the test's own doing.
    expected = dict.fromkeys((check.name for check in CHECKS), OK)
    for name in ("disks", "state disk", "health", "sensor"):
        expected.pop(name)
    assert {name: found[name].outcome for name in expected} == expected, found
    assert code == 0 or FAIL in {found[name].outcome for name in ("disks", "state disk", "health")}
    assert "1 partitions" in found["templates"].seen


def test_templates_that_are_missing(node: OpenSearchNode, tmp_path: Path) -> None:
    found, code = findings(connection(node), "t" + uuid.uuid4().hex[:10], tmp_path)
    assert (found["templates"].outcome, code) == (FAIL, 4)
    assert "shipper schema apply" in found["templates"].remedy


def test_a_partition_that_is_closed_or_blocked(node: OpenSearchNode, prefix: str, tmp_path: Path) -> None:
    node.request("PUT", f"/{prefix}-aws.vpcflow-2026.02")
    node.request("POST", f"/{prefix}-aws.vpcflow-2026.02/_close")
    found, _ = findings(connection(node), prefix, tmp_path)
    assert (found["closed"].outcome, found["closed"].seen.split(":")[0]) == (WARN, f"{prefix}-aws.vpcflow-2026.02")
    assert found["blocks"].outcome is OK
    node.request("PUT", f"/{prefix}-{PARTITION}/_settings", {"index.blocks.read_only_allow_delete": True})
    found, code = findings(connection(node), prefix, tmp_path)
    assert (found["blocks"].outcome, code) == (FAIL, 4)
    assert f"{prefix}-{PARTITION}" in found["blocks"].seen


@pytest.mark.parametrize(
    ("user", "permissions", "health"),
    [("flowtap_operator", OK, OK), ("flowtap_writer", OK, OK), ("flowtap_reader", FAIL, SKIPPED)],
)
def test_what_each_role_may_see(
    opensearch2: OpenSearchNode, tmp_path: Path, user: str, permissions: Outcome, health: Outcome
) -> None:
    found, _ = findings(connection(opensearch2.as_user(user)), "flowtap", tmp_path)
    assert (found["permissions"].outcome, found["health"].outcome) == (permissions, health)
    assert found["version"].outcome is OK
    assert user in found["permissions"].seen


def test_a_role_for_another_prefix(opensearch2: OpenSearchNode, tmp_path: Path) -> None:
    found, _ = findings(connection(opensearch2.as_user("flowtap_writer")), "elsewhere", tmp_path)
    assert found["permissions"].outcome is FAIL
    assert "elsewhere-*" in found["permissions"].remedy


def test_a_wrong_password_or_authority(opensearch2: OpenSearchNode, tmp_path: Path) -> None:
    wrong = Connection(opensearch2.url, "admin", "wrong-password", opensearch2.ca_file)
    stranger = Connection(opensearch2.url, "admin", opensearch2.password)
    for used, word in ((wrong, "401"), (stranger, "not trusted")):
        found, code = findings(used, "flowtap", tmp_path)
        assert (found["opensearch"].outcome, found["health"].outcome, code) == (FAIL, SKIPPED, 4)
        assert word in found["opensearch"].seen


@contextmanager
def elasticsearch() -> Iterator[str]:
    """What Elasticsearch 8 answers to `GET /`, and nothing else."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told = {"name": "n", "cluster_name": "c", "cluster_uuid": "u", "version": {"number": "8.15.0"}}
            body = json.dumps(told | {"tagline": "You Know, for Search"}).encode()
            self.send_response(200 if self.path == "/" else 500)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_elasticsearch_is_refused_by_name(tmp_path: Path) -> None:
    with elasticsearch() as url:
        found, code = findings(Connection(url), "flowtap", tmp_path)
    assert (found["version"].outcome, found["permissions"].outcome, code) == (FAIL, SKIPPED, 4)
    assert "Elasticsearch 8.15.0" in found["version"].seen


def doctor(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SHIPPER_", "OPENSEARCH_"))}  # noqa: TID251
    command = [sys.executable, "-m", "shipper", "doctor", *arguments]
    return subprocess.run(command, env=kept | variables, capture_output=True, text=True, check=False, timeout=180)


def test_the_command_on_a_server_that_is_down(tmp_path: Path) -> None:
    given = {
        "SHIPPER_OPENSEARCH__URL": f"http://127.0.0.1:{free_port()}",
        "SHIPPER_OPENSEARCH__USERNAME": "me",
        "SHIPPER_OPENSEARCH__PASSWORD": "hunter2",
        "SHIPPER_STATE__DIRECTORY": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path),
    }
    for arguments in ((), ("--json",)):
        ran = doctor(*arguments, **given)
        assert ran.returncode == 4, ran.stderr
        assert "cannot be reached" in ran.stdout
        assert "hunter2" not in ran.stdout + ran.stderr
        assert not (tmp_path / "state").exists()
    told = json.loads(ran.stdout)
    assert told["ok"] is False
    assert [check["name"] for check in told["checks"]] == [check.name for check in CHECKS]
    assert {check["outcome"] for check in told["checks"] if check["side"] == "far"} == {"fail", "skipped"}


def test_the_command_with_a_setting_that_is_wrong(tmp_path: Path) -> None:
    ran = doctor(SHIPPER_OPENSEARCH__URLL="x", XDG_CONFIG_HOME=str(tmp_path))
    assert ran.returncode == 3
    assert "opensearch.urll (set in environment SHIPPER_OPENSEARCH__URLL)" in ran.stdout


def test_the_stacks_connection_is_found(tmp_path: Path) -> None:
    (tmp_path / "flowtap").mkdir()
    (tmp_path / "flowtap/stack.toml").write_text('url = "http://127.0.0.1:1"\n')
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    results = examine(Subject(lambda: load(None, (f"state.directory={tmp_path}",), environment), now), CHECKS)
    found = {result.name: result.finding for result in results}
    assert f"{tmp_path}/flowtap/stack.toml" in found["connection"].seen
