"""suricata.yaml from a sensor's values. Pure: text in, text out; Suricata itself judges the result (`suricata.check`).

The template says why each part is as it is; docs/suricata.md and ADRs say more.
"""

import json
import re
from importlib.resources import files
from pathlib import PurePath
from string import Template
from typing import ClassVar

from suricata.sensor import Sensor

_HEADER_BYTES = 14 + 3 * 4  # Ethernet; three 802.1Q tags are the most that Suricata 7 decodes
_FOLDER = re.compile(r'^default-rule-path: (?P<path>"(?:[^"\\]|\\.)*")$', re.MULTILINE)


class _Yaml(Template):
    delimiter: ClassVar[str] = "@"  # "$" stands before Suricata's own variables


def render(sensor: Sensor) -> str:
    """The whole file; the same for the same sensor."""
    template = (files("suricata") / "templates" / "suricata.yaml").read_text("utf-8")
    return _Yaml(template).substitute(_values(sensor) | _memory(sensor.memory_mib))


def folder_seen(text: str) -> str | None:
    """The folder that a rendered file names as its own, as Suricata sees it; None where it is not one of ours."""
    found = _FOLDER.search(text)
    return str(PurePath(json.loads(found["path"])).parent) if found else None


def capture_filter(sensor: Sensor) -> str:
    """The BPF filter: what is excluded, with any number of tags that can be seen, and the operator's own.

    A primitive such as "tcp port" looks at untagged frames only; each "vlan" moves what follows it by one tag
    (pcap-filter(7)). The outermost tag of a received frame is mostly not in its bytes any more when the kernel filters.
    """
    parts = []
    if ports := " or ".join(f"port {port}" for port in sensor.excluded):
        parts.append(f"not ({ports} or (vlan and ({ports} or (vlan and ({ports})))))")
    if own := sensor.capture_filter.strip():
        # First: after a "vlan" everything that follows is moved.
        parts.insert(0, f"({own})")
    return " and ".join(parts)


def _values(sensor: Sensor) -> dict[str, object]:
    frame_bytes = sensor.mtu + _HEADER_BYTES
    return {
        "sensor_name": _text(sensor.name),
        "home_net": _text(f"[{','.join(sensor.networks)}]"),
        "active_rules": _text(sensor.directory / "active"),
        "threshold_file": _text(sensor.directory / "threshold.config"),
        "interface": _text(sensor.interface or "default"),
        "threads": sensor.threads or "auto",
        "capture_filter": _text(capture_filter(sensor)),
        "mtu": sensor.mtu,
        "frame_bytes": frame_bytes,
        "block_bytes": _block_bytes(frame_bytes),
        "ring_frames": sensor.ring_frames,
        "pending_packets": 1024,
        "log_directory": _text(sensor.log_directory),
        "socket": _text(sensor.socket),
        "stats_seconds": sensor.stats_seconds,
        "payloads": _yes(sensor.alert_payloads),
        "midstream": str(sensor.midstream).lower(),
        "run_mode": "runmode: single\n" if sensor.offline else "",
        "chance": _yes(not sensor.offline),
        "asked": _yes(not sensor.offline),
        "run_as": f"run-as:\n  user: {sensor.run_as}\n  group: {sensor.run_as}\n" if sensor.run_as else "",
    }


def _memory(total_mib: int) -> dict[str, object]:
    """Half for reassembly, a quarter for flows, the rest for sessions, HTTP, fragments and hosts."""
    eighth = max(total_mib // 8, 1)
    return {
        "memory_mib": total_mib,
        "reassembly_memory": f"{eighth * 4}mb",
        "flow_memory": f"{eighth * 2}mb",
        "stream_memory": f"{eighth}mb",
        "http_memory": f"{max(eighth // 3, 1)}mb",
        "defrag_memory": f"{max(eighth // 3, 1)}mb",
        "host_memory": f"{max(eighth // 3, 1)}mb",
    }


def _block_bytes(frame_bytes: int) -> int:
    """A power of two (packet_mmap), at least 16 of the largest frames."""
    return max(1 << 17, 1 << (16 * frame_bytes - 1).bit_length())


def _text(value: object) -> str:
    """A YAML double-quoted string: JSON is one (YAML 1.2 §1.3), and what is not printable was refused."""
    return json.dumps(str(value), ensure_ascii=False)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
