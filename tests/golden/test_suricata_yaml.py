"""The whole suricata.yaml of three sensors, pinned: with defaults, with everything set, for captures."""

from pathlib import Path

import pytest

from suricata.config import render
from suricata.sensor import Sensor

HERE = Path(__file__).parent / "suricata"
SENSORS = {
    "offline": Sensor(directory=Path("/srv/offline"), name="pcap", offline=True),
    "defaults": Sensor(directory=Path("/etc/flowtap/suricata"), name="sensor-1"),
    "everything-set": Sensor(
        directory=Path("/srv/sensor"),
        name="sensor-2.example",
        home_net="10.0.0.0/8, !10.9.0.0/16, fd00::/8",
        interface="eth1",
        threads=4,
        exclude_ports="9200, 5601",
        capture_filter='not host 192.0.2.1 and not (ether src "x")',
        mtu=1500,
        ring_frames=8192,
        memory_mib=2048,
        midstream=True,
        alert_payloads=False,
        stats_seconds=60,
        log_directory=Path("/srv/log"),
        socket=Path("/srv/run/command.socket"),
        run_as="suricata",
    ),
}


@pytest.mark.parametrize("name", SENSORS)
def test_the_rendered_file_is_the_pinned_one(name: str, request: pytest.FixtureRequest) -> None:
    pinned = HERE / f"{name}.yaml"
    if request.config.getoption("--rewrite-golden"):
        pinned.parent.mkdir(exist_ok=True)
        pinned.write_text(render(SENSORS[name]), "utf-8")
    assert render(SENSORS[name]) == pinned.read_text("utf-8"), "look at the difference, then: make golden"
