"""The compose stack as `docker/stack.sh up` leaves it, beside any other: project name, port and folder are its own."""

import json
import os
import shutil
import ssl
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import urllib3

from integration.containers import DOCKER, USERS, NotAvailable, OpenSearchNode, free_port, image, wait_for
from integration.mirrored_stack import PATIENCE_SECONDS as MIRROR_PATIENCE_SECONDS
from integration.mirrored_stack import MirroredStack
from integration.sensors import CAPABILITIES, PATIENCE_SECONDS
from integration.stacks import Stack, docker, web_behind_a_bridge

GIB = 1 << 30
FLOW_LOG = (
    b"version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
    b"log-status\n"
    b"2 123456789010 eni-1235b8ca123456789 192.0.2.7 198.51.100.9 20641 22 6 20 4249 1767225600 1767225660 ACCEPT OK\n"
    b"2 123456789010 eni-1235b8ca123456789 192.0.2.7 198.51.100.9 20642 23 6 20 4249 1767225600 1767225660 REJECT OK\n"
)


def stored(node: OpenSearchNode) -> int:
    node.request("POST", "/flowtap-aws.vpcflow-*/_refresh")
    status, answer = node.request("GET", "/flowtap-aws.vpcflow-*/_count")
    assert status == 200, answer
    return int(answer["count"])


@pytest.fixture(scope="module", params=["plain", "secured"])
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that is up: OpenSearch 3.x as it comes on this machine, and 2.19 stack."""
    request.getfixturevalue("engine")
    name = "opensearch" if request.param == "plain" else "opensearch-2"
    try:
        chosen = image(name)
    except NotAvailable as missing:
        pytest.fail(str(missing)) if request.config.getoption("--require-services") else pytest.skip(str(missing))
    picture = next(value for key, value in chosen.items() if key.endswith("_IMAGE"))
    folder = tmp_path_factory.mktemp("stack")
    made = Stack(
        request.param, f"flowtap-test-{os.getpid()}-{request.param}", free_port(), folder / "stack.toml", picture
    )
    try:
        made.run("up")
        yield made
    finally:
        if made.kept.joinpath("compose.env").exists():
            made.run("destroy", "--yes")
    assert not made.kept.exists()
    assert not made.file.exists()
    assert docker("volume", "ls", "--quiet", "--filter", f"name={made.project}") == ""
    assert docker("ps", "--all", "--quiet", "--filter", f"name={made.project}") == ""


secured_only = pytest.mark.parametrize("stack", ["secured"], indirect=True)


def test_the_connection_file_leads_to_a_node_whose_schema_is_there(stack: Stack) -> None:
    status, templates = stack.node().request("GET", "/_index_template/flowtap-*")
    assert status == 200, templates
    assert templates["index_templates"]


def test_shipper_on_the_host_finds_the_stack_by_itself(stack: Stack) -> None:
    planned = stack.shipper("schema", "plan", "--detailed-exitcode")
    assert planned.returncode == 0, planned.stdout + planned.stderr


def test_shipper_in_a_container_loads_standard_input_once(stack: Stack) -> None:
    command = ("compose", "run", "--rm", "-T", "shipper", "backfill", "flowlogs", "-")
    before = stored(stack.node())
    stack.run(*command, stdin=FLOW_LOG)
    stack.run(*command, stdin=FLOW_LOG)
    assert stored(stack.node()) == before + 2


@pytest.mark.parametrize("named", [False, True])
def test_shipper_in_a_container_reads_the_current_folder_or_the_one_named(
    stack: Stack, tmp_path: Path, named: bool
) -> None:
    folder = tmp_path / "logs"
    folder.mkdir(mode=0o755)
    (folder / "some.log").write_bytes(FLOW_LOG.replace(b"192.0.2.7", b"192.0.2.%d" % (20 + named)))
    for path in (tmp_path, folder):
        path.chmod(0o755)
    before = stored(stack.node())
    there = replace(stack, data=str(folder)) if named else stack
    command = ("compose", "run", "--rm", "-T", "shipper", "backfill", "flowlogs", "/data")
    there.run(*command, cwd=tmp_path if named else folder)
    assert stored(stack.node()) == before + 2


def test_a_folder_that_is_not_the_stacks_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/precious").touch()
    for name, said in (("mine.toml", "not this stack's"), ("mine", "ends in .toml")):
        environment = {**os.environ, "SHIPPER_STACK_FILE": str(tmp_path / name), "COMPOSE_PROJECT_NAME": "flowtapmine"}  # noqa: TID251
        ran = subprocess.run([DOCKER / "stack.sh", "up"], env=environment, capture_output=True, text=True, check=False)
        assert ran.returncode == 3
        assert said in ran.stderr
    assert (tmp_path / "mine/precious").exists()


def test_only_its_owner_reads_what_is_kept(stack: Stack) -> None:
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [stack.file, *stack.kept.iterdir()]}
    assert set(modes.values()) == {0o600}, modes
    assert stat.S_IMODE(stack.kept.stat().st_mode) == 0o700


def test_ports_are_open_on_loopback_only(stack: Stack) -> None:
    bound = [
        binding
        for container in stack.containers()
        for bindings in container["NetworkSettings"]["Ports"].values()
        for binding in bindings or ()
    ]
    assert bound == [{"HostIp": "127.0.0.1", "HostPort": str(stack.port)}]


def test_containers_are_confined_and_fit_into_4_gib(stack: Stack) -> None:
    containers = stack.containers()
    assert len(containers) == 2
    for container in containers:
        host = container["HostConfig"]
        assert container["Config"]["User"] == "1000:1000"
        assert host["CapDrop"] == ["ALL"]
        assert host["SecurityOpt"] == ["no-new-privileges:true"]
        assert not host["Privileged"]
    settings = {
        **stack.environment,
        "OPENSEARCH_IMAGE": "any",
        "FLOWTAP_SHIPPER_IMAGE": "any",
        "FLOWTAP_SECURITY": "plain",
    }
    del settings["FLOWTAP_OPENSEARCH_HEAP"], settings["FLOWTAP_OPENSEARCH_MEMORY"]
    command = [
        "docker",
        "compose",
        "-f",
        str(DOCKER / "compose.yaml"),
        "--profile",
        "tools",
        "config",
        "--format",
        "json",
    ]
    as_delivered = subprocess.run(command, env=settings, capture_output=True, check=True).stdout
    limits = [int(service["mem_limit"]) for service in json.loads(as_delivered)["services"].values()]
    assert sum(limits) < 4 * GIB


@secured_only
def test_no_secret_is_seen_from_outside_and_up_keeps_them(stack: Stack) -> None:
    kept = {path.name: path.read_bytes() for path in stack.kept.iterdir()}
    running = [container["Id"] for container in stack.containers() if container["State"]["Running"]]
    seen = {
        "compose config": stack.run("compose", "--profile", "tools", "config").stdout,
        "docker inspect": json.dumps(stack.containers()),
        "processes": "".join(docker("top", name) for name in running),
        "what up says": "".join((again := stack.run("up")).stdout + again.stderr),
    }
    assert {path.name: path.read_bytes() for path in stack.kept.iterdir()} == kept
    assert len(stack.secrets) == len({*USERS, "kibanaserver"})
    assert [place for place, text in seen.items() for secret in stack.secrets if secret in text] == []


@secured_only
def test_nobody_gets_in_without_a_password_or_is_deceived(stack: Stack) -> None:
    node = stack.node()
    with urllib3.PoolManager(ca_certs=str(node.ca_file), retries=False) as pool:
        assert pool.request("GET", node.url).status == 401
        for published in ("admin:admin", "kibanaserver:kibanaserver", "logstash:logstash"):
            headers = urllib3.make_headers(basic_auth=published)
            assert pool.request("GET", node.url, headers=headers).status == 401
    with urllib3.PoolManager(retries=False) as pool, pytest.raises(urllib3.exceptions.SSLError) as refused:
        pool.request("GET", node.url)
    assert isinstance(refused.value.args[0], ssl.SSLCertVerificationError)


ACTIONS: dict[str, tuple[str, str, object]] = {
    "who": ("GET", "/", None),
    "search": ("GET", "/flowtap-*/_search", None),
    "read template": ("GET", "/_index_template/flowtap-aws.vpcflow", None),
    "read mapping": ("GET", "/flowtap-aws.vpcflow-2001.01/_mapping", None),
    "make partition": ("PUT", "/flowtap-aws.vpcflow-2001.02", None),
    "create": ("PUT", "/flowtap-aws.vpcflow-2001.01/_create/a-{user}", {"@timestamp": 1}),
    "replace": ("PUT", "/flowtap-aws.vpcflow-2001.01/_doc/a", {"@timestamp": 2}),
    "refresh": ("POST", "/flowtap-aws.vpcflow-2001.01/_refresh", None),
    "own index": ("PUT", "/{user}", None),
    "delete document": ("DELETE", "/flowtap-aws.vpcflow-2001.01/_doc/a", None),
    "delete partition": ("DELETE", "/flowtap-aws.vpcflow-2001.02", None),
    "change template": ("PUT", "/_component_template/flowtap-rights", {"template": {}}),
    "other index": ("PUT", "/somebody-elses", None),
    "read other": ("GET", "/.opendistro_security/_search", None),
    "change cluster": ("PUT", "/_cluster/settings", {"persistent": {"cluster.max_shards_per_node": 999}}),
    "make user": ("PUT", "/_plugins/_security/api/internalusers/mallory", {"password": "a long enough secret 4711"}),
}
MAY = {
    "flowtap_reader": {"who", "search", "read mapping"},
    "flowtap_writer": {"who", "read template", "read mapping", "refresh", "make partition", "create", "replace"},
    "flowtap_operator": set(ACTIONS) - {"own index", "other index", "read other", "change cluster", "make user"},
}


@secured_only
@pytest.mark.parametrize("user", MAY)
def test_a_role_allows_what_it_is_for_and_nothing_else(stack: Stack, user: str) -> None:
    operator = stack.node()
    for month in ("01", "02"):
        operator.request("DELETE", f"/flowtap-aws.vpcflow-2001.{month}")
    assert operator.request("PUT", "/flowtap-aws.vpcflow-2001.01")[0] == 200
    node = operator.as_user(user)
    answers = {name: node.request(verb, path.format(user=user), body) for name, (verb, path, body) in ACTIONS.items()}
    # A system index is searched as if it were empty rather than refused.
    searched = answers["read other"][1]
    read_other = answers["read other"][0] == 200 and searched["hits"]["total"]["value"] > 0
    allowed = {name for name, (status, _) in answers.items() if status != 403} - {"read other"}
    assert allowed == MAY[user], {name: answers[name] for name in allowed ^ MAY[user]}
    assert not read_other


@secured_only
def test_a_bulk_of_the_writer_goes_into_an_existing_partition_only(stack: Stack) -> None:
    stack.node().request("PUT", "/flowtap-aws.vpcflow-2001.03")
    writer = stack.node().as_user("flowtap_writer")
    body = b""
    for index in ("flowtap-aws.vpcflow-2001.03", "somebody-elses"):
        create = {"create": {"_index": index, "_id": str(time.time_ns())}}
        body += json.dumps(create).encode() + b'\n{"@timestamp": 1}\n'
    status, answer = writer.request("POST", "/_bulk", lines=body)
    assert status == 200, answer
    assert [item["create"]["status"] for item in answer["items"]] == [201, 403]


@pytest.mark.parametrize("command", [("up",), ("down",), ("destroy", "--yes")])
def test_the_stack_of_another_connection_file_is_left_alone(stack: Stack, tmp_path: Path, command: tuple[str]) -> None:
    shutil.copytree(stack.kept, tmp_path / "stack")
    before = [container["Id"] for container in stack.containers()]
    environment = stack.environment | {"SHIPPER_STACK_FILE": str(tmp_path / "stack.toml")}
    ran = subprocess.run([DOCKER / "stack.sh", *command], env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 3
    assert str(stack.file) in ran.stderr
    assert [container["Id"] for container in stack.containers()] == before


def test_documents_outlive_down_and_lost_passwords(stack: Stack) -> None:
    before, lost = stored(stack.node()), stack.secrets
    assert before > 0
    stack.run("down")
    assert stack.containers() == []
    shutil.rmtree(stack.kept)
    stack.run("up")
    assert stored(stack.node()) == before
    assert len(stack.secrets) == len(lost)
    assert not set(stack.secrets) & set(lost)


ASK = """
import sys, urllib.request as u
for path in sys.argv[2:]:
    u.urlopen(u.Request(f"http://{sys.argv[1]}:8000/?{path}", headers={"user-agent": "flowtap-test"})).read()
"""
TEST_RULE = "9000001"


@pytest.fixture
def bridge(engine: None) -> Iterator[tuple[str, str, str]]:
    del engine
    with web_behind_a_bridge() as found:
        if not Path("/sys/class/net", found[0]).exists():
            pytest.skip("NOT TESTED: the engine's interfaces are not those of this machine")
        yield found


@pytest.mark.parametrize("stack", ["plain"], indirect=True)
def test_suricata_captures_when_told_confined_and_its_alerts_are_followed_through_rotations(
    stack: Stack, bridge: tuple[str, str, str]
) -> None:
    interface, network, address = bridge
    capturing = replace(
        stack,
        more={
            "FLOWTAP_CAPTURE_INTERFACE": interface,
            "FLOWTAP_EVE_BYTES": "20000",
            "SHIPPER_SURICATA__STATS_SECONDS": "30",
        },
    )
    assert f"captures {interface}" in capturing.run("up").stdout
    (sensor,) = [found for found in stack.containers() if found["Config"]["Labels"].get("flowtap.part") == "suricata"]
    held = sensor["HostConfig"]
    assert sensor["Config"]["User"] == "1000:1000"
    assert {name.removeprefix("CAP_") for name in held["CapAdd"]} == set(CAPABILITIES)
    assert (held["CapDrop"], held["ReadonlyRootfs"], held["Privileged"]) == (["ALL"], True, False)

    stack.run("compose", "--profile", "live", "up", "--detach", "run")
    node = stack.node()

    def followed(kind: str) -> list[str]:
        """Addresses of http events, and of the alerts of the test rule."""
        node.request("POST", f"/flowtap-suricata.{kind}-*/_refresh")
        query = {"term": {"rule.id": TEST_RULE}} if kind == "alert" else {"match_all": {}}
        _, answer = node.request("POST", f"/flowtap-suricata.{kind}-*/_search", {"size": 1000, "query": query})
        hits = answer["hits"]["hits"] if "hits" in answer else []  # a partition just made has no shard for a moment
        return sorted(hit["_source"].get("url", {}).get("original", "") for hit in hits)

    def told_by_run() -> str:
        told = stack.run("compose", "logs", "run").stdout
        return f"{len(followed('http'))} events, {len(followed('alert'))} alerts\n{told}"

    # What is rotated before a file is followed is not asked for: traffic begins when the first statistics are stored.
    wait_for(lambda: bool(followed("stats")), 4 * PATIENCE_SECONDS, told_by_run)

    paths = [f"request-{number}" for number in range(40)]
    picture = sensor["Config"]["Image"]
    docker("run", "--rm", "--network", network, picture, "python3", "-c", ASK, address, *paths)

    def seen() -> list[str]:
        text = stack.run("compose", "exec", "-T", "suricata", "sh", "-c", "cat eve.json*; true").stdout
        events = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
        return sorted(event["http"]["url"] for event in events if event["event_type"] == "http")

    def rotated() -> bool:
        return "eve.json.1" in stack.run("compose", "exec", "-T", "suricata", "ls").stdout

    wait_for(rotated, PATIENCE_SECONDS, lambda: stack.run("compose", "logs", "suricata-rotate").stdout)
    # (A file that is renamed while all are read can be missed, or read twice, that once.)
    wanted = sorted(f"/?{path}" for path in paths)
    wait_for(lambda: seen() == wanted, PATIENCE_SECONDS, lambda: f"{seen()}")
    wait_for(lambda: followed("http") == followed("alert") == wanted, 4 * PATIENCE_SECONDS, told_by_run)
    stack.run("compose", "--profile", "live", "rm", "--stop", "--force", "run")
    told = stack.run("compose", "run", "--rm", "-T", "shipper", "suricata", "stats", "--json")
    assert json.loads(told.stdout)["interfaces"][0]["name"] == interface
    off = replace(stack, more={"FLOWTAP_CAPTURE_INTERFACE": ""})
    assert "captures" not in off.run("up").stdout
    assert [found for found in stack.containers() if "suricata" in found["Config"]["Image"]] == []


@pytest.mark.parametrize("stack", ["plain"], indirect=True)
def test_mirrored_packets_are_told_with_their_instance_whatever_is_killed(stack: Stack) -> None:
    if os.geteuid():
        pytest.skip("NOT TESTED: processes of other users are killed, which takes root")
    mirrored = MirroredStack.over(stack)
    assert "mirrored      to 127.0.0.1" in mirrored.stack.run("up").stdout
    mirrored.write_inventory(range(0x123FF0, 0x125000))
    held = {each["Config"]["Labels"]["com.docker.compose.service"]: each["HostConfig"] for each in stack.containers()}
    assert {name for name, each in held.items() if "NET_ADMIN" in str(each["CapAdd"])} == {"mirror-veth", "suricata"}
    listener = held["mirror"]
    assert ([each.removeprefix("CAP_") for each in listener["CapAdd"]], listener["CapDrop"]) == (["NET_RAW"], ["ALL"])
    spoke = {}
    for killed in ("", "mirror", "suricata", "run", "mirror-veth"):
        if killed:
            mirrored.kill(killed)
        alert = mirrored.wait_for_alerts()
        spoke[killed] = vni = alert["flowtap"]["mirror"]["vni"]
        wanted = {"vni": vni, "session_id": f"tms-{vni}", "eni": f"eni-{vni}", "instance_id": f"i-{vni}"}
        assert alert["flowtap"]["mirror"] == wanted, killed
        assert (alert["rule"]["id"], alert["cloud"]["instance"]["id"]) == (TEST_RULE, f"i-{vni}")

    def told() -> set[str]:
        stats = mirrored.found("mirror.stats", flowtap__mirror__vni=spoke["mirror"])
        return {each["flowtap"]["mirror"]["instance_id"] for each in stats}

    wait_for(lambda: told() == {f"i-{spoke['mirror']}"}, MIRROR_PATIENCE_SECONDS, mirrored.last_words)
    off = replace(stack, more={"FLOWTAP_MIRROR_ADDRESS": ""})
    assert "mirrored" not in off.run("up").stdout
    assert not list(Path("/sys/class/net").glob(f"ft{os.getpid()}-*"))


@pytest.mark.usefixtures("engine")
def test_an_official_image_serves_as_well(tmp_path: Path) -> None:
    """The one that is asked for by name: secured, as it comes."""
    official = "opensearchproject/opensearch:3.4.0"
    asked = {"OPENSEARCH_IMAGE": official}
    inherited = dict(os.environ)  # noqa: TID251  for the script under test
    ran = subprocess.run([DOCKER / "images.sh", "opensearch"], env=inherited | asked, capture_output=True, check=False)
    if ran.returncode == 3:
        pytest.skip(f"NOT TESTED: {official} is not on this machine and no image registry answers")
    made = Stack("official", f"flowtap-test-{os.getpid()}-official", free_port(), tmp_path / "stack.toml", official)
    try:
        made.run("up")
        assert made.node().ca_file is not None
        assert made.node().request("GET", "/_index_template/flowtap-*")[0] == 200
    finally:
        made.run("destroy", "--yes")


@pytest.mark.usefixtures("engine")
def test_an_engine_that_answers_is_left_alone() -> None:
    ran = subprocess.run([DOCKER / "engine.sh"], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
