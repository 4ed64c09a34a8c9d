"""Suricata over pcaps, in a container: what `eve.json` a capture makes with the configuration that we render.

In: pcaps, rules. Out: the path of an eve.json; the same events for the same input, but for `flow_id` and `stats`.
Needs the image of docker/images.sh suricata; raises NotAvailable where it cannot be had.
"""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from integration.containers import LABEL, image
from suricata.config import render
from suricata.rules.packaged import packaged_rules
from suricata.sensor import Sensor

PCAPS = Path(__file__).parents[1] / "data" / "pcaps"
SENSOR = "test-sensor"
_LOOP = """
set -eu
for capture in /pcaps/*; do
  suricata -c "$1/suricata.yaml" --runmode single --set unix-command.enabled=no -l "$2" -r "$capture"
done >>"$2/engine.log" 2>&1
"""


def eve_of(pcaps: Sequence[Path], folder: Path, *, rules: str | None = None, timeout_seconds: float = 120) -> Path:
    """Runs one Suricata after the other over `pcaps`, each with flows of its own; all append to one eve.json.

    Everything lies below `folder`. `rules`: the text of a rules file; without it the rules that are shipped. Fails with
    Suricata's words where it ends badly.
    """
    chosen = image("suricata")["SURICATA_IMAGE"]
    logs, captures = folder / "logs", folder / "pcaps"
    sensor = write_sensor(Sensor(directory=folder / "sensor", name=SENSOR), rules)
    for made in (logs, captures):
        made.mkdir(parents=True)
    for number, pcap in enumerate(pcaps):
        (captures / f"{number:04}-{pcap.name}").write_bytes(pcap.read_bytes())
    command = [
        "docker", "run", "--rm", "--network", "none", "--label", f"{LABEL}={os.getpid()}",
        "--user", f"{os.getuid()}:{os.getgid()}", "--cap-drop", "ALL",
        "--volume", f"{sensor.directory}:{sensor.directory}:ro", "--volume", f"{captures}:/pcaps:ro",
        "--volume", f"{logs}:{logs}", chosen, "bash", "-c", _LOOP, "runs", sensor.directory, logs,
    ]  # fmt: skip
    ran = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, timeout=timeout_seconds
    )
    engine = logs / "engine.log"
    said = engine.read_text("utf-8", "replace")[-2000:] if engine.exists() else ""
    assert ran.returncode == 0, f"{ran.stderr}{said}"
    return logs / "eve.json"


def write_sensor(sensor: Sensor, rules: str | None = None) -> Sensor:
    """The files that a Suricata of this sensor reads."""
    active = sensor.directory / "active"
    active.mkdir(parents=True)
    (active / "local.rules").write_text(packaged_rules() if rules is None else rules)
    (sensor.directory / "threshold.config").write_text("")
    (sensor.directory / "suricata.yaml").write_text(render(sensor))
    return sensor
