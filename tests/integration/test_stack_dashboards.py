"""OpenSearch Dashboards in the stack: started where its image can be had, filled, or the deploy fails.

Twice: with the tests' own Dashboards in an image of the tests, and with a real one where docker/images.sh finds one.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import urllib3

from integration.containers import DOCKER, LABEL, NotAvailable, free_port, image, run
from integration.stacks import Stack, docker

HERE = Path(__file__).parent
DOCKERFILE = """
FROM {shipper}
ARG LOSES=
ENV FAKE_LOSES=$LOSES
COPY fake_dashboards.py serving.py dashboards_container.py /fake/
COPY --chmod=0755 curl /usr/local/bin/curl
LABEL {label}={pid}
ENTRYPOINT ["/opt/flowtap/bin/python", "/fake/dashboards_container.py"]
"""
# As much of it as the health check asks for.
CURL = """#!/opt/flowtap/bin/python
import sys, urllib3
urllib3.disable_warnings()
print(urllib3.PoolManager(cert_reqs="CERT_NONE", retries=False, timeout=5).request("GET", sys.argv[-1]).status, end="")
"""
LOSES = "flowtap-refused"


def built(folder: Path, name: str, loses: str = "") -> str:
    text = DOCKERFILE.format(shipper=image("shipper")["FLOWTAP_SHIPPER_IMAGE"], label=LABEL, pid=os.getpid())
    (folder / "Dockerfile").write_text(text)
    (folder / "curl").write_text(CURL)
    for file in (HERE.parent / "fake_dashboards.py", HERE.parent / "serving.py", HERE / "dashboards_container.py"):
        (folder / file.name).write_bytes(file.read_bytes())
    tag = f"flowtap/test-dashboards:{os.getpid()}-{name}"
    context = docker("context", "show").strip()
    run("docker", "buildx", "build", "--builder", context, "--load", "--quiet", "--build-arg", f"LOSES={loses}",
        "--tag", tag, folder)  # fmt: skip
    return tag


@pytest.fixture(scope="module", params=["fake", "real"])
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A secured stack with Dashboards: its own port, project and folder."""
    request.getfixturevalue("engine")
    folder = tmp_path_factory.mktemp("stack")
    try:
        opensearch = image("opensearch-2")["OPENSEARCH_2_IMAGE"]
        real = image("dashboards")["DASHBOARDS_IMAGE"] if request.param == "real" else ""
    except NotAvailable as missing:
        pytest.fail(str(missing)) if request.config.getoption("--require-services") else pytest.skip(str(missing))
    if request.param == "real" and not real:
        pytest.skip("NOT TESTED: no image of OpenSearch Dashboards is on this machine and no image registry answers")
    if real.startswith("opensearchproject/"):
        opensearch = image("opensearch")["OPENSEARCH_IMAGE"]
    picture = real or built(folder, "good")
    made = Stack(
        request.param, f"flowtap-test-{os.getpid()}-{request.param}", free_port(), folder / "stack.toml", opensearch,
        more={"DASHBOARDS_IMAGE": picture, "FLOWTAP_DASHBOARDS_PORT": str(free_port())},
    )  # fmt: skip
    try:
        told = made.run("up").stdout
        assert f"Dashboards    {address(made)}" in told
        assert "flowtap_reader" in told
        yield made
    finally:
        if made.kept.joinpath("compose.env").exists():
            made.run("destroy", "--yes")
        if not real:
            docker("image", "rm", picture)
    assert docker("volume", "ls", "--quiet", "--filter", f"name={made.project}") == ""


def address(stack: Stack) -> str:
    return f"https://127.0.0.1:{stack.more['FLOWTAP_DASHBOARDS_PORT']}"


def asked(stack: Stack, user: str, method: str, path: str, body: object = None) -> urllib3.BaseHTTPResponse:
    """By `user`, over TLS that is checked."""
    password = (stack.kept / f"{user}.password").read_text().strip()
    headers = urllib3.make_headers(basic_auth=f"{user}:{password}") | {"osd-xsrf": "test"}
    with urllib3.PoolManager(ca_certs=str(stack.kept / "ca.pem"), retries=False, timeout=60) as pool:
        return pool.request(method, address(stack) + path, json=body, headers=headers)


def test_every_dashboard_is_there_and_found_by_the_command(stack: Stack) -> None:
    planned = stack.shipper("dashboards", "plan", "--detailed-exitcode")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert "0 to write, 0 kept" in planned.stdout
    wanted = [{"type": "dashboard", "id": "flowtap-overview"}]
    found = asked(stack, "flowtap_reader", "POST", "/api/saved_objects/_bulk_get", wanted).json()["saved_objects"]
    assert [each["attributes"]["title"] for each in found] == ["Network overview"]
    settings = asked(stack, "flowtap_operator", "GET", "/api/opensearch-dashboards/settings").json()["settings"]
    assert settings["defaultRoute"]["userValue"] == "/app/dashboards#/view/flowtap-overview"


def test_it_is_confined_on_loopback_and_shows_no_secret(stack: Stack) -> None:
    parts = {each["Config"]["Labels"]["com.docker.compose.service"]: each for each in stack.containers()}
    assert {"dashboards", "dashboards-import"} < parts.keys()
    for part in ("dashboards", "dashboards-import"):
        held = parts[part]["HostConfig"]
        assert parts[part]["Config"]["User"] == "1000:1000"
        assert (held["CapDrop"], held["SecurityOpt"]) == (["ALL"], ["no-new-privileges:true"])
    bound = parts["dashboards"]["NetworkSettings"]["Ports"]["5601/tcp"]
    assert bound == [{"HostIp": "127.0.0.1", "HostPort": stack.more["FLOWTAP_DASHBOARDS_PORT"]}]
    seen = {
        "docker inspect": json.dumps(stack.containers()),
        "logs": (logs := stack.run("compose", "logs")).stdout + logs.stderr,
        "compose config": stack.run("compose", "config").stdout,
        "processes": docker("top", parts["dashboards"]["Id"]),
    }
    assert len(stack.secrets) == 6  # four users, Dashboards' own, and the key of its sessions
    assert [place for place, text in seen.items() for secret in stack.secrets if secret in text] == []


@pytest.mark.parametrize("stack", ["real"], indirect=True)
def test_a_reader_reads_and_an_operator_writes(stack: Stack) -> None:
    change = {"attributes": {"title": "flowtap test"}}
    answers = {
        user: asked(stack, user, "POST", f"/api/saved_objects/query/{user}", change).status
        for user in ("flowtap_reader", "flowtap_operator", "flowtap_writer")
    }
    assert answers == {"flowtap_reader": 403, "flowtap_operator": 200, "flowtap_writer": 403}
    assert asked(stack, "flowtap_operator", "DELETE", "/api/saved_objects/query/flowtap_operator").status == 200
    search = {"params": {"index": "flowtap-*", "body": {"size": 0}}}
    assert asked(stack, "flowtap_reader", "POST", "/internal/search/opensearch", search).status == 200


@pytest.mark.parametrize("stack", ["fake"], indirect=True)
def test_a_dashboard_that_is_not_there_afterwards_fails_the_deploy(stack: Stack, tmp_path: Path) -> None:
    losing = built(tmp_path, "losing", LOSES)
    try:
        environment = stack.environment | {"DASHBOARDS_IMAGE": losing}
        ran = subprocess.run([DOCKER / "stack.sh", "up"], env=environment, capture_output=True, text=True, check=False)
        assert ran.returncode == 4, ran.stdout + ran.stderr
        assert LOSES in ran.stderr
        assert "could not be imported" in ran.stderr
        assert stack.node().request("GET", "/_cluster/health")[0] == 200
        left_out = replace(stack, more=dict(stack.more) | {"DASHBOARDS_IMAGE": "none"})
        assert "Dashboards    left out" in left_out.run("up").stdout
        services = {each["Config"]["Labels"]["com.docker.compose.service"] for each in stack.containers()}
        assert services == {"opensearch", "schema"}
        assert set(left_out.run("compose", "config", "--services").stdout.split()) == services
        assert "dashboards_url" not in stack.file.read_text()
    finally:
        docker("image", "rm", "--force", losing)
