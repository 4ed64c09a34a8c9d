"""What a sensor's values become in suricata.yaml, and which are refused before any file is written."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from suricata.config import capture_filter, folder_seen, render
from suricata.errors import BadSensor
from suricata.sensor import Sensor

SENSOR = Sensor(directory=Path("/etc/flowtap/suricata"), name="sensor-1")


def changed(**values: Any) -> Sensor:
    return replace(SENSOR, **values)


def test_nothing_is_left_to_fill_in() -> None:
    assert "@{" not in render(SENSOR)


def test_the_home_net_is_written_in_its_normal_form() -> None:
    text = render(changed(home_net=" 10.0.0.0/8 ,! 10.1.0.0/16,192.0.2.7, FD00::/8"))
    assert 'HOME_NET: "[10.0.0.0/8,!10.1.0.0/16,192.0.2.7/32,fd00::/8]"' in text


def test_a_frame_of_the_largest_size_fits_with_its_header_and_three_tags() -> None:
    assert "default-packet-size: 9027" in render(SENSOR)


@pytest.mark.parametrize("mtu", [68, 1500, 9001, 65535])
def test_a_block_is_a_power_of_two_that_holds_many_frames(mtu: int) -> None:
    line = next(line for line in render(changed(mtu=mtu)).splitlines() if "block-size" in line)
    size = int(line.split(":")[1])
    assert size & (size - 1) == 0
    assert size >= 16 * (mtu + 26)
    assert size % 65536 == 0  # the page sizes there are


def test_the_memory_is_shared_out_and_never_more() -> None:
    for total in (128, 768, 4096):
        keys = ("memcap:",)
        found = [
            int(line.split(":")[1].strip().removesuffix("mb"))
            for line in render(changed(memory_mib=total)).splitlines()
            if line.strip().startswith(keys)
        ]
        assert len(found) == 6
        assert total * 0.9 <= sum(found) <= total


def test_the_folder_that_suricata_sees_is_read_back() -> None:
    odd = Path('/a "b" \\c/ü')
    assert folder_seen(render(changed(directory=odd))) == str(odd)
    assert folder_seen("default-rule-path: /var/lib/suricata/rules\n") is None


def test_no_ports_and_no_filter_capture_everything() -> None:
    assert capture_filter(SENSOR) == ""


def test_excluded_ports_are_excluded_with_tags_as_well_and_the_own_filter_comes_first() -> None:
    ports = "port 9200 or port 5601"
    assert capture_filter(changed(exclude_ports="9200,5601", capture_filter="host 192.0.2.1")) == (
        f"(host 192.0.2.1) and not ({ports} or (vlan and ({ports} or (vlan and ({ports})))))"
    )


def test_values_cannot_change_the_structure() -> None:
    text = render(changed(capture_filter='"\\ # : - {}', log_directory=Path('/x"\\y')))
    assert 'bpf-filter: "(\\"\\\\ # : - {})"' in text
    assert 'default-log-dir: "/x\\"\\\\y"' in text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", ""),
        ("name", "a b"),
        ("name", 'a"\nx: y'),
        ("interface", "eth0\nx: y"),
        ("interface", "a-name-that-is-too-long"),
        ("run_as", "root; x"),
        ("directory", Path("relative")),
        ("log_directory", Path("/a\nb")),
        ("socket", Path("/" + "s" * 107)),
        ("capture_filter", "port 1\nx: y"),
        ("home_net", ""),
        ("home_net", "10.0.0.0/33"),
        ("home_net", "10.0.0.1/8"),
        ("home_net", "!10.0.0.0/8"),
        ("home_net", "any]"),
        ("memory_mib", 127),
        ("exclude_ports", "0"),
        ("exclude_ports", "65536"),
        ("exclude_ports", "http"),
        ("exclude_ports", "٣"),
    ],
)
def test_what_cannot_be_is_refused_by_name(key: str, value: object) -> None:
    with pytest.raises(BadSensor, match={"name": "sensor_name"}.get(key, key)):
        changed(**{key: value})
