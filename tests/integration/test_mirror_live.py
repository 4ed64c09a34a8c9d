"""Mirrored packets over UDP, the listener, a pipe, a real Suricata that reads it: each event comes, with its VNI."""

import json
import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.vxlan import VXLAN

from integration.containers import LABEL, image, wait_for
from integration.suricata_runs import SENSOR, write_sensor
from mirrored_traffic import conversations
from suricata.sensor import Sensor

VNIS = (1, 0xFFF, 0x1000, 0x123456, 0xFFF000, 0xFFFFFF)
PATIENCE_SECONDS = 300
_EVENTS = ("alert", "dns", "fileinfo", "flow", "http")


@contextmanager
def suricata(folder: Path, pipe: Path) -> Iterator[Path]:
    """Suricata over what comes through the pipe; its eve.json. It ends with the stream."""
    sensor = write_sensor(Sensor(directory=folder / "sensor", name=SENSOR))
    logs = folder / "logs"
    logs.mkdir()
    command = [
        "docker", "run", "--rm", "--network", "none", "--label", f"{LABEL}={os.getpid()}",
        "--user", f"{os.getuid()}:{os.getgid()}", "--cap-drop", "ALL",
        "--volume", f"{sensor.directory}:{sensor.directory}:ro", "--volume", f"{pipe.parent}:{pipe.parent}",
        "--volume", f"{logs}:{logs}", image("suricata")["SURICATA_IMAGE"],
        "suricata", "-c", f"{sensor.directory}/suricata.yaml", "--runmode", "single",
        "--set", "unix-command.enabled=no", "-l", str(logs), "-r", str(pipe),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield logs / "eve.json"
            said, _ = process.communicate(timeout=PATIENCE_SECONDS)
            assert process.returncode == 0, said
        finally:
            process.kill()


@contextmanager
def running(command: list[str]) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def events(eve: Path) -> list[dict[str, Any]]:
    """Whole lines so far."""
    text = eve.read_text("utf-8") if eve.exists() else ""
    return [json.loads(line) for line in text.split("\n")[:-1]]


@pytest.mark.slow
@pytest.mark.usefixtures("suricata_image")
def test_events_come_while_the_stream_goes_on_and_nothing_else_is_sent(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe" / "frames"
    pipe.parent.mkdir()
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "shipper", "mirror", "listen", "--address", "127.0.0.1", "--port", "0"]
    command += ["--out", str(pipe)]
    began = datetime.now(UTC)
    with suricata(tmp_path, pipe) as eve, running(command) as listener:
        assert listener.stderr
        said = next(line for line in listener.stderr if '"listening"' in line)
        port = int(json.loads(said)["sockets"][0].rsplit(" ", 1)[1])
        next(line for line in listener.stderr if "the stream has a reader" in line)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
            sending.connect(("127.0.0.1", port))
            for row in zip(*(conversations(f"/of/{vni}", f"vni-{vni}.example") for vni in VNIS), strict=True):
                for vni, frame in zip(VNIS, row, strict=True):
                    sending.send(bytes(VXLAN(vni=vni, flags=8) / frame))

        def counted() -> Counter[tuple[str, int]]:
            found = (each for each in events(eve) if each["event_type"] in _EVENTS)
            return Counter((each["event_type"], each["vlan"][0] << 12 | each["vlan"][1]) for each in found)

        def complete() -> bool:
            """The flow that ended by FIN is told a minute after it; the DNS ones only after five."""
            found = counted()
            return all(found[kind, vni] for kind in _EVENTS for vni in VNIS)

        wait_for(complete, PATIENCE_SECONDS, lambda: f"{counted()}")
        assert listener.poll() is None  # the stream goes on: nothing came because it ended
        listener.terminate()
        told = json.loads(listener.communicate(timeout=60)[0])
    assert (told["mirrored"], told["kernel_drops"], told["not_handed_on"]) == (12 * len(VNIS), 0, 0)
    for each in events(eve):
        when = datetime.fromisoformat(each["timestamp"])
        assert began - timedelta(minutes=1) < when < datetime.now(UTC) + timedelta(minutes=1)
        if "url" in each.get("http", {}):
            assert each["http"]["url"] == f"/of/{each['vlan'][0] << 12 | each['vlan'][1]}"
    assert {each["event_type"] for each in events(eve)} <= {*_EVENTS, "netflow", "stats"}  # none tells of keepalives
