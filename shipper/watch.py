"""A run that can be watched: figures and summaries into OpenSearch, /metrics and /healthz where asked for.

In: a run's parts. Out: the sink and the dead letters to run with, and threads beside the run that look and tell.
Never blocks, slows down or fails the run: what cannot be told is counted, and told later where it can be.
"""

import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from importlib.metadata import version
from secrets import token_urlsafe
from typing import Protocol

import orjson

from shipper.assembly import Opened, Surroundings
from shipper.backfill import Report
from shipper.config import Loaded
from shipper.deadletter import DeadLetterDirectory
from shipper.errors import ShipperError
from shipper.figures import DATASET, Figures, Run, health
from shipper.http import Answer, Routes, serving
from shipper.interfaces import DeadLetterStore
from shipper.letter_summary import DATASET as DEADLETTER
from shipper.letter_summary import SummarisedDeadLetters, Summary
from shipper.meter import MeteredSink
from shipper.metrics import CONTENT_TYPE, Metrics
from shipper.opensearch.best_effort import BestEffort, Document, connect_aside, delete
from shipper.opensearch.partitions import Partitions
from shipper.pipeline_record import PipelineRecord
from shipper.settings import WatchSettings
from shipper.sources.files import Progress
from shipper.teller import Teller


class Followed(Protocol):
    """A run as it is seen from another thread."""

    def report(self, *, finished: bool) -> Report:
        """What was committed so far."""

    def progress(self) -> Progress:
        """How far reading is."""


class Look:
    """The figures of the moment, from any thread; zeros before there is a run to follow."""

    def __init__(
        self, clock: Callable[[], datetime], sink: MeteredSink, resent: Callable[[], int], letters: DeadLetterDirectory
    ) -> None:
        self._clock = clock
        self._sink = sink
        self._resent = resent
        self._letters = letters
        self._kept = _or_zero(letters.count)
        self._read_bytes = 0
        self.followed: Followed | None = None

    def __call__(self) -> Figures:
        """Look now."""
        if self.followed is None:
            return Figures(self._clock())
        report, progress = self.followed.report(finished=False), self.followed.progress()
        in_flight, busy_since = self._sink.in_flight()
        self._read_bytes = max(self._read_bytes, progress.bytes_read)  # it falls for a moment between two inputs
        return Figures(
            at=self._clock(),
            sums=report.total,
            read_bytes=self._read_bytes,
            sent_bytes=self._sink.sent_bytes,
            resent=self._resent(),
            in_flight=in_flight,
            busy_since=busy_since,
            waiting=self._sink.waiting(),
            backlog_bytes=max(progress.bytes_total - self._read_bytes, 0) if progress.bytes_total >= 0 else -1,
            backlog_inputs=progress.files_total - progress.files_done,
            kept_letters=self._kept + report.total.dead_lettered,
            kept_bytes=_or_zero(self._letters.size_bytes),
            unknown_columns=report.unknown_columns,
        )


class Watch:
    """`sink` and `dead_letters` are to be run with; `url` is where /metrics is, if it is served."""

    def __init__(self, look: Look, sink: MeteredSink, dead_letters: DeadLetterStore, teller: Teller) -> None:
        self._look = look
        self._teller = teller
        self.sink = sink
        self.dead_letters = dead_letters
        self.url = ""
        self.failure = ""

    @contextmanager
    def over(self, run: Followed, stopped: Callable[[], bool]) -> Iterator[None]:
        """Watch this run while entered, and tell how it ended. Errors pass."""
        self._look.followed = run
        self._teller.start()
        try:
            yield
        except ShipperError as error:
            self.failure = str(error)
            self._teller.end("failed", self.failure)
            raise
        self._teller.end("stopped" if stopped() else "finished")


@contextmanager
def watching(
    loaded: Loaded, opened: Opened, kind: str, letters: DeadLetterDirectory, surroundings: Surroundings, http: str = ""
) -> Iterator[Watch]:
    """What settings and `http` (an address that goes before the setting) ask for. Raises ConfigError."""
    settings, clock = loaded.settings.watch, surroundings.clock
    run = Run(token_urlsafe(9), kind, "backfill", platform.node(), version("flowtap"), clock())
    sink = MeteredSink(opened.sink, clock)
    look = Look(clock, sink, lambda: opened.sink.resent, letters)
    with ExitStack() as stack:
        store = connect_aside(loaded.connection)
        stack.callback(store.close)
        aside = BestEffort(store, Partitions(store, loaded.settings.opensearch.prefix, clock=clock))

        def tell_of(summaries: Sequence[Summary]) -> bool:
            index = opened.rules[DEADLETTER].index
            return aside.write([Document(index(each.dead_at), each.id, each.source) for each in summaries])

        record = PipelineRecord(run, look, aside.write, opened.rules[DATASET].index)
        summarised = SummarisedDeadLetters(letters, loaded.state_directory, tell_of)
        teller = Teller(
            record if settings.pipeline_documents else None,
            summarised if settings.dead_letter_summaries else None,
            clock=clock,
        )
        watch = Watch(look, sink, summarised if settings.dead_letter_summaries else letters, teller)
        if address := http or settings.http:
            routes = _routes(Metrics(run, look, lambda: aside.failed), look, lambda: watch.failure, settings)
            watch.url = stack.enter_context(serving(address, routes, beyond_loopback=settings.http_beyond_loopback))
        yield watch


def forget_summaries(loaded: Loaded, ids: Sequence[str]) -> str:
    """Delete the summaries of letters that go. Empty, or why some may be left."""
    if not ids or not loaded.settings.watch.dead_letter_summaries:
        return ""
    store = connect_aside(loaded.connection)
    try:
        return delete(store, f"{loaded.settings.opensearch.prefix}-{DEADLETTER}-*", ids)
    finally:
        store.close()


def _or_zero(count: Callable[[], int]) -> int:
    """A directory that cannot be read stops the run where that matters, not where it is counted."""
    try:
        return count()
    except OSError:
        return 0


def _routes(metrics: Metrics, look: Look, failure: Callable[[], str], settings: WatchSettings) -> Routes:
    patience = timedelta(seconds=settings.unhealthy_after_seconds)

    def healthz() -> Answer:
        status, told = health(look(), failure(), patience)
        return Answer(status, "application/json", orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE))

    return {"/metrics": lambda: Answer(200, CONTENT_TYPE, metrics.text()), "/healthz": healthz}
