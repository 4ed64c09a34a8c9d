"""`shipper backfill …`: load records that already exist, show progress, tell what it came to."""

import random
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from shipper.cli.context import Context, now
from shipper.cli.exit_codes import exit_code
from shipper.cli.output import note, write_json
from shipper.cli.progress import shown_progress, snapshot
from shipper.cli.signals import Stop, stop_on_signals
from shipper.cli.summary import DryRun, Summary, as_json, show
from shipper.errors import ConfigError, ShipperError

if TYPE_CHECKING:
    from shipper.backfill import Backfill, Destination, Job
    from shipper.sources.local_paths import Input

    Watched = Callable[[Backfill, Callable[[], bool]], AbstractContextManager[None]]


@click.group(short_help="Load records that already exist.")
def backfill() -> None:
    """Load records that already exist. Running it again adds nothing; what was stopped goes on where it was."""


@backfill.command("flowlogs")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE…")
@click.option("--format", "line_format", help="Columns of lines without a header: '${version} ${account-id} …'.")
@click.option("--flow-log-id", help="For aws.vpcflow.flow_log_id where an object's name does not tell it.")
@click.option(
    "--where", multiple=True, metavar="CONDITION", help="Load only what fulfils this; repeatable, all must hold."
)
@click.option(
    "--exclude", multiple=True, metavar="CONDITION", help="Leave out what fulfils this; repeatable, any does."
)
@click.option("--since", metavar="TIME", help="Load only records that end then or later: 2026-11-21T08:00Z, 24h, 7d.")
@click.option("--until", metavar="TIME", help="Load only records that end before then.")
@click.option("--replace", is_flag=True, help="Overwrite documents that are there: corrects them after a fix.")
@click.option("--again", is_flag=True, help="Read inputs that are loaded already, too (implied by --replace).")
@click.option("--keep-expired", is_flag=True, help="Write records older than their dataset's retention, too.")
@click.option(
    "--allow-partitions",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Most new partitions within an hour.",
)
@click.option("--http", default="", metavar="HOST:PORT", help="Serve /metrics and /healthz there while it runs.")
@click.option("--dry-run", is_flag=True, help="Read and decode everything, write nothing, show what would be.")
@click.option("--json", "json_wanted", is_flag=True, help="The summary as JSON.")
@click.pass_obj
def flowlogs(context: Context, /, sources: tuple[str, ...], json_wanted: bool, dry_run: bool, **options: Any) -> int:
    """Load VPC and transit gateway flow logs.

    A SOURCE is a file (plain or gzip), a folder, a glob, or - for standard input. A header line names the columns;
    without one, lines have --format or AWS's default format.

    A CONDITION is a field of AWS's, an operator (= != < <= > >=) and a value, a list a,b, a range 1000-2000 or a
    network 10.0.0.0/8. An absent value equals only -. What is not selected is counted as excluded.

    \b
    Examples:
      shipper backfill flowlogs ./AWSLogs
      shipper backfill flowlogs 'logs/*.log.gz' --json
      shipper backfill flowlogs ./AWSLogs --since 7d --where action=REJECT --exclude srcaddr=10.0.0.0/8
      zcat export.gz | shipper backfill flowlogs - --format '${version} ${srcaddr} ${dstaddr} ${action}'
    """
    from shipper.assembly import Surroundings, decoder_parts, open_store
    from shipper.backfill import Destination, Job
    from shipper.decoders.flow_log_selection import selection_settings
    from shipper.model import RecordKind
    from shipper.watch import watching

    given = {"format": options["line_format"], "flow_log_id": options["flow_log_id"]}
    selected = selection_settings(options["where"], options["exclude"], options["since"], options["until"], now())
    kind = RecordKind("flowlogs", {name: value for name, value in given.items() if value} | selected)
    inputs = _inputs(sources)
    with nullcontext() if dry_run else context.lock(), stop_on_signals() as stop:
        surroundings = Surroundings(clock=now, random=random.random, wait=stop.event.wait)
        opened = open_store(context.store, context.settings, surroundings, options["allow_partitions"])
        parts = decoder_parts(
            kind,
            context.settings,
            opened.rules,
            now(),
            replace=options["replace"],
            keep_expired=options["keep_expired"],
        )
        job = Job(inputs, kind, parts, again=options["again"] or options["replace"])
        if dry_run:
            summary = _dry_run(context, job, stop)
        else:
            with watching(
                context.loaded, opened, kind.name, context.dead_letters, surroundings, options["http"]
            ) as watch:
                if watch.url:
                    note(f"Serving {watch.url}/metrics and /healthz")
                destination = Destination(opened.target, watch.sink, watch.dead_letters, context.checkpoints)
                summary = _load(context, job, destination, stop, lambda: opened.sink.resent, watch.over)
    write_json(as_json(summary)) if json_wanted else show(summary)
    return _exit_code(summary, stop)


def _inputs(sources: tuple[str, ...]) -> "list[Input]":
    from shipper.sources.local_paths import expand

    passed_over: list[Path] = []
    inputs = expand(sources, passed_over.append)
    if passed_over:
        note(
            f"{len(passed_over):,} entries of these folders are passed over: links to folders or to nothing, pipes; "
            f"name them to have them read. The first is {passed_over[0]}"
        )
    if sys.stdin is None and any(item.path is None for item in inputs):
        raise ConfigError("no standard input: it was closed (<&-), and - means to read it")
    return inputs


def _load(
    context: Context,
    job: "Job",
    destination: "Destination",
    stop: Stop,
    resent: Callable[[], int],
    watched: "Watched",
) -> Summary:
    """Run it, watched and under a progress display. An error ends it, but not before the summary."""
    from shipper.backfill import Backfill
    from shipper.sources.interruptible import open_pipe

    started = monotonic()
    failure: ShipperError | None = None
    backfill = Backfill(
        job, destination, stop=stop.event, clock=now, open_pipe=lambda path: open_pipe(path, stop.event.wait)
    )
    with shown_progress(lambda: snapshot(backfill, resent, now)):
        try:
            with watched(backfill, stop.event.is_set):
                report = backfill.run(context.settings.opensearch.memory_bytes)
        except ShipperError as error:
            failure, report = error, backfill.report(finished=False)
    return Summary(report, backfill.progress(), monotonic() - started, resent(), failure)


def _dry_run(context: Context, job: "Job", stop: Stop) -> Summary:
    """Decode everything; say what would be written where, and whether the cluster can take it."""
    from shipper.backfill import Destination, DryRunCheckpoints, DryRunDeadLetters, DryRunSink
    from shipper.opensearch.store_state import read_actual, read_shards

    sink, letters = DryRunSink(), DryRunDeadLetters()
    summary = _load(
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


def _exit_code(summary: Summary, stop: Stop) -> int:
    if summary.failure is not None:
        return exit_code(summary.failure)
    if stop.signal_number:
        return stop.exit_code
    if summary.dry_run and summary.dry_run.shards.refusal():
        return 3
    return 5 if summary.report.total.dead_lettered or summary.report.problems else 0
