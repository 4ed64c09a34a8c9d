"""A stack of docker/stack.sh beside any other: project name, port and folder are its own."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integration.containers import DOCKER, LABEL, USERS, OpenSearchNode, image

_SERVE = "import http.server; http.server.test(http.server.SimpleHTTPRequestHandler, port=8000)"


@dataclass(frozen=True)
class Stack:
    kind: str
    project: str
    port: int
    file: Path
    opensearch_image: str
    data: str = ""
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def kept(self) -> Path:
        return self.file.with_suffix("")

    @property
    def secrets(self) -> list[str]:
        return [path.read_text().strip() for path in self.kept.glob("*.password")]

    @property
    def environment(self) -> dict[str, str]:
        inherited = dict(os.environ)  # noqa: TID251  for the script under test
        return inherited | {
            "COMPOSE_PROJECT_NAME": self.project,
            "FLOWTAP_OPENSEARCH_PORT": str(self.port),
            "FLOWTAP_OPENSEARCH_HEAP": "512m",
            "FLOWTAP_OPENSEARCH_MEMORY": "1400m",
            "OPENSEARCH_IMAGE": self.opensearch_image,
            "DASHBOARDS_IMAGE": "none",
            "SHIPPER_STACK_FILE": str(self.file),
            **({"FLOWTAP_DATA": self.data} if self.data else {}),
            **self.more,
        }

    def run(self, *arguments: str, stdin: bytes = b"", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """`stack.sh arguments`, which must succeed."""
        command = [str(DOCKER / "stack.sh"), *arguments]
        ran = subprocess.run(command, input=stdin, capture_output=True, env=self.environment, cwd=cwd, check=False)
        out, trouble = ran.stdout.decode(), ran.stderr.decode()
        assert ran.returncode == 0, f"{arguments}: {ran.returncode}\n{out}{trouble}"
        return subprocess.CompletedProcess(command, 0, out, trouble)

    def shipper(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command on this host; it is told nothing but where the connection file is."""
        environment = {key: value for key, value in self.environment.items() if not key.startswith("OPENSEARCH_")}
        return subprocess.run(
            [sys.executable, "-m", "shipper", *arguments],
            capture_output=True,
            text=True,
            env=environment,
            cwd=self.file.parent,
            check=False,
        )

    def containers(self) -> list[dict[str, Any]]:
        names = docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={self.project}").split()
        return list(json.loads(docker("inspect", *names))) if names else []

    def node(self) -> OpenSearchNode:
        """The node as the connection file describes it."""
        read = tomllib.loads(self.file.read_text())
        ca_file = read.get("ca_file")
        passwords = {user: (self.kept / f"{user}.password").read_text().strip() for user in USERS} if ca_file else {}
        return OpenSearchNode(
            read["url"],
            read.get("username", ""),
            read.get("password", ""),
            Path(ca_file) if ca_file else None,
            passwords,
        )


@contextmanager
def web_behind_a_bridge() -> Iterator[tuple[str, str, str]]:
    """An interface of this host that nothing else is on, its network, and the address of a web server behind it."""
    network, interface = f"flowtap-test-{os.getpid()}", f"br-ft{os.getpid() % 10**7}"
    label = f"{LABEL}={os.getpid()}"
    picture = image("suricata")["SURICATA_IMAGE"]
    docker("network", "create", "--label", label, "--opt", f"com.docker.network.bridge.name={interface}", network)
    try:
        web = docker(
            "run", "--detach", "--rm", "--label", label, "--network", network, picture, "python3", "-c", _SERVE
        )
        try:
            found = json.loads(docker("inspect", web.strip()))[0]["NetworkSettings"]["Networks"][network]
            yield interface, network, found["IPAddress"]
        finally:
            docker("rm", "--force", web.strip())
    finally:
        docker("network", "rm", network)


def docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout
