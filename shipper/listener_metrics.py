"""A listener's figures as Prometheus metrics, and whether it is well. Read at each scrape from the last look it took.

Counters begin at 0 with each start. VNIs have a series of their own as they come, up to a number; those beyond are
`vni="other"`, so that the number of series stays bounded.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from mirror.account import Account
from mirror.frames import Drop

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
MOST_VNIS: Final = 1000
STALLED_SECONDS: Final = 15.0

_COUNTERS: Final = (
    ("frames", "frames", "Datagrams taken from the network."),
    ("mirrored", "mirrored_packets", "Mirrored packets decoded."),
    ("octets", "mirrored_bytes", "Their bytes, without what they were wrapped in."),
    ("truncated", "truncated_packets", "Packets shorter than their own IP header says."),
    ("duplicates", "duplicate_packets", "Packets seen again under another VNI (with --drop-duplicates)."),
    ("reserved_bits", "reserved_bits", "Packets with reserved bits set in the VXLAN header."),
    ("tags_stripped", "tags_stripped", "VLAN tags stripped because Suricata takes no more."),
    ("kernel_drops", "kernel_drops", "Datagrams that found no room in the socket's buffer."),
    ("cut", "longer_than_slots", "Datagrams that were too long to be taken whole."),
    ("not_handed_on", "not_handed_on", "Frames that the interface or the pipe did not take."),
    ("forwarded", "forwarded", "Datagrams sent on as they came."),
    ("not_forwarded", "not_forwarded", "Datagrams that could not be sent on."),
)


class ListenerMetrics:
    """`look` gives the last account that the listening thread took."""

    def __init__(self, look: Callable[[], Account], most_vnis: int = MOST_VNIS) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Figures(look, most_vnis))
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """Everything, in the Prometheus text format."""
        return generate_latest(self._registry)


def health(now: Account, time_ns: int) -> tuple[int, dict[str, Any]]:
    """HTTP status and what to say: 503 while nothing can be handed on, or the listening thread has not looked."""
    seconds = (time_ns - now.time_ns) / 1e9
    if seconds > STALLED_SECONDS:
        what = "frames wait to be handed on: whoever reads them is too slow or stands still"
        return 503, {"status": "stalled", "what": what, "seconds": round(seconds, 1)}
    if now.waits:
        return 503, {"status": "waiting", "what": now.waits}
    return 200, {"status": "ok"}


class _Figures(Collector):
    def __init__(self, look: Callable[[], Account], most_vnis: int) -> None:
        self._look = look
        self._most_vnis = most_vnis
        self._known: dict[int, str] = {}

    def describe(self) -> Iterator[Metric]:
        """Nothing: a look is taken when there is a scrape, not when this is registered."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        now = self._look()
        for name, called, what in _COUNTERS:
            yield CounterMetricFamily(f"flowtap_mirror_{called}", what, getattr(now, name))
        drops = CounterMetricFamily("flowtap_mirror_drops", "Frames not decoded, by reason.", labels=["reason"])
        for drop in Drop:
            if drop is not Drop.KEPT:
                drops.add_metric([drop.name.lower()], now.drops.get(drop, 0))
        yield drops
        yield from self._of_vnis(now)
        yield GaugeMetricFamily("flowtap_mirror_vnis", "VNIs seen so far.", len(now.vnis))
        yield GaugeMetricFamily("flowtap_mirror_waiting", "1 while nothing can be handed on, else 0.", bool(now.waits))
        yield GaugeMetricFamily(
            "flowtap_mirror_looked_timestamp_seconds", "When these figures were taken.", now.time_ns / 1e9
        )

    def _of_vnis(self, now: Account) -> Iterator[Metric]:
        packets = CounterMetricFamily("flowtap_mirror_vni_packets", "Mirrored packets by VNI.", labels=["vni"])
        octets = CounterMetricFamily("flowtap_mirror_vni_bytes", "Their bytes, by VNI.", labels=["vni"])
        others = [now.further, 0]
        columns = (now.vnis, now.vni_packets, now.vni_octets)
        for vni, count, size in zip(*(column.tolist() for column in columns), strict=True):
            label = self._known.get(vni)
            if label is None and len(self._known) < self._most_vnis:
                label = self._known[vni] = str(vni)
            if label is None:
                others[0] += count
                others[1] += size
            else:
                packets.add_metric([label], count)
                octets.add_metric([label], size)
        others[1] += now.octets - int(now.vni_octets.sum())  # of VNIs that are not counted one by one
        packets.add_metric(["other"], others[0])
        octets.add_metric(["other"], others[1])
        yield packets
        yield octets
