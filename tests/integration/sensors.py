"""A Suricata that captures, in a container with a network of the test's own, and traffic for it.

The sensor captures its end of a veth pair on a bridge that nothing else is on. A web server shares its network
namespace; a client has one of its own on the same bridge. Files and the command socket lie in a folder of the test.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integration.containers import LABEL, image, wait_for
from integration.suricata_runs import write_sensor
from suricata.sensor import Sensor

WEB_PORT, EXCLUDED_PORT = 8000, 9200
PATIENCE_SECONDS = 90
CAPABILITIES = ("NET_ADMIN", "NET_RAW", "SYS_NICE")
_SERVE = f"""
import http.server, threading
for port in ({WEB_PORT}, {EXCLUDED_PORT}):
    server = http.server.ThreadingHTTPServer(("", port), http.server.SimpleHTTPRequestHandler)
    threading.Thread(target=server.serve_forever).start()
"""
_ASK = """
import sys, urllib.error, urllib.request
request = urllib.request.Request(sys.argv[1], headers={"user-agent": sys.argv[2]})
try:
    urllib.request.urlopen(request, timeout=20).read()
except urllib.error.HTTPError:
    pass
"""
# UDP in Ethernet frames of our own making, with 802.1Q tags and without UDP's checksum. (IP's must be right: a bridge
# with netfilter drops an untagged frame otherwise.)
_FRAMES = """
import json, socket, struct, sys
port, tags, source, target, payload = int(sys.argv[1]), json.loads(sys.argv[2]), *sys.argv[3:5], sys.argv[5].encode()
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind(("eth0", 0))
tagged = b"".join(struct.pack("!HH", 0x8100, tag) for tag in tags)
udp = struct.pack("!HHHH", 40000, port, 8 + len(payload), 0) + payload
def header(checksum):
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, checksum, socket.inet_aton(source),
                       socket.inet_aton(target))
total = sum(struct.unpack("!10H", header(0)))
ip = header(~(total + (total >> 16)) & 0xFFFF)
link.send(b"\\xff" * 6 + bytes.fromhex("020000000001") + tagged + b"\\x08\\x00" + ip + udp)
"""


@dataclass(frozen=True, slots=True)
class LiveSensor:
    """It captures; `address`: of the web server, as the client sees it."""

    values: Sensor
    container: str
    client: str
    address: str
    client_address: str

    def get(self, path: str, user_agent: str = "test", port: int = WEB_PORT) -> None:
        """One request of the client."""
        self._in_client(_ASK, f"http://{self.address}:{port}/{path}", user_agent)

    def send_udp(self, port: int, tags: Sequence[int], payload: str) -> None:
        """One frame of the client's, with these tags from the outside in."""
        self._in_client(_FRAMES, str(port), json.dumps(list(tags)), self.client_address, self.address, payload)

    def events(self, kind: str) -> list[dict[str, Any]]:
        """What eve.json holds of a type, whole lines only."""
        text = (self.values.log_directory / "eve.json").read_text("utf-8")
        lines = text[: text.rfind("\n") + 1].splitlines()
        return [event for event in map(json.loads, lines) if event["event_type"] == kind]

    def alerts(self, sid: int) -> list[dict[str, Any]]:
        return [event for event in self.events("alert") if event["alert"]["signature_id"] == sid]

    def requests(self, path: str) -> list[dict[str, Any]]:
        return [event for event in self.events("http") if event["http"].get("url") == f"/{path}"]

    def wait_for_request(self, path: str) -> None:
        """Suricata has seen this request whole, and whatever it had to say to it is written."""
        wait_for(lambda: bool(self.requests(path)), PATIENCE_SECONDS, lambda: f"no http event for {path}")

    def settings(self) -> dict[str, str]:
        """Environment that makes this the sensor of `shipper`."""
        values = self.values
        return {
            "SHIPPER_SURICATA__DIRECTORY": str(values.directory),
            "SHIPPER_SURICATA__SOCKET": str(values.socket),
            "SHIPPER_SURICATA__LOG_DIRECTORY": str(values.log_directory),
            "SHIPPER_SURICATA__SENSOR_NAME": values.name,
            "SHIPPER_SURICATA__INTERFACE": values.interface,
            "SHIPPER_SURICATA__EXCLUDE_PORTS": values.exclude_ports,
            "SHIPPER_SURICATA__STATS_SECONDS": str(values.stats_seconds),
            "SHIPPER_SURICATA__IMAGE": image("suricata")["SURICATA_IMAGE"],
        }

    def _in_client(self, program: str, *arguments: str) -> None:
        docker("exec", self.client, "python3", "-c", program, *arguments)


@contextmanager
def live_sensor(folder: Path, *extra: str) -> Iterator[LiveSensor]:
    """Suricata with the rules that are shipped; `extra` goes on its command line."""
    chosen, name = image("suricata")["SURICATA_IMAGE"], f"flowtap-test-{os.getpid()}-{folder.name}"
    values = Sensor(
        directory=folder / "sensor",
        name="live",
        interface="eth0",
        exclude_ports=str(EXCLUDED_PORT),
        stats_seconds=1,
        log_directory=folder / "log",
        socket=folder / "run" / "command.socket",
    )
    write_sensor(values)
    for made in (values.log_directory, values.socket.parent):
        made.mkdir(parents=True)
    (values.directory / "rules").mkdir()
    (values.directory / "rules" / "local.rules").write_bytes((values.directory / "active/local.rules").read_bytes())
    with ExitStack() as stack:
        docker("network", "create", "--internal", "--label", f"{LABEL}={os.getpid()}", name)
        stack.callback(docker, "network", "rm", name)

        def start(role: str, *arguments: str) -> str:
            container = docker("run", "--detach", "--rm", "--label", f"{LABEL}={os.getpid()}",
                               "--cap-drop", "ALL", *arguments).strip()  # fmt: skip
            stack.callback(docker, "rm", "--force", container)
            assert container, role
            return container

        volumes = [part for made in (values.directory, values.log_directory, values.socket.parent)
                   for part in ("--volume", f"{made}:{made}{':ro' if made == values.directory else ''}")]  # fmt: skip
        sensor = start(
            "sensor", "--network", name, "--user", f"{os.getuid()}:{os.getgid()}", "--read-only",
            *(part for capability in CAPABILITIES for part in ("--cap-add", capability)), *volumes, chosen,
            "suricata-live", "-c", str(values.directory / "suricata.yaml"), "--af-packet", *extra,
        )  # fmt: skip
        start("web", "--network", f"container:{sensor}", "--workdir", "/opt", chosen, "python3", "-c", _SERVE)
        client = start("client", "--network", name, "--user", "0:0", "--cap-add", "NET_RAW", chosen, "sleep", "3600")
        live = LiveSensor(values, sensor, client, _address(sensor, name), _address(client, name))
        _wait_until_it_sees(live)
        yield live


def _address(container: str, network: str) -> str:
    networks = json.loads(docker("inspect", container))[0]["NetworkSettings"]["Networks"]
    return str(networks[network]["IPAddress"])


def docker(*arguments: str) -> str:
    ran = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"docker {arguments}: {ran.stderr}"
    return ran.stdout


def _wait_until_it_sees(live: LiveSensor) -> None:
    def seen() -> bool:
        if not live.values.socket.is_socket():
            return False
        try:
            live.get("hello")
        except AssertionError:  # the web server is not up yet
            return False
        return bool(live.requests("hello"))

    wait_for(seen, PATIENCE_SECONDS, lambda: docker("logs", "--tail", "15", live.container))
