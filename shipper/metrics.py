"""Figures as Prometheus metrics, read anew at each scrape. Counters begin at 0 with each run; rates are Prometheus's.

The exposition format is prometheus-client's; the registry is our own, so nothing else is in it.
"""

from collections.abc import Callable, Iterator, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from shipper.figures import Figures, Run

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

_FATES = ("delivered", "duplicate", "dead_lettered", "expired", "excluded", "skipped")
_MARKS = ("malformed", "suspect", "nodata", "skipdata")


class Metrics:
    """`look` gives the figures of the moment, `failed` counts writes of figures and summaries that came to nothing."""

    def __init__(self, run: Run, look: Callable[[], Figures], failed: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Figures(run, look, failed))
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """Everything, in the Prometheus text format (CONTENT_TYPE)."""
        return generate_latest(self._registry)


class _Figures(Collector):
    def __init__(self, run: Run, look: Callable[[], Figures], failed: Callable[[], int]) -> None:
        self._run = run
        self._look = look
        self._failed = failed

    def describe(self) -> Iterator[Metric]:
        """Nothing: a look is taken when there is a scrape, not when this is registered."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        run, now = self._run, self._look()
        about = {"version": run.version, "run": run.id, "stream": run.stream, "kind": run.kind}
        yield InfoMetricFamily("flowtap", "Which program and which run these figures are of.", about)
        yield _gauge("flowtap_run_started_timestamp_seconds", "When this run began.", run.started.timestamp())
        yield from self._records(now)
        yield _counter("flowtap_documents_resent", "Documents sent more than once, each time again.", now.resent)
        yield _counter(
            "flowtap_aside_failed", "Figures or summaries of ours that could not be written.", self._failed()
        )
        yield _gauge(
            "flowtap_batches_in_flight", "Batches handed to the sink that have no verdicts yet.", now.in_flight
        )
        yield _gauge(
            "flowtap_waiting", "1 while something is waited for, else 0: /healthz says what.", bool(now.waiting)
        )
        if now.waiting:
            since = now.waiting.since.timestamp()
            yield _gauge("flowtap_waiting_since_timestamp_seconds", "Since when it is waited for.", since)
        yield _gauge("flowtap_backlog_inputs", "Inputs that are not read to their end.", now.backlog_inputs)
        if now.backlog_bytes >= 0:
            yield _gauge("flowtap_backlog_bytes", "Bytes of inputs, as on disk, that are not read.", now.backlog_bytes)
        yield _gauge("flowtap_dead_letters_kept", "Dead letters on disk.", now.kept_letters)
        yield _gauge("flowtap_dead_letters_kept_bytes", "What dead letters take on disk.", now.kept_bytes)

    def _records(self, now: Figures) -> Iterator[Metric]:
        kind = self._run.kind
        yield _counter("flowtap_records_read", "Records whose chunk is committed.", now.sums.read, kind=kind)
        yield self._sums("flowtap_records", "Records by fate; all together are those read.", "fate", now, _FATES)
        yield self._sums("flowtap_records_marked", "Records with a mark; each has a fate, too.", "mark", now, _MARKS)
        yield _counter("flowtap_read_bytes", "Bytes read of inputs, as on disk.", now.read_bytes, kind=kind)
        yield _counter("flowtap_sent_bytes", "Bytes of bulk lines settled, each once.", now.sent_bytes, kind=kind)

    def _sums(self, name: str, what: str, label: str, now: Figures, values: Sequence[str]) -> Metric:
        family = CounterMetricFamily(name, what, labels=["kind", label])
        for value in values:
            family.add_metric([self._run.kind, value], getattr(now.sums, value))
        return family


def _counter(name: str, what: str, value: float, **labels: str) -> Metric:
    """`_total` is added to the name."""
    family = CounterMetricFamily(name, what, labels=[*labels])
    family.add_metric([*labels.values()], value)
    return family


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(name, what, value)
