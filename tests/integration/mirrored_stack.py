"""The stack while it takes mirrored packets: what is sent to it, what is found of that, its parts killed."""

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from scapy.layers.vxlan import VXLAN

from integration.containers import free_port, wait_for
from integration.stacks import Stack, docker
from mirrored_traffic import conversations

PATIENCE_SECONDS = 300
BETWEEN_SECONDS = 3.0
TEST_RULE = "9000001"


@dataclass(frozen=True, slots=True)
class MirroredStack:
    """A stack that listens on the loopback, its veth pair named after this process. Every VNI is a session."""

    stack: Stack
    port: int
    vnis: Iterator[int]

    @staticmethod
    def over(stack: Stack) -> "MirroredStack":
        port = free_port()
        more = {
            "FLOWTAP_CAPTURE_INTERFACE": "",
            "FLOWTAP_MIRROR_ADDRESS": "127.0.0.1",
            "FLOWTAP_MIRROR_PORT": str(port),
            "FLOWTAP_MIRROR_HTTP_PORT": str(free_port()),
            "FLOWTAP_MIRROR_PAIR": f"ft{os.getpid()}-",
        }
        return MirroredStack(replace(stack, more=more), port, count(0x123FF0))

    def write_inventory(self, vnis: range) -> None:
        """Whole or not at all, as whoever keeps one should."""
        path = self.stack.file.parent / "mirror" / "inventory.json"
        sessions = [
            {"vni": vni, "session_id": f"tms-{vni}", "eni": f"eni-{vni}", "instance_id": f"i-{vni}"} for vni in vnis
        ]
        path.with_suffix(".new").write_text(json.dumps({"sessions": sessions}))
        path.with_suffix(".new").chmod(0o644)
        path.with_suffix(".new").replace(path)

    def send(self, vni: int) -> None:
        """A conversation that a rule alerts on."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
            for frame in conversations(f"/of/{vni}", f"vni-{vni}.example"):
                sending.sendto(bytes(VXLAN(vni=vni, flags=8) / frame), ("127.0.0.1", self.port))

    def found(self, dataset: str, **terms: Any) -> list[dict[str, Any]]:
        """Documents with these values; `__` stands for a dot."""
        node = self.stack.node()
        node.request("POST", f"/flowtap-{dataset}-*/_refresh")
        query = {"bool": {"filter": [{"term": {name.replace("__", "."): value}} for name, value in terms.items()]}}
        _, answer = node.request("POST", f"/flowtap-{dataset}-*/_search", {"size": 100, "query": query})
        hits = answer["hits"]["hits"] if "hits" in answer else []  # a partition just made has no shard for a moment
        return [hit["_source"] for hit in hits]

    def wait_for_alerts(self) -> dict[str, Any]:
        """New sessions speak until one of them is seen to the end; its alert."""
        spoke: list[int] = []

        def seen() -> list[dict[str, Any]]:
            return [alert for vni in spoke for alert in self.found("suricata.alert", flowtap__mirror__vni=vni)]

        def there() -> bool:
            spoke.append(next(self.vnis))
            self.send(spoke[-1])
            until = time.monotonic() + BETWEEN_SECONDS
            while time.monotonic() < until:
                if seen():
                    return True
            return False

        wait_for(there, PATIENCE_SECONDS, self.last_words)
        return seen()[0]

    def kill(self, service: str) -> None:
        """The process itself, as a crash does: `docker kill` would keep the engine from starting it again."""
        container = self.stack.run("compose", "ps", "--quiet", service).stdout.strip()
        before = json.loads(docker("inspect", container))[0]["State"]
        os.kill(before["Pid"], signal.SIGKILL)

        def again() -> bool:
            state = json.loads(docker("inspect", container))[0]["State"]
            return bool(state["Running"]) and state["Pid"] not in {0, before["Pid"]}

        wait_for(again, PATIENCE_SECONDS, lambda: docker("inspect", container))

    def last_words(self) -> str:
        """Of all that takes part."""
        return self.stack.run("compose", "logs", "--tail", "5", "mirror-veth", "mirror", "suricata", "run").stdout
