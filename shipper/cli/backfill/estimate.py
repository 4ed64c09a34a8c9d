"""`shipper backfill flowlogs s3://… --dry-run`: the bucket is listed, a few objects are read, nothing is written."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

from shipper.backfill import Job
from shipper.cli.output import note, size, write_json, write_lines
from shipper.cli.summary import Summary
from shipper.estimate import Estimate, Listed, Sample, estimate, listed
from shipper.opensearch.shards import ShardSum, partitions_of
from shipper.partition import PartitionRule
from shipper.sources.inputs import Input

_SEED = 1
"""The same bucket has the same sample."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What is told. `sampled` is the summary of the sample's dry run, whose shards are those of the whole."""

    listed: Listed
    sample: Sample
    whole: Estimate
    new: tuple[str, ...]
    shards: ShardSum
    sampled: Summary


def preview(
    job: Job, is_loaded: Callable[[Input], bool], dry_run: Callable[[Job], Summary], rules: Iterable[PartitionRule]
) -> Preview:
    """List, read a sample, estimate. Raises as the bucket does."""
    found = listed(job.inputs, is_loaded, Random(_SEED))  # noqa: S311  (a sample, not a secret)
    summary = dry_run(replace(job, inputs=found.sample))
    report = summary.report
    read = [item for item in found.sample if item.origin not in report.problems]
    sample = Sample(len(read), sum(item.size for item in read), report.total, summary.seconds)
    told = summary.dry_run
    assert told is not None  # noqa: S101  (it was one)
    indices = set(told.documents)
    used = [rule for rule in rules if any(each.startswith(f"{rule.stem}-") for each in indices)]
    day_long = timedelta(days=1)
    names = {name for rule in used for day in found.days for name in partitions_of(rule, day, day + day_long)}
    new = tuple(sorted((names | indices) - told.existing))
    return Preview(found, sample, estimate(found, sample), new, replace(told.shards, new_partitions=len(new)), summary)


def tell(found: Preview, *, json_wanted: bool) -> int:
    """Show it; the exit code: 3 where the cluster cannot take it."""
    if json_wanted:
        write_json(as_json(found))
    else:
        _show(found)
    return 3 if found.shards.refusal() else 5 if found.sampled.report.problems else 0


def as_json(found: Preview) -> dict[str, Any]:
    """Everything."""
    whole = found.whole
    return {
        "objects": found.listed.objects,
        "objects_loaded_before": found.listed.loaded,
        "bytes": found.listed.size,
        "records_estimated": whole.records,
        "seconds_estimated": None if whole.seconds is None else round(whole.seconds, 1),
        "sample": {
            "objects": found.sample.objects,
            "bytes": found.sample.size,
            "seconds": round(found.sample.seconds, 3),
            "sums": asdict(found.sample.sums),
            "problems": dict(found.sampled.report.problems),
        },
        "partitions_new": list(found.new),
        "shards": asdict(found.shards) | {"total": found.shards.total, "usable": found.shards.usable},
        "refusal": found.shards.refusal(),
    }


def _show(found: Preview) -> None:
    whole, sample = found.whole, found.sample
    before = f" ({found.listed.loaded:,} more were loaded before)" if found.listed.loaded else ""
    write_lines(f"{found.listed.objects:,} objects, {size(found.listed.size)}{before}.")
    if whole.records is None or whole.seconds is None:
        write_lines("How many records they hold is not known: none of the sample could be read.")
    else:
        write_lines(
            f"About {whole.records:,} records, by {sample.objects:,} objects that were read; reading and decoding them "
            f"takes about {_time(whole.seconds)}, storing them may take longer."
        )
    write_lines(
        f"{len(found.new):,} new partitions. "
        f"Shards: {found.shards.total:,} would exist of {found.shards.usable:,} that may be planned for.",
        "Dry run: nothing was written.",
    )
    for reason in found.sampled.report.problems.values():
        note(f"Cannot be read: {reason}")
    if refusal := found.shards.refusal():
        note(f"Refused: {refusal}")


def _time(seconds: float) -> str:
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(seconds, 1):.0f} seconds"
