"""One backfill from arguments to exit code: inputs, store, decoder, watch, progress, summary. Heavy to import."""

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from time import monotonic

from dashboards.bundle import id_prefix
from shipper.assembly import Opened, Surroundings, decoder_parts, open_store
from shipper.backfill import Backfill, Destination, DryRunCheckpoints, DryRunDeadLetters, DryRunSink, Job, stream_key
from shipper.catalog import KINDS
from shipper.cli.backfill.options import Chosen, Loading
from shipper.cli.context import Context, now
from shipper.cli.exit_codes import exit_code
from shipper.cli.memory import one_heap
from shipper.cli.output import note, write_json
from shipper.cli.progress import shown_progress, snapshot
from shipper.cli.signals import Stop, stop_on_signals
from shipper.cli.summary import DryRun, Summary, as_json, show
from shipper.errors import ConfigError, ShipperError
from shipper.model import RecordKind
from shipper.opensearch.store_state import read_actual, read_shards
from shipper.sources.files import is_loaded
from shipper.sources.inputs import LOG_GROUP_SCHEME, SCHEME, STDIN, Input
from shipper.sources.interruptible import open_pipe
from shipper.sources.local_paths import expand
from shipper.views.data_range import LIVE, data_range, link
from shipper.watch import Watchable, watching

_STREAM = "backfill"
"""What the figures of a load are called."""

Watched = Callable[[Backfill, Callable[[], bool]], AbstractContextManager[None]]


def load(
    context: Context,
    kind: RecordKind,
    loading: Loading,
    chosen: Chosen | None = None,
    *,
    through: Callable[[Input], Input] | None = None,
    stop_of: Stop | None = None,
) -> int:
    """Load records of this kind as told and tell what it came to; the exit code. Raises what ended it before it ran.

    `through` makes of each input what is read in its place; `stop_of` is the caller's, who has set up signals.
    """
    one_heap()
    stopping = nullcontext(stop_of) if stop_of else stop_on_signals()
    with nullcontext() if loading.dry_run else context.lock(), stopping as stop:
        inputs = _inputs(context, loading, chosen or Chosen(), stop)
        if through:
            inputs = [through(each) for each in inputs] if isinstance(inputs, list) else map(through, inputs)
        surroundings = Surroundings(clock=now, random=random.random, wait=stop.event.wait)
        opened = open_store(context.store, context.settings, surroundings, loading.allow_partitions)
        parts = decoder_parts(
            kind,
            context.settings,
            opened.rules,
            now(),
            replace=loading.replace,
            keep_expired=loading.keep_expired,
        )
        set_for = context.settings.sources
        parallel = loading.parallel or (set_for.parallel if isinstance(inputs, list) else set_for.parallel_objects)
        job = Job(inputs, kind, parts, again=loading.again or loading.replace, parallel=parallel)
        if loading.dry_run and loading.sources[0].startswith(SCHEME):
            return _preview(context, job, stop, loading, opened)
        if loading.dry_run:
            summary = _dry_run(context, job, stop)
        else:
            streams = [Watchable(_STREAM, kind.name, opened.sink)]
            with watching(context.loaded, opened, streams, context.dead_letters, surroundings, loading.http) as watch:
                if watch.url:
                    note(f"Serving {watch.url}/metrics and /healthz")
                destination = Destination(
                    opened.target, watch.sinks[_STREAM], watch.dead_letters, context.progress_kept
                )
                summary = _run(context, job, destination, stop, lambda: opened.sink.resent, watch.over_one)
            if summary.report.finished:
                opened.partitions.refresh()  # whoever asks next is told of all that the summary counts
    write_json(as_json(summary)) if loading.json_wanted else show(summary)
    if context.settings.dashboards.url and not (loading.dry_run or loading.json_wanted or summary.failure):
        note(f"Look: {_link(context)}")
    return _exit_code(summary, stop)


def _link(context: Context) -> str:
    """The dashboards, opened where the data is: old records are outside of what Dashboards shows by itself."""
    prefix, given = context.settings.opensearch.prefix, context.settings.dashboards
    try:
        shown = data_range(context.store, prefix, now())
    except ShipperError:  # the load is done, whoever may not search
        shown = LIVE
    inside = f"/w/{given.workspace}" if given.workspace else ""
    return link(
        (given.browser_url or given.url).rstrip("/") + inside, f"{id_prefix(prefix, given.workspace)}-overview", shown
    )


def _inputs(context: Context, loading: Loading, chosen: Chosen, stop: Stop) -> list[Input] | Iterator[Input]:
    groups = [source for source in loading.sources if source.startswith(LOG_GROUP_SCHEME)]
    if groups:
        return _log_groups(context, loading, chosen, stop)
    buckets = [source for source in loading.sources if source.startswith(SCHEME)]
    if not buckets:
        if chosen.accounts or chosen.regions:
            raise ConfigError("--account and --region choose objects of buckets, and no SOURCE begins with s3://")
        return _local(loading.sources, stop)
    if len(buckets) < len(loading.sources):
        raise ConfigError("buckets and files are loaded by a run each: name either")
    from shipper.cli.backfill.buckets import objects

    return objects(buckets, chosen, loading.aws.over(context.settings.aws), stop)


def _log_groups(context: Context, loading: Loading, chosen: Chosen, stop: Stop) -> Iterator[Input]:
    if not all(source.startswith(LOG_GROUP_SCHEME) for source in loading.sources):
        raise ConfigError("log groups and anything else are loaded by a run each: name either")
    if chosen.accounts or chosen.regions:
        raise ConfigError("--account and --region choose objects of buckets; for a log group say ?region=REGION")
    from shipper.cli.backfill.log_groups import slices

    return slices(loading.sources, chosen, loading.aws.over(context.settings.aws), stop)


def _local(sources: tuple[str, ...], stop: Stop) -> list[Input]:
    passed_over: list[Path] = []
    inputs = expand(sources, lambda path: open_pipe(path, stop.event.wait), passed_over.append)
    if passed_over:
        note(
            f"{len(passed_over):,} entries of these folders are passed over: links to folders or to nothing, pipes; "
            f"name them to have them read. The first is {passed_over[0]}"
        )
    if sys.stdin is None and any(item.origin == STDIN for item in inputs):
        raise ConfigError("no standard input: it was closed (<&-), and - means to read it")
    return inputs


def _run(
    context: Context,
    job: Job,
    destination: Destination,
    stop: Stop,
    resent: Callable[[], int],
    watched: Watched,
) -> Summary:
    """Run it, watched and under a progress display. An error ends it, but not before the summary."""
    started = monotonic()
    failure: ShipperError | None = None
    backfill = Backfill(job, destination, stop=stop.event, clock=now)
    with shown_progress(lambda: snapshot(backfill, resent, now)):
        try:
            with watched(backfill, stop.event.is_set):
                report = backfill.run(context.settings.opensearch.memory_bytes)
        except ShipperError as error:
            failure, report = error, backfill.report(finished=False)
    return Summary(report, backfill.progress(), monotonic() - started, resent(), failure)


def _dry_run(context: Context, job: Job, stop: Stop) -> Summary:
    """Decode everything; say what would be written where, and whether the cluster can take it."""
    sink, letters = DryRunSink(), DryRunDeadLetters()
    summary = _run(
        context,
        job,
        Destination("dry run", sink, letters, DryRunCheckpoints()),
        stop,
        lambda: 0,
        lambda *_: nullcontext(),
    )
    existing = read_actual(context.store, context.settings.opensearch.prefix).partitions.keys()
    shards = replace(read_shards(context.store), new_partitions=len(sink.documents.keys() - existing))
    return replace(summary, dry_run=DryRun(dict(sink.documents), existing, shards, letters.examples))


def _preview(context: Context, job: Job, stop: Stop, loading: Loading, opened: Opened) -> int:
    """A bucket may hold years: it is listed, and some of it is read."""
    from shipper.cli.backfill.estimate import preview, tell

    key, progress = stream_key(job.kind, opened.target), context.progress_kept

    def is_loaded_before(item: Input) -> bool:
        known = None if job.again else progress.read(key(item.origin))
        return known is not None and is_loaded(known, item)

    rules = [opened.rules[name] for name in KINDS[job.kind.name].datasets]
    found = preview(job, is_loaded_before, lambda sample: _dry_run(context, sample, stop), rules)
    if stop.signal_number:
        return stop.exit_code
    return tell(found, json_wanted=loading.json_wanted)


def _exit_code(summary: Summary, stop: Stop) -> int:
    if summary.failure is not None:
        return exit_code(summary.failure)
    if stop.signal_number:
        return stop.exit_code
    if summary.dry_run and summary.dry_run.shards.refusal():
        return 3
    return 5 if summary.report.total.dead_lettered or summary.report.problems else 0
