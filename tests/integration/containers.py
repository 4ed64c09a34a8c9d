"""OpenSearch nodes for tests: started in containers from the images that the stack uses, or one that runs already.

In: `OPENSEARCH_URL` (with OPENSEARCH_USERNAME, OPENSEARCH_PASSWORD, OPENSEARCH_CA_FILE), or a container engine.
Out: nodes with an address, credentials, and for the failure tests a way to stop, kill and start them.
Never touches a node's documents.
"""

import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import docker.errors
import pytest
import urllib3
from dotenv import dotenv_values
from testcontainers.core.config import ConnectionMode, testcontainers_config
from testcontainers.core.container import DockerContainer

import docker

DOCKER = Path(__file__).parents[2] / "docker"
CONFIG = "/usr/share/opensearch/config/opensearch-security"
LABEL = "flowtap.tests.pid"
START_SECONDS = 240
PATIENCE_SECONDS = 180.0
"""How long anything else may take that ends by itself: a busy machine with few cores is no fault."""

USERS = ("admin", "flowtap_operator", "flowtap_writer", "flowtap_reader")


class NotAvailable(Exception):
    """The service cannot be had on this machine; the message says why."""


@dataclass(frozen=True, slots=True)
class OpenSearchNode:
    """One node. The fields are those of a connection; `container` is None where the node is not ours."""

    url: str
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    container: Any = field(default=None, repr=False)

    def as_user(self, username: str) -> "OpenSearchNode":
        """The same node for another user (USERS); a node without security stays as it is."""
        return replace(self, username=username, password=self.passwords[username]) if self.passwords else self

    def request(self, method: str, path: str, body: object = None, *, lines: bytes | None = None) -> tuple[int, Any]:
        """Status and JSON (or text) of one request; raises urllib3's HTTPError where none comes. `lines`: a bulk."""
        headers = {"content-type": "application/json" if lines is None else "application/x-ndjson"}
        if self.username:
            headers |= urllib3.make_headers(basic_auth=f"{self.username}:{self.password}")
        sent = lines if lines is not None else None if body is None else json.dumps(body).encode()
        trusted = str(self.ca_file) if self.ca_file else None
        with urllib3.PoolManager(ca_certs=trusted, retries=False, timeout=60) as pool:
            answer = pool.request(method, self.url + path, body=sent, headers=headers)
        try:
            return answer.status, json.loads(answer.data)
        except ValueError:
            return answer.status, answer.data.decode(errors="replace")

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Returns when the node serves this user; a container that ended says its last words."""
        wait_for(self._ready, seconds, self._last_words)

    def stop(self) -> None:
        """As on SIGTERM: the node flushes and leaves. `start` brings it back on the same port with the same data."""
        self._own().stop(timeout=30)

    def kill(self) -> None:
        """As on a power cut (SIGKILL)."""
        self._own().kill()

    def start(self, seconds: float = START_SECONDS) -> None:
        """After `stop` or `kill`; returns when it serves again."""
        self._own().start()
        self.wait_until_ready(seconds)

    def pause(self) -> None:
        """Connections stay open and nothing answers, until `unpause`."""
        self._own().pause()

    def unpause(self) -> None:
        self._own().unpause()

    def _own(self) -> Any:
        if self.container is None:
            pytest.skip("needs a node that may be stopped: unset OPENSEARCH_URL")
        return self.container

    def _ready(self) -> bool:
        try:
            status, _ = self.request("GET", "/_cluster/health?wait_for_status=yellow&timeout=5s")
        except urllib3.exceptions.HTTPError:
            if self.container is not None:
                self.container.reload()
                assert self.container.status != "exited", self._last_words()
            return False
        return status == 200

    def _last_words(self) -> str:
        if self.container is None:
            return f"{self.url} does not answer"
        return str(self.container.logs(tail=15).decode(errors="replace"))


def wait_for(condition: Callable[[], bool], seconds: float, otherwise: Callable[[], str]) -> None:
    """Asks every quarter of a second; fails with `otherwise` when the time is over."""
    end = time.monotonic() + seconds
    tick = threading.Event()
    while not condition():
        assert time.monotonic() < end, otherwise()
        tick.wait(0.25)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def image(name: str) -> dict[str, str]:
    """What docker/images.sh chose for `name`, as its KEY=VALUE pairs; pulls or builds it where it is missing."""
    ran = subprocess.run([DOCKER / "images.sh", name], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise NotAvailable(ran.stderr.strip()[-2000:])
    return dict(line.split("=", 1) for line in ran.stdout.splitlines())


def engine() -> Any:
    """The Docker SDK's client."""
    try:
        client = docker.from_env()
        client.ping()
    except docker.errors.DockerException as error:
        raise NotAvailable(f"no container engine answers ({error}); start one: docker/engine.sh") from error
    return client


@contextmanager
def running_node() -> Iterator[OpenSearchNode]:
    """The node of OPENSEARCH_URL."""
    environment = os.environ  # noqa: TID251  the address of a service for tests is no setting of the product
    ca_file = environment.get("OPENSEARCH_CA_FILE")
    node = OpenSearchNode(
        environment["OPENSEARCH_URL"].rstrip("/"),
        environment.get("OPENSEARCH_USERNAME", ""),
        environment.get("OPENSEARCH_PASSWORD", ""),
        Path(ca_file) if ca_file else None,
    )
    node.wait_until_ready(60)
    status, indices = node.request("GET", "/_cat/indices/flowtap-*?format=json")
    if status == 200 and indices and environment.get("OPENSEARCH_WIPE") != "yes":
        # The same variable tells `shipper` where somebody's records are.
        pytest.exit("OPENSEARCH_URL has flowtap-* indices, and tests delete such: OPENSEARCH_WIPE=yes, or unset it")
    # Each prefix that has a schema adds to it.
    name = "action.auto_create_index"
    _, settings = node.request("GET", "/_cluster/settings?flat_settings=true")
    yield node
    node.request("PUT", "/_cluster/settings", {"persistent": {name: settings["persistent"].get(name)}})


@contextmanager
def plain_node() -> Iterator[OpenSearchNode]:
    """OpenSearch 3.x without security."""
    chosen = image("opensearch")["OPENSEARCH_IMAGE"]
    with _container(chosen, "plain.env") as (container, port):
        node = OpenSearchNode(f"http://127.0.0.1:{port}", container=container)
        node.wait_until_ready()
        yield node


@contextmanager
def secured_node(folder: Path) -> Iterator[OpenSearchNode]:
    """OpenSearch 2.19 with TLS and users, made by the scripts that make the stack's; secrets go into `folder`."""
    chosen = image("opensearch-2")
    if chosen["OPENSEARCH_2_SECURED"] != "true":
        raise NotAvailable(f"{chosen['OPENSEARCH_2_IMAGE']} has no security plugin")
    name = chosen["OPENSEARCH_2_IMAGE"]
    run(DOCKER / "opensearch/secure.sh", folder)
    with _volume() as volume_name:
        run(DOCKER / "opensearch/secure.sh", "--load", folder, name, volume_name)
        with _container(name, "secured.env", {volume_name: {"bind": CONFIG, "mode": "rw"}}) as (container, port):
            url = f"https://127.0.0.1:{port}"
            run(DOCKER / "opensearch/users.sh", url, folder)
            passwords = {user: (folder / f"{user}.password").read_text().strip() for user in USERS}
            node = OpenSearchNode(url, "admin", passwords["admin"], folder / "ca.pem", passwords, container)
            node.wait_until_ready()
            yield node


@contextmanager
def _volume() -> Iterator[str]:
    client = engine()
    volume = client.volumes.create(labels={LABEL: str(os.getpid())})
    try:
        yield str(volume.name)
    finally:
        volume.remove(force=True)
        client.close()


def run(*command: object) -> None:
    ran = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{command}: {ran.stdout}{ran.stderr}"


@contextmanager
def _container(
    name: str, settings: str, volumes: Mapping[str, Mapping[str, str]] | None = None
) -> Iterator[tuple[Any, int]]:
    # Its reaper is one more image from a registry; remove_leftovers does that work.
    testcontainers_config.ryuk_disabled = True
    # It takes a machine that is a container itself for one beside the engine.
    testcontainers_config.connection_mode_override = ConnectionMode.docker_host
    port = free_port()
    container = DockerContainer(name)
    # A port of its own choice would be another one after a restart, and would be open to the network.
    container.ports = {"9200/tcp": ("127.0.0.1", port)}
    container.volumes = dict(volumes or {})
    container.env = {
        "discovery.type": "single-node",
        "OPENSEARCH_JAVA_OPTS": "-Xms512m -Xmx512m",
        **dotenv_values(DOCKER / "opensearch" / settings),
    }
    container.with_kwargs(labels={LABEL: str(os.getpid())}, mem_limit="1400m")
    with container:
        yield container.get_wrapped_container(), port


def remove_leftovers() -> None:
    """Containers, volumes and networks of test runs that were killed: those whose process is no more."""
    client = engine()
    try:
        for container in client.containers.list(all=True, filters={"label": LABEL}):
            if not _alive(container.labels[LABEL]):
                container.remove(force=True, v=True)
        for volume in client.volumes.list(filters={"label": LABEL}):
            if not _alive(volume.attrs["Labels"][LABEL]):
                volume.remove(force=True)
        for network in client.networks.list(filters={"label": LABEL}):
            if not _alive(network.attrs["Labels"][LABEL]):
                network.remove()
    finally:
        client.close()


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
