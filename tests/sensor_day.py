"""A day of a sensor for tests: Suricata's own samples told again within a period, so that every panel shows something.

In: the golden EVE samples. Out: lines of eve.json, the same for the same period; each sample comes a few times.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parent / "golden" / "eve"
_SAMPLES = ("suricata-7.in", "written.in")
# The samples' HTTP event has no answer, and none of them is a failed look-up. In the form of Suricata 7.
_MORE: tuple[dict[str, Any], ...] = (
    {"event_type": "http", "http": {
        "hostname": "shop.example.org", "url": "/basket", "http_user_agent": "curl/8.5.0", "http_method": "GET",
        "protocol": "HTTP/1.1", "status": 404, "length": 1270, "http_content_type": "text/html"}},
    {"event_type": "http", "http": {
        "hostname": "www.example.org", "url": "/", "http_user_agent": "Mozilla/5.0", "http_method": "GET",
        "protocol": "HTTP/1.1", "status": 200, "length": 52700, "http_content_type": "text/html"}},
    {"event_type": "dns", "dns": {
        "version": 2, "type": "answer", "id": 7, "flags": "8183", "qr": True, "rd": True, "ra": True, "opcode": 0,
        "rrname": "nowhere.example.org", "rrtype": "A", "rcode": "NXDOMAIN"}},
)  # fmt: skip
_FLOW = {
    "flow_id": 1805199327681, "host": "sensor-1", "src_ip": "10.20.1.10", "src_port": 40222, "dest_ip": "10.20.10.11",
    "dest_port": 8080, "proto": "TCP", "community_id": "1:kgJQmxRpIMDtFSEGS9zKHHwlRGo=", "tx_id": 0,
}  # fmt: skip
_PASSING = ("engine", "new_in_9")  # what no dashboard is about


def lines(since: datetime, until: datetime, times: int = 4) -> Iterator[str]:
    """`times` copies of each sample, at moments spread evenly over [since, until)."""
    samples = [json.loads(line) for name in _SAMPLES for line in (GOLDEN / name).read_text().splitlines()]
    samples = [sample for sample in samples if sample["event_type"] not in _PASSING]
    samples += [_FLOW | more for more in _MORE]
    step = (until - since) / (len(samples) * times)
    for number in range(len(samples) * times):
        sample = samples[number * 7 % len(samples)]
        yield json.dumps(_at(sample, since + step * number, number))


def mirrored(since: datetime, until: datetime, vnis: Sequence[int], minutes: int = 20) -> Iterator[str]:
    """What a listener tells of itself and of these VNIs, as often, and an alert of each; for `--vlan-is-vni`."""
    first, of_vni, *_ = [json.loads(line) for line in (GOLDEN / "mirror.in").read_text().splitlines()]
    seen = (GOLDEN / "suricata-7.in").read_text().splitlines()
    alert = next(event for event in map(json.loads, seen) if event["event_type"] == "alert")
    step = (until - since) / minutes
    for number in range(minutes):
        when = _text(since + step * number)
        yield json.dumps(first | {"timestamp": when})
        for vni in vnis:
            told = {"timestamp": when, "vlan": [vni >> 12, vni & 0xFFF]}
            yield json.dumps(of_vni | told)
            yield json.dumps(_at(alert | told, since + step * number, number))


def watched(since: datetime, until: datetime) -> Iterator[str]:
    """Findings of GuardDuty, and what was decided about them."""
    told = [json.loads(line) for line in (GOLDEN / "watch.in").read_text().splitlines()]
    step = (until - since) / len(told)
    for number, each in enumerate(told):
        yield json.dumps(each | {"timestamp": _text(since + step * number)})


def _at(sample: dict[str, Any], moment: datetime, number: int) -> dict[str, Any]:
    told = sample | {"timestamp": _text(moment)}
    if "flow_id" in sample:
        told["flow_id"] = sample["flow_id"] + number
    if isinstance(sample.get("flow"), dict) and "start" in sample["flow"]:
        flow = sample["flow"] | {"start": _text(moment - timedelta(seconds=2))}
        told["flow"] = flow | ({"end": _text(moment)} if "end" in flow else {})
    return told


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f+0000")
