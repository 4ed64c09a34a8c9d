"""What Prometheus reads of a listener is what it counted, in a bounded number of series; and how it is."""

from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mirror.tally import Tally
from mirror_accounts import FRAME_BYTES, account
from shipper.listener_metrics import ListenerMetrics, health


def samples(metrics: ListenerMetrics) -> dict[tuple[str, ...], float]:
    families = list(text_string_to_metric_families(metrics.text().decode()))
    assert all(family.documentation for family in families)
    return {
        (sample.name.removeprefix("flowtap_mirror_"), *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
        if sample.name.startswith("flowtap_")
    }


def test_counters_by_vni_and_by_reason() -> None:
    now = account([7, 7, 0xFFFFFF], 5, kernel_drops=4, not_handed_on=3, forwarded=2, truncated=1)
    found = samples(ListenerMetrics(lambda: now))
    assert (found["frames_total",], found["mirrored_packets_total",]) == (4, 3)
    assert found["mirrored_bytes_total",] == 3 * FRAME_BYTES
    assert (found["kernel_drops_total",], found["not_handed_on_total",], found["forwarded_total",]) == (4, 3, 2)
    assert (found["truncated_packets_total",], found["looked_timestamp_seconds",]) == (1, 5)
    assert (found["drops_total", "cut"], found["drops_total", "no_vni"]) == (1, 0)
    assert (found["vni_packets_total", "7"], found["vni_bytes_total", "16777215"]) == (2, FRAME_BYTES)
    assert (found["vni_packets_total", "other"], found["vnis",]) == (0, 2)


def test_series_of_vnis_are_bounded_and_never_change_their_meaning() -> None:
    tally = Tally(most_vnis=4)
    now = account([5, 9], 1, tally)
    metrics = ListenerMetrics(lambda: now, most_vnis=3)
    samples(metrics)
    now = account([1, 2, 3, 5], 2, tally)
    found = samples(metrics)
    packets = {key[1]: value for key, value in found.items() if key[0] == "vni_packets_total"}
    assert packets == {"5": 2, "9": 1, "1": 1, "other": 2}
    octets = [value for key, value in found.items() if key[0] == "vni_bytes_total"]
    assert sum(packets.values()) == found["mirrored_packets_total",] == 6
    assert sum(octets) == found["mirrored_bytes_total",]


@pytest.mark.parametrize(
    ("seconds", "waits", "status", "said"),
    [(14, "", 200, "ok"), (16, "", 503, "stalled"), (1, "interface mirror0 is gone", 503, "waiting")],
)
def test_how_it_is(seconds: int, waits: str, status: int, said: str) -> None:
    now = replace(account([1], 100), waits=waits)
    code, told = health(now, (100 + seconds) * 10**9)
    assert (code, told["status"]) == (status, said)
    assert waits in told.get("what", "")
