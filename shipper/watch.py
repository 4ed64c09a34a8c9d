"""A run that can be watched: figures and summaries into OpenSearch, /metrics and /healthz where asked for.

In: a run's parts. Out: the sink and the dead letters to run with, and threads beside the run that look and tell.
Never blocks, slows down or fails the run: what cannot be told is counted, and told later where it can be.
"""

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from secrets import token_urlsafe
from threading import Lock
from typing import Protocol

import orjson

from shipper.assembly import Opened, Surroundings
from shipper.config import Loaded
from shipper.deadletter import DeadLetterDirectory
from shipper.errors import ShipperError
from shipper.figures import DATASET, Figures, Run, health_of_all
from shipper.http import Answer, Routes, serving
from shipper.interfaces import DeadLetterStore
from shipper.letter_summary import DATASET as DEADLETTER
from shipper.letter_summary import SummarisedDeadLetters, Summary
from shipper.meter import MeteredSink
from shipper.metrics import CONTENT_TYPE, Metrics
from shipper.model import DeadLetter, Reading, Sums, Traffic
from shipper.opensearch.best_effort import BestEffort, Document, connect_aside, delete
from shipper.opensearch.partitions import Partitions
from shipper.opensearch.sink import OpenSearchSink
from shipper.pipeline_record import PipelineRecord
from shipper.settings import WatchSettings
from shipper.teller import Teller


class Followed(Protocol):
    """A run as it is seen from another thread."""

    def sums(self) -> Sums:
        """What was committed so far."""

    def unknown_columns(self) -> frozenset[str]:
        """Columns that no table knows."""

    def reading(self) -> Reading:
        """How far reading is."""


@dataclass(frozen=True, slots=True)
class Watchable:
    """A stream to be watched, and the sink it writes to."""

    name: str
    kind: str
    sink: OpenSearchSink


class Letters:
    """A run's dead letters, and how many there are on disk."""

    def __init__(self, store: DeadLetterStore, directory: DeadLetterDirectory) -> None:
        self._store = store
        self._directory = directory
        self._lock = Lock()
        self.kept = _or_zero(directory.count)

    def append(self, letters: Sequence[DeadLetter]) -> None:
        """As the store does."""
        self._store.append(letters)
        with self._lock:
            self.kept += len(letters)

    def size_bytes(self) -> int:
        """What they take on disk."""
        return _or_zero(self._directory.size_bytes)


class Look:
    """The figures of the moment, from any thread; zeros before there is a run to follow."""

    def __init__(
        self, clock: Callable[[], datetime], sink: MeteredSink, traffic: Callable[[], Traffic], letters: Letters
    ) -> None:
        self._clock = clock
        self._sink = sink
        self._traffic = traffic
        self._letters = letters
        self._read_bytes = 0
        self.followed: Followed | None = None

    def __call__(self) -> Figures:
        """Look now."""
        if self.followed is None:
            return Figures(self._clock())
        sums, reading = self.followed.sums(), self.followed.reading()
        in_flight, in_flight_bytes, busy_since = self._sink.in_flight()
        self._read_bytes = max(self._read_bytes, reading.read_bytes)  # it falls for a moment between two inputs
        return Figures(
            at=self._clock(),
            sums=sums,
            read_bytes=self._read_bytes,
            sent_bytes=self._sink.sent_bytes,
            traffic=self._traffic(),
            in_flight=in_flight,
            in_flight_bytes=in_flight_bytes,
            busy_since=busy_since,
            waiting=self._sink.waiting() or reading.trouble,
            backlog_bytes=reading.backlog_bytes,
            backlog_inputs=reading.backlog_inputs,
            lag_seconds=reading.lag_seconds,
            queue_waiting=reading.queue_waiting,
            queue_taken=reading.queue_taken,
            failure=reading.failure,
            kept_letters=self._letters.kept,
            kept_bytes=self._letters.size_bytes(),
            unknown_columns=sorted(self.followed.unknown_columns()),
        )


class Watch:
    """`sinks` (by stream) and `dead_letters` are to be run with; `url` is where /metrics is, if it is served."""

    def __init__(
        self,
        looks: Mapping[str, Look],
        sinks: Mapping[str, MeteredSink],
        dead_letters: DeadLetterStore,
        teller: Teller,
    ) -> None:
        self._looks = looks
        self._teller = teller
        self.sinks = sinks
        self.dead_letters = dead_letters
        self.url = ""
        self.failure = ""

    @contextmanager
    def over(self, runs: Mapping[str, Followed], stopped: Callable[[], bool]) -> Iterator[None]:
        """Watch these, by stream, while entered, and tell how they ended. Errors pass."""
        for name, run in runs.items():
            self._looks[name].followed = run
        self._teller.start()
        try:
            yield
        except ShipperError as error:
            self.failure = str(error)
            self._teller.end("failed", self.failure)
            raise
        self._teller.end("stopped" if stopped() else "finished")

    def over_one(self, run: Followed, stopped: Callable[[], bool]) -> AbstractContextManager[None]:
        """The same for the only stream there is."""
        (name,) = self._looks
        return self.over({name: run}, stopped)


@contextmanager
def watching(
    loaded: Loaded,
    opened: Opened,
    streams: Sequence[Watchable],
    letters: DeadLetterDirectory,
    surroundings: Surroundings,
    http: str = "",
) -> Iterator[Watch]:
    """What settings and `http` (an address that goes before the setting) ask for. Raises ConfigError."""
    settings, clock = loaded.settings.watch, surroundings.clock
    host, program, now = platform.node(), version("flowtap"), clock()
    runs = {each.name: Run(token_urlsafe(9), each.kind, each.name, host, program, now) for each in streams}
    sinks = {each.name: MeteredSink(each.sink, clock) for each in streams}
    with ExitStack() as stack:
        store = connect_aside(loaded.connection)
        stack.callback(store.close)
        aside = BestEffort(store, Partitions(store, loaded.settings.opensearch.prefix, clock=clock))

        def tell_of(summaries: Sequence[Summary]) -> bool:
            place = opened.rules[DEADLETTER].index
            return aside.write([Document(place(each.dead_at), each.id, each.source) for each in summaries])

        summarised = SummarisedDeadLetters(letters, loaded.state_directory, tell_of)
        counted = Letters(summarised if settings.dead_letter_summaries else letters, letters)
        looks = {each.name: Look(clock, sinks[each.name], each.sink.traffic, counted) for each in streams}
        index = opened.rules[DATASET].index
        records = [PipelineRecord(run, looks[name], aside.write, index) for name, run in runs.items()]
        teller = Teller(
            records if settings.pipeline_documents else (),
            summarised if settings.dead_letter_summaries else None,
            clock=clock,
        )
        watch = Watch(looks, sinks, counted, teller)
        if address := http or settings.http:
            metrics = Metrics([(run, looks[name]) for name, run in runs.items()], lambda: aside.failed)
            routes = _routes(metrics, looks, lambda: watch.failure, settings)
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


def _routes(metrics: Metrics, looks: Mapping[str, Look], failure: Callable[[], str], settings: WatchSettings) -> Routes:
    patience = timedelta(seconds=settings.unhealthy_after_seconds)

    def healthz() -> Answer:
        status, told = health_of_all({name: look() for name, look in looks.items()}, failure(), patience)
        return Answer(status, "application/json", orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE))

    return {"/metrics": lambda: Answer(200, CONTENT_TYPE, metrics.text()), "/healthz": healthz}
