"""`shipper suricata check` and `rules update` with the real programs: what passes, what is told of what does not."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from integration.command import Done


@dataclass(frozen=True)
class Sensor:
    """`shipper suricata` with a folder of the test's, judged by Suricata of the image."""

    folder: Path
    image: str

    def __call__(self, *arguments: str, code: int = 0, **settings: str) -> Done:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SHIPPER_")}  # noqa: TID251
        given = {"directory": str(self.folder), "image": self.image, "sensor_name": "test"} | settings
        ran = subprocess.run(
            [sys.executable, "-m", "shipper", "suricata", *arguments],
            env=kept | {f"SHIPPER_SURICATA__{name.upper()}": value for name, value in given.items()},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == code, f"exit {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return Done(ran.returncode, ran.stdout, ran.stderr)


@pytest.fixture
def sensor(tmp_path: Path, suricata_image: str) -> Sensor:
    made = Sensor(tmp_path / "{sensor} ü", suricata_image)
    made("render")
    return made


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {
            "interface": "eth1",
            "threads": "4",
            "home_net": "10.0.0.0/8, !10.9.0.0/16, fd00::/8",
            "exclude_ports": "9200,5601",
            "capture_filter": "not host 192.0.2.1",
            "mtu": "65535",
            "memory_mib": "128",
            "midstream": "true",
            "alert_payloads": "false",
        },
    ],
)
def test_what_is_rendered_passes_without_a_word(sensor: Sensor, settings: dict[str, str]) -> None:
    assert json.loads(sensor("check", "--json", **settings).out) == {"passed": True, "problems": []}


def test_a_wrong_rule_is_told_with_file_and_line(sensor: Sensor) -> None:
    rules = sensor.folder / "rules/local.rules"
    line = len(rules.read_text().splitlines()) + 2
    rules.write_text(f'{rules.read_text()}\nalert tcp any any -> any any (msg:"x"; no_such_keyword; sid:9001000;)\n')
    (problem,) = json.loads(sensor("check", "--json", code=3).out)["problems"]
    assert (problem["level"], problem["file"], problem["line"]) == ("error", str(rules), line)
    assert "no_such_keyword" in problem["message"]


def test_rules_are_fetched_all_or_none_and_stay_disabled(sensor: Sensor) -> None:
    source = sensor.folder / "source.rules"  # in the folder, which the container sees
    source.write_text('alert ip any any -> any any (msg:"fetched"; sid:2000001; rev:1;)\n')
    sensor("rules", "update", "--url", source.as_uri())
    assert "fetched" in (sensor.folder / "active/updated.rules").read_text()
    sensor("rules", "disable", "2000001", "--no-check")
    before = (sensor.folder / "rules/updated.rules").read_bytes()
    assert "The rules stay as they were" in sensor("rules", "update", "--url", f"{source.as_uri()}.not", code=4).err
    assert (sensor.folder / "rules/updated.rules").read_bytes() == before
    source.write_text('alert ip any any -> any any (msg:"newer"; sid:2000001; rev:2;)\n')
    sensor("rules", "update", "--url", source.as_uri())
    (line,) = [
        line for line in (sensor.folder / "active/updated.rules").read_text().splitlines() if "sid:2000001" in line
    ]
    assert line.startswith("# disabled by flowtap: ")
    assert "newer" in line
