"""Figures as Prometheus metrics, read anew at each scrape, each with the label `stream`.

Counters begin at 0 with each run; rates are Prometheus's.
The exposition format is prometheus-client's; the registry is our own, so nothing else is in it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from shipper.figures import Figures, Run

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

_FATES = ("delivered", "duplicate", "dead_lettered", "expired", "excluded", "skipped")
_MARKS = ("malformed", "suspect", "nodata", "skipdata")

_Kind = type[GaugeMetricFamily] | type[CounterMetricFamily]


@dataclass(frozen=True, slots=True)
class _Of:
    """One metric of a stream; None where it has no value now."""

    name: str
    what: str
    value: Callable[[Figures], float | None]


_GAUGES = (
    _Of(
        "flowtap_batches_in_flight", "Batches handed to the sink that have no verdicts yet.", lambda now: now.in_flight
    ),
    _Of(
        "flowtap_batches_in_flight_bytes",
        "Their chunks and documents in memory.",
        lambda now: now.in_flight_bytes,
    ),
    _Of(
        "flowtap_documents_parked",
        "Documents that wait for OpenSearch's state to change.",
        lambda now: now.traffic.parked,
    ),
    _Of(
        "flowtap_waiting", "1 while something is waited for, else 0: /healthz says what.", lambda now: bool(now.waiting)
    ),
    _Of(
        "flowtap_waiting_since_timestamp_seconds",
        "Since when it is waited for.",
        lambda now: now.waiting.since.timestamp() if now.waiting else None,
    ),
    _Of("flowtap_failed", "1 once an error has ended this stream, else 0.", lambda now: bool(now.failure)),
    _Of("flowtap_backlog_inputs", "Inputs that are not read to their end.", lambda now: now.backlog_inputs),
    _Of(
        "flowtap_backlog_bytes",
        "Bytes of inputs, as on disk, that are not read; of live ones those that are not stored.",
        lambda now: now.backlog_bytes if now.backlog_bytes >= 0 else None,
    ),
    _Of(
        "flowtap_lag_seconds",
        "How long the oldest of the backlog has been there.",
        lambda now: now.lag_seconds if now.lag_seconds >= 0 else None,
    ),
    _Of(
        "flowtap_queue_depth",
        "Messages that wait in the queue, about, as the queue itself says.",
        lambda now: now.queue_waiting if now.queue_waiting >= 0 else None,
    ),
    _Of(
        "flowtap_queue_taken",
        "Messages that are in some worker's hands, about, as the queue itself says.",
        lambda now: now.queue_taken if now.queue_taken >= 0 else None,
    ),
)
_COUNTERS = (
    _Of("flowtap_records_read", "Records whose chunk is committed.", lambda now: now.sums.read),
    _Of("flowtap_read_bytes", "Bytes read of inputs, as on disk.", lambda now: now.read_bytes),
    _Of("flowtap_sent_bytes", "Bytes of bulk lines settled, each once.", lambda now: now.sent_bytes),
    _Of("flowtap_requests", "Bulk requests.", lambda now: now.traffic.requests),
    _Of(
        "flowtap_requests_retried",
        "Bulk requests with documents that were sent before.",
        lambda now: now.traffic.retried,
    ),
    _Of(
        "flowtap_requests_throttled",
        "Bulk requests that were too much for OpenSearch, as a whole or in part.",
        lambda now: now.traffic.throttled,
    ),
    _Of("flowtap_requests_split", "Bulk requests refused whole and sent in halves.", lambda now: now.traffic.split),
    _Of(
        "flowtap_requests_seconds",
        "Time that bulk requests took, one after the other.",
        lambda now: now.traffic.milliseconds / 1000,
    ),
    _Of("flowtap_documents_resent", "Documents sent more than once, each time again.", lambda now: now.traffic.resent),
)


class Metrics:
    """`looks` give the figures of the moment of each stream of a process, in the streams' order.

    `failed` counts writes of figures and summaries that came to nothing.
    """

    def __init__(self, looks: Sequence[tuple[Run, Callable[[], Figures]]], failed: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Figures(looks, failed))
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """Everything, in the Prometheus text format (CONTENT_TYPE)."""
        return generate_latest(self._registry)


class _Figures(Collector):
    def __init__(self, looks: Sequence[tuple[Run, Callable[[], Figures]]], failed: Callable[[], int]) -> None:
        self._looks = looks
        self._failed = failed

    def describe(self) -> Iterator[Metric]:
        """Nothing: a look is taken when there is a scrape, not when this is registered."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        seen = [(run, look()) for run, look in self._looks]
        run, now = seen[0]
        about = InfoMetricFamily("flowtap", "Which program and which runs these figures are of.", labels=["stream"])
        for each, _ in seen:
            about.add_metric([each.stream], {"version": each.version, "run": each.id, "kind": each.kind})
        yield about
        yield _one(
            GaugeMetricFamily, "flowtap_run_started_timestamp_seconds", "When it began.", run.started.timestamp()
        )
        failed = self._failed()
        yield _one(
            CounterMetricFamily, "flowtap_aside_failed", "Figures or summaries that could not be written.", failed
        )
        yield _one(GaugeMetricFamily, "flowtap_dead_letters_kept", "Dead letters on disk.", now.kept_letters)
        yield _one(GaugeMetricFamily, "flowtap_dead_letters_kept_bytes", "What they take on disk.", now.kept_bytes)
        for gauge in _GAUGES:
            yield _family(GaugeMetricFamily, gauge, seen)
        for counter in _COUNTERS:
            yield _family(CounterMetricFamily, counter, seen)
        yield _sums("flowtap_records", "Records by fate; all together are those read.", "fate", seen, _FATES)
        yield _sums("flowtap_records_marked", "Records with a mark; each has a fate, too.", "mark", seen, _MARKS)


def _one(kind: _Kind, name: str, what: str, value: float) -> Metric:
    return kind(name, what, value)


def _family(kind: _Kind, of: _Of, seen: Sequence[tuple[Run, Figures]]) -> Metric:
    """One sample for each stream that knows it; `_total` is added to a counter's name."""
    family = kind(of.name, of.what, labels=["stream", "kind"])
    for run, now in seen:
        value = of.value(now)
        if value is not None:
            family.add_metric([run.stream, run.kind], value)
    return family


def _sums(
    name: str, what: str, label: str, seen: Sequence[tuple[Run, Figures]], values: Sequence[str]
) -> CounterMetricFamily:
    family = CounterMetricFamily(name, what, labels=["stream", "kind", label])
    for run, now in seen:
        for value in values:
            family.add_metric([run.stream, run.kind, value], getattr(now.sums, value))
    return family
