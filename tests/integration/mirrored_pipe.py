"""Mirrored packets over UDP into a listener, its pipe, and a real Suricata that reads it; all of the test's own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integration.containers import LABEL, image
from integration.suricata_runs import SENSOR, write_sensor
from suricata.sensor import Sensor

PATIENCE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Sensing:
    """`port` takes mirrored packets on the loopback; `eve` is what Suricata says of them."""

    listener: "subprocess.Popen[str]"
    port: int
    eve: Path

    def end(self) -> dict[str, Any]:
        """What the listener counted; Suricata ends with it."""
        self.listener.terminate()
        told: dict[str, Any] = json.loads(self.listener.communicate(timeout=60)[0])
        return told


@contextmanager
def sensing(folder: Path) -> Iterator[Sensing]:
    """Everything lies below `folder`. Suricata has ended, and well, when this is left."""
    pipe = folder / "pipe" / "frames"
    pipe.parent.mkdir()
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "shipper", "mirror", "listen", "--address", "127.0.0.1", "--port", "0"]
    with _suricata(folder, pipe) as eve, _running([*command, "--out", str(pipe)]) as listener:
        assert listener.stderr
        said = next(line for line in listener.stderr if '"listening"' in line)
        next(line for line in listener.stderr if "the stream has a reader" in line)
        yield Sensing(listener, int(json.loads(said)["sockets"][0].rsplit(" ", 1)[1]), eve)


@contextmanager
def _suricata(folder: Path, pipe: Path) -> Iterator[Path]:
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
def _running(command: list[str]) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def events(eve: Path) -> list[dict[str, Any]]:
    """Whole lines so far."""
    text = eve.read_text("utf-8") if eve.exists() else ""
    return [json.loads(line) for line in text.split("\n")[:-1]]
