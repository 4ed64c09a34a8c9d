"""A store that is really in trouble: each state is brought about on a node of this module's own, and mended.

Shard limit, closed partition, blocks, flood stage, full write queue, indexing pressure, a node that is killed, a
partition deleted and a template removed mid-run, a user removed mid-run; and `doctor`, which names the same causes.
Long because every state is a test of its own, and all share one node.
"""

import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from integration import containers
from integration.command import Shipper
from integration.containers import DOCKER, PATIENCE_SECONDS, NotAvailable, OpenSearchNode, wait_for
from integration.fault_proxy import UNAUTHORIZED, Fault, FaultProxy, Request, documents
from integration.flow_log_files import BEGIN, HEADER, nonce, record, write_files
from integration.promise import NONCE, SMALL_BODIES, assert_kept, backfill, dead_letters, running, through, wait_told

MONTH = 31 * 86400
# Small enough that a few requests fill them; all other tests here must do with them too.
TIGHT = {"thread_pool.write.queue_size": "1", "indexing_pressure.memory.limit": "1mb"}
MARKS = "cluster.routing.allocation.disk.watermark"


@pytest.fixture(scope="module")
def node(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSearchNode]:
    request.getfixturevalue("engine")
    settings = tmp_path_factory.mktemp("node") / "tight.env"
    lines = [f"{name}={value}" for name, value in TIGHT.items()]
    settings.write_text("\n".join([(DOCKER / "opensearch/plain.env").read_text(), *lines, ""]))
    try:
        name = containers.image("opensearch")["OPENSEARCH_IMAGE"]
    except NotAvailable as missing:
        if request.config.getoption("--require-services"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    with containers._container(name, str(settings)) as (container, port):
        node = OpenSearchNode(f"http://127.0.0.1:{port}", container=container)
        node.wait_until_ready()
        yield node


@pytest.fixture(scope="module")
def schema(node: OpenSearchNode, tmp_path_factory: pytest.TempPathFactory) -> Shipper:
    shipper = Shipper(node, f"flowtapn{os.getpid()}", tmp_path_factory.mktemp("schema"))
    shipper("schema", "apply", "--yes")
    return shipper


@pytest.fixture
def shipper(schema: Shipper, tmp_path: Path) -> Iterator[Shipper]:
    yield replace(schema, state=tmp_path / "state")
    remove_partitions(schema)


def remove_partitions(shipper: Shipper) -> None:
    ask(shipper, "DELETE", f"/{shipper.prefix}-*?expand_wildcards=all")


def ask(shipper: Shipper, method: str, path: str, body: object = None) -> Any:
    status, answer = shipper.node.request(method, path, body)
    assert status == 200, answer
    return answer


def partition(shipper: Shipper, month: str) -> str:
    return f"{shipper.prefix}-aws.vpcflow-{month}"


def set_cluster(shipper: Shipper, **settings: object) -> None:
    named = {name.replace("__", "."): value for name, value in settings.items()}
    ask(shipper, "PUT", "/_cluster/settings", {"persistent": named})


@dataclass(frozen=True, slots=True)
class State:
    """A trouble of the partition 2026.03, while 2026.01 and 2026.02 are well; `told` and `remedy` are its words."""

    name: str
    enter: Callable[[Shipper], None]
    mend: Callable[[Shipper], None]
    told: str
    remedy: str
    check: str

    @contextmanager
    def entered(self, shipper: Shipper) -> Iterator[None]:
        for month in ("2026.01", "2026.02"):
            ask(shipper, "PUT", f"/{partition(shipper, month)}")
        try:
            self.enter(shipper)
            yield
        finally:
            self.mend(shipper)


def _no_shard_more(shipper: Shipper) -> None:
    health = ask(shipper, "GET", "/_cluster/health")
    shards = health["active_shards"] + health["unassigned_shards"] + health["initializing_shards"]
    set_cluster(shipper, cluster__max_shards_per_node=shards)


def _closed(shipper: Shipper) -> None:
    ask(shipper, "PUT", f"/{partition(shipper, '2026.03')}")
    ask(shipper, "POST", f"/{partition(shipper, '2026.03')}/_close")


def _blocked(name: str) -> Callable[[Shipper], None]:
    def enter(shipper: Shipper) -> None:
        ask(shipper, "PUT", f"/{partition(shipper, '2026.03')}")
        ask(shipper, "PUT", f"/{partition(shipper, '2026.03')}/_settings", {f"index.blocks.{name}": True})

    return enter


def _unblocked(name: str) -> Callable[[Shipper], None]:
    path = "_settings"
    return lambda shipper: ask(
        shipper, "PUT", f"/{partition(shipper, '2026.03')}/{path}", {f"index.blocks.{name}": None}
    )


STATES = (
    State(
        "shard limit", _no_shard_more, lambda shipper: set_cluster(shipper, cluster__max_shards_per_node=None),
        "validation_exception", "cluster.max_shards_per_node", "shards",
    ),
    State(
        "closed partition", _closed, lambda shipper: ask(shipper, "POST", f"/{partition(shipper, '2026.03')}/_open"),
        "index_closed_exception", "_open", "closed",
    ),
    State("write block", _blocked("write"), _unblocked("write"), "cluster_block_exception", "read-only", "blocks"),
    # Not read_only_allow_delete, which OpenSearch lifts by itself at any moment; the flood stage test really brings it.
    State("read only", _blocked("read_only"), _unblocked("read_only"), "cluster_block_exception", "disk", "blocks"),
)  # fmt: skip
STATE_NAMES = [state.name for state in STATES]


@pytest.mark.parametrize("state", STATES, ids=STATE_NAMES)
def test_its_documents_wait_others_go_on_and_mending_it_is_enough(
    shipper: Shipper, tmp_path: Path, state: State
) -> None:
    nonces = write_files(tmp_path / "logs", 900, 3)
    told = tmp_path / "told"
    with state.entered(shipper), running(shipper, told, *backfill(tmp_path / "logs")) as run:
        line = wait_told(run, told, "waiting since", state.told)
        what, _, mends = line.partition("| to mend it: ")
        assert state.remedy in mends, line
        wait_for(
            lambda: len(shipper.copies(NONCE)) == 600,
            PATIENCE_SECONDS,
            lambda: f"{shipper.count()} are there: {told.read_text()}",
        )
        assert run.poll() is None
        assert dead_letters(shipper) == set()
        state.mend(shipper)
        out, _ = run.communicate(timeout=PATIENCE_SECONDS)
        assert run.returncode == 0, told.read_text()
        assert what
    sums = assert_kept(shipper, nonces, json.loads(out))
    assert (sums["delivered"], sums["duplicate"]) == (900, 0)


def test_documents_that_wait_use_up_the_memory_budget_and_then_reading_pauses(shipper: Shipper, tmp_path: Path) -> None:
    for name, month in (("a", 2), ("b", 0)):
        lines = [record(month * 10_000 + number, BEGIN + month * MONTH) for number in range(4000)]
        (tmp_path / f"{name}.log").write_text("\n".join([HEADER, *lines, ""]))
    state, told = STATES[1], tmp_path / "told"
    settings = ["opensearch.memory_bytes=1048576", "sources.parallel=1"]  # a.log first
    load = backfill(tmp_path / "a.log", tmp_path / "b.log", settings=settings)
    with state.entered(shipper), running(shipper, told, *load) as run:
        wait_told(run, told, "waiting since", state.told)
        Event().wait(2)
        assert shipper.count() == 0, "it read on beyond its budget"
        state.mend(shipper)
        out, _ = run.communicate(timeout=PATIENCE_SECONDS)
        assert run.returncode == 0, told.read_text()
    assert_kept(shipper, [nonce(number) for number in (*range(20_000, 24_000), *range(4000))], json.loads(out))


@pytest.mark.parametrize("state", STATES, ids=STATE_NAMES)
def test_doctor_names_it_before_a_run(shipper: Shipper, state: State) -> None:
    with state.entered(shipper):
        checks = {check["name"]: check for check in shipper("doctor", "--json", code=None).json["checks"]}
    found = checks[state.check]
    assert found["outcome"] in {"warn", "fail"}, found
    text = f"{found['seen']} {found['remedy']}"
    assert "2026.03" in text or state.remedy in text, found
    after = {check["name"]: check for check in shipper("doctor", "--json", code=None).json["checks"]}
    assert after[state.check]["outcome"] == "ok", after[state.check]


def test_doctor_names_a_missing_template_and_a_closed_door(shipper: Shipper) -> None:
    strange = replace(shipper, prefix=f"{shipper.prefix}x")
    checks = {check["name"]: check for check in strange("doctor", "--json", code=4).json["checks"]}
    assert checks["templates"]["outcome"] == "fail"
    assert "shipper schema apply" in checks["templates"]["remedy"]
    with FaultProxy(shipper.node.url, others=lambda *_: UNAUTHORIZED) as proxy:
        checks = {check["name"]: check for check in through(shipper, proxy)("doctor", "--json", code=4).json["checks"]}
    assert checks["opensearch"]["outcome"] == "fail"
    assert "401" in checks["opensearch"]["seen"]
    assert "opensearch.username" in checks["opensearch"]["seen"] + checks["opensearch"]["remedy"]


def watermarks(shipper: Shipper, **marks: str) -> None:
    """Of free space. OpenSearch looks every ten seconds, its least."""
    named = {f"{MARKS}.{name}": value for name, value in marks.items()}
    set_cluster(shipper, cluster__info__update__interval="10s", **named)


def flooded(shipper: Shipper) -> bool:
    return any(name.startswith(shipper.prefix) for name in blocks(shipper).get("indices", {}))


def blocks(shipper: Shipper) -> dict[str, Any]:
    """Of the cluster and of indices; empty where there is none."""
    return dict(ask(shipper, "GET", "/_cluster/state/blocks")["blocks"])


def statistics(shipper: Shipper, path: str) -> Any:
    answer = ask(shipper, "GET", f"/_nodes/stats/{path}")
    return next(iter(answer["nodes"].values()))[path]


def test_b1_a_write_queue_that_is_really_full_costs_resends_of_those_items_only(
    shipper: Shipper, tmp_path: Path
) -> None:
    lines = [record(number, BEGIN + number % 6 * MONTH) for number in range(600)]
    (tmp_path / "a.log").write_text("\n".join([HEADER, *lines, ""]))
    before = statistics(shipper, "thread_pool")["write"]["rejected"]
    with FaultProxy(shipper.node.url) as proxy:
        told = through(shipper, proxy)(*backfill(tmp_path / "a.log")).json
    assert statistics(shipper, "thread_pool")["write"]["rejected"] > before, "the queue was never full"
    sums = assert_kept(shipper, [nonce(number) for number in range(600)], told)
    assert (sums["delivered"], sums["duplicate"]) == (600, 0), "what was stored was sent again"
    assert 0 < proxy.resends == told["resent_documents"]
    assert proxy.resends < 0.6 * 600, "requests go on touching more partitions than the queue takes"


def test_b2_indexing_pressure_that_is_really_too_high_makes_requests_smaller(shipper: Shipper, tmp_path: Path) -> None:
    nonces = write_files(tmp_path / "logs", 8000, 1)  # one chunk
    before = rejections(shipper)
    with FaultProxy(shipper.node.url) as proxy:
        told = through(shipper, proxy)(*backfill(tmp_path / "logs", settings=["opensearch.body_bytes=2000000"])).json
    assert rejections(shipper) > before, "it was never too much"
    assert proxy.sizes[0] > 1_500_000 > 2 * min(proxy.sizes)
    assert_kept(shipper, nonces, told)


def rejections(shipper: Shipper) -> int:
    total = statistics(shipper, "indexing_pressure")["memory"]["total"]
    return sum(count for name, count in total.items() if name.endswith("_rejections"))


def test_a_node_that_is_killed_mid_run_loses_and_doubles_nothing(shipper: Shipper, tmp_path: Path) -> None:
    nonces = write_files(tmp_path / "logs", 6000, 3)
    told = tmp_path / "told"
    with FaultProxy(shipper.node.url) as proxy:
        proxy.hold(after=13)
        with running(through(shipper, proxy), told, *backfill(tmp_path / "logs")) as run:
            wait_for(lambda: proxy.requests > 13, PATIENCE_SECONDS, told.read_text)
            shipper.node.kill()
            proxy.release()
            wait_told(run, told, "waiting since")
            assert run.poll() is None
            shipper.node.start()
            out, _ = run.communicate(timeout=PATIENCE_SECONDS)
            assert run.returncode == 0, told.read_text()
    assert proxy.done["node gone"] > 0
    assert_kept(shipper, nonces, json.loads(out))


@contextmanager
def auto_creation(shipper: Shipper, allowed: bool) -> Iterator[None]:
    """As somebody may have set it; then as `schema apply` did."""
    before = ask(shipper, "GET", "/_cluster/settings?flat_settings=true")["persistent"]["action.auto_create_index"]
    set_cluster(shipper, action__auto_create_index=allowed)
    try:
        yield
    finally:
        set_cluster(shipper, action__auto_create_index=before)


@pytest.mark.parametrize("auto_create", [True, False], ids=["auto-create on", "auto-create off"])
def test_a_partition_deleted_mid_run_is_made_again_from_our_template(
    shipper: Shipper, tmp_path: Path, auto_create: bool
) -> None:
    index = partition(shipper, "2026.01")
    write_files(tmp_path / "logs", 1500, 1)
    kept: list[str] = []

    def delete(request: Request) -> Fault | None:
        if request.number == 3:
            ask(shipper, "DELETE", f"/{index}")
        if request.number >= 3:
            kept.extend(sent.id for sent, _, _ in documents(request.body))
        return None

    with auto_creation(shipper, auto_create), FaultProxy(shipper.node.url, delete) as proxy:
        told = through(shipper, proxy)(*backfill(tmp_path / "logs")).json
    assert told["sums"]["delivered"] == 1500
    assert shipper.count() == len(set(kept)) > 500
    mapping = ask(shipper, "GET", f"/{index}/_mapping")[index]["mappings"]
    assert mapping["dynamic"] == "false"


def test_templates_removed_mid_run_stop_it_before_a_partition_without_them(shipper: Shipper, tmp_path: Path) -> None:
    for name, month in (("a", 0), ("b", 1)):
        lines = [record(month * 3000 + number, BEGIN + month * MONTH) for number in range(3000)]
        (tmp_path / f"{name}.log").write_text("\n".join([HEADER, *lines, ""]))
    nonces = [nonce(number) for number in range(6000)]
    one_at_a_time = [SMALL_BODIES, "opensearch.memory_bytes=1048576", "sources.parallel=1"]

    def remove(request: Request) -> Fault | None:
        if request.number == 1:
            ask(shipper, "DELETE", f"/_index_template/{shipper.prefix}-*")
        return None

    load = backfill(tmp_path / "a.log", tmp_path / "b.log", settings=one_at_a_time)
    try:
        with FaultProxy(shipper.node.url, remove) as proxy:
            told = json.loads(through(shipper, proxy)(*load, code=4).out)
    finally:
        shipper("schema", "apply", "--yes")
    assert "shipper schema apply" in told["failure"]
    assert told["sums"]["delivered"] == 3000
    there = ask(shipper, "GET", f"/_cat/indices/{shipper.prefix}-aws.vpcflow-*?format=json")
    assert [each["index"] for each in there] == [partition(shipper, "2026.01")]
    assert_kept(shipper, nonces, told, shipper(*load).json)


def test_a_partition_deleted_together_with_its_template_is_not_made_by_opensearch(
    shipper: Shipper, tmp_path: Path
) -> None:
    nonces = write_files(tmp_path / "logs", 1500, 1)

    def remove(request: Request) -> Fault | None:
        if request.number == 3:
            ask(shipper, "DELETE", f"/_index_template/{shipper.prefix}-*")
            ask(shipper, "DELETE", f"/{partition(shipper, '2026.01')}")
        return None

    try:
        with FaultProxy(shipper.node.url, remove) as proxy:
            told = json.loads(through(shipper, proxy)(*backfill(tmp_path / "logs"), code=4).out)
        there = ask(shipper, "GET", f"/_cat/indices/{shipper.prefix}-aws.vpcflow-*?format=json")
    finally:
        shipper("schema", "apply", "--yes")
    assert "shipper schema apply" in told["failure"]
    assert there == []
    assert told["sums"]["delivered"] == 0, "a chunk without all its documents was committed"
    assert_kept(shipper, nonces, told, shipper(*backfill(tmp_path / "logs")).json)


def test_doctor_names_auto_creation_and_schema_apply_forbids_it_for_our_prefix_alone(shipper: Shipper) -> None:
    name, ours = "action.auto_create_index", f"-{shipper.prefix}-*"

    def seen() -> dict[str, str]:
        checks = shipper("doctor", "--json", code=None).json["checks"]
        return next(check for check in checks if check["name"] == "auto-create")

    with auto_creation(shipper, True):
        set_cluster(shipper, action__auto_create_index="-others-*,+*")
        assert seen()["outcome"] == "warn"
        assert name in seen()["seen"]
        assert shipper("schema", "apply", "--yes", "--json").json["applied"] == [f"cluster setting {name}"]
        assert seen()["outcome"] == "ok"
        assert (
            ask(shipper, "GET", "/_cluster/settings?flat_settings=true")["persistent"][name] == f"{ours},-others-*,+*"
        )
        assert shipper("schema", "plan", "--detailed-exitcode", "--json").json["changes"] == []


def test_b8_a_flood_stage_that_really_comes_is_waited_out_and_told(shipper: Shipper, tmp_path: Path) -> None:
    """The last one on this node: OpenSearch forbids new indices too, and is slow to allow them again."""
    nonces = write_files(tmp_path / "logs", 900, 3)
    told = tmp_path / "told"
    for month in ("2026.01", "2026.02", "2026.03"):
        ask(shipper, "PUT", f"/{partition(shipper, month)}")
    try:
        watermarks(shipper, low="900tb", high="800tb", flood_stage="700tb")
        wait_for(lambda: flooded(shipper), PATIENCE_SECONDS, lambda: "the block did not come")
        checks = {check["name"]: check for check in shipper("doctor", "--json", code=4).json["checks"]}
        assert (checks["blocks"]["outcome"], checks["disks"]["outcome"]) == ("fail", "fail")
        with running(shipper, told, *backfill(tmp_path / "logs")) as run:
            line = wait_told(run, told, "waiting since", "cluster_block_exception")
            assert "free disk space" in line.partition("| to mend it: ")[2]
            assert shipper.count() == 0
            watermarks(shipper, low="3mb", high="2mb", flood_stage="1mb")
            out, _ = run.communicate(timeout=PATIENCE_SECONDS)
            assert run.returncode == 0, told.read_text()
    finally:
        watermarks(shipper, low="3mb", high="2mb", flood_stage="1mb")
    assert_kept(shipper, nonces, json.loads(out))


def test_an_operator_without_the_right_to_it_is_told_who_can_forbid_auto_creation(
    opensearch2: OpenSearchNode, tmp_path: Path
) -> None:
    operator = Shipper(opensearch2.as_user("flowtap_operator"), "flowtap", tmp_path / "state")
    administrator = replace(operator, node=opensearch2)
    try:
        assert operator("schema", "apply", "--yes", "--json").json["left"] == [], "the stack's nodes come with it"
        set_cluster(administrator, action__auto_create_index="true")
        (left,) = operator("schema", "apply", "--yes", "--json").json["left"]
        assert left["name"] == "action.auto_create_index"
        assert "security_exception" in left["what"]
        assert '{"persistent":{"action.auto_create_index":"-flowtap-*,+*"}}' in left["remedy"]
        checks = {check["name"]: check for check in operator("doctor", "--json", code=None).json["checks"]}
        assert checks["auto-create"]["outcome"] == "warn"
        administrator("schema", "apply", "--yes")
        assert operator("schema", "plan", "--detailed-exitcode").code == 0
    finally:
        set_cluster(administrator, action__auto_create_index=None)
        administrator.remove()


def test_b10_a_user_removed_mid_run_stops_it_and_a_new_password_lets_it_go_on(
    opensearch2: OpenSearchNode, tmp_path: Path
) -> None:
    user, path = "flowtap_brief", "/_plugins/_security/api/internalusers/flowtap_brief"
    password = secrets.token_urlsafe(24)
    allowed = {"password": password, "opendistro_security_roles": ["flowtap_writer"]}
    operator = Shipper(opensearch2.as_user("flowtap_operator"), "flowtap", tmp_path / "state")
    operator("schema", "apply", "--yes")
    nonces = write_files(tmp_path / "logs", 1500, 3)
    status, answer = opensearch2.request("PUT", path, allowed)
    assert status == 201, answer

    def remove(request: Request) -> Fault | None:
        if request.number == 4:
            assert opensearch2.request("DELETE", path)[0] == 200
        return None

    writer = Shipper(replace(opensearch2, username=user, password=password), "flowtap", tmp_path / "state")
    try:
        with FaultProxy(opensearch2.url, remove, ca_file=opensearch2.ca_file) as proxy:
            run = through(writer, proxy)(*backfill(tmp_path / "logs"), code=4)
        told = json.loads(run.out)
        assert "401" in told["failure"]
        assert "opensearch.username" in told["failure"]
        assert password not in run.out + run.err
        assert dead_letters(writer) == set()
        assert opensearch2.request("PUT", path, allowed)[0] == 201
        assert_kept(operator, nonces, told, writer(*backfill(tmp_path / "logs")).json)
    finally:
        opensearch2.request("DELETE", path)
        Shipper(opensearch2, "flowtap", tmp_path).remove()
