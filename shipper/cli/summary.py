"""What a backfill came to: for people, and as JSON. The sums are exact: read = all the others together."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipper.cli.output import note, shown, size, write_lines, write_table
from shipper.errors import ShipperError

if TYPE_CHECKING:
    from shipper.backfill import Report
    from shipper.model import DeadLetter
    from shipper.opensearch.shards import ShardSum
    from shipper.sources.files import Progress

_SHOWN = 10
_FATES = ("read", "delivered", "duplicate", "dead_lettered", "expired", "excluded", "skipped")


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would be: documents by partition, the partitions that exist, the shards there would be, some rejects."""

    documents: Mapping[str, int]
    existing: Set[str]
    shards: "ShardSum"
    examples: "Sequence[DeadLetter]"


@dataclass(frozen=True, slots=True)
class Summary:
    """A run and what it came to; `failure` is the error that ended it early."""

    report: "Report"
    progress: "Progress"
    seconds: float
    resent: int
    failure: ShipperError | None = None
    dry_run: DryRun | None = None


def as_json(summary: Summary) -> dict[str, Any]:
    """Everything, by input."""
    report, total = summary.report, summary.report.total
    told: dict[str, Any] = {
        "finished": report.finished and summary.failure is None,
        "failure": str(summary.failure) if summary.failure else None,
        "inputs": report.inputs,
        "inputs_unchanged": summary.progress.files_unchanged,
        "bytes_read": summary.progress.bytes_read,
        "seconds": round(summary.seconds, 3),
        "resent_documents": summary.resent,
        "sums": asdict(total) | {"accounted": total.accounted},
        "sources": {origin: asdict(sums) for origin, sums in report.sums.items()},
        "problems": dict(report.problems),
        "unknown_columns": list(report.unknown_columns),
        "other_logs": dict(sorted(report.other_logs.items())),
        "other_files": dict(report.others),
    }
    if summary.dry_run:
        dry = summary.dry_run
        told["dry_run"] = {
            "partitions": dict(sorted(dry.documents.items())),
            "partitions_new": sorted(dry.documents.keys() - dry.existing),
            "shards": asdict(dry.shards) | {"total": dry.shards.total, "usable": dry.shards.usable},
            "refusal": dry.shards.refusal(),
        }
    return told


def show(summary: Summary) -> None:
    """For people: the sums, then everything worth a look, then what to do next."""
    report = summary.report
    rows = []
    if len(report.sums) <= _SHOWN:
        rows = [(_shortened(origin), *_cells(sums)) for origin, sums in report.sums.items()]
    if len(report.sums) > 1:
        rows.append((f"all {len(report.sums):,} inputs", *_cells(report.total)))
    names = [fate.replace("_", " ") for fate in _FATES]
    if summary.dry_run:
        names[_FATES.index("delivered")] = "would be written"
    if rows:
        headings = {"input": "left"} | dict.fromkeys(names, "number")
        write_table("Would be loaded" if summary.dry_run else "Loaded", headings, rows)
    write_lines(_outcome(summary))
    _remarks(summary)
    if summary.dry_run:
        _show_dry_run(summary.dry_run)


def _shortened(origin: str) -> str:
    """A path below the current folder without that folder."""
    return origin.removeprefix(f"{Path.cwd()}/")


def _cells(sums: Any) -> list[int]:
    return [getattr(sums, fate) for fate in _FATES]


def _outcome(summary: Summary) -> str:
    report, total = summary.report, summary.report.total
    rate = total.read / summary.seconds if summary.seconds > 0 else 0.0
    text = f"{total.read:,} records, {size(summary.progress.bytes_read)} in {summary.seconds:.1f} s ({rate:,.0f}/s)"
    if summary.dry_run:
        return f"{text}. Dry run: nothing was written."
    if not total.delivered and report.finished and not summary.failure:
        return f"{text}. Nothing new: {_nothing_new(summary)}."
    if not report.finished:
        text += f". Not finished: {_going_on(report)}"
    return f"{text}."


def _nothing_new(summary: Summary) -> str:
    report, total, unchanged = summary.report, summary.report.total, summary.progress.files_unchanged
    if unchanged == report.inputs:
        return f"{unchanged:,} of {report.inputs:,} inputs are as they were when loaded"
    parts = (
        (total.duplicate, "{:,} were stored already"),
        (total.dead_lettered, "{:,} are dead letters"),
        (total.expired, "{:,} are older than their dataset's retention"),
        (total.excluded, "{:,} were not selected"),
        (sum(report.other_logs.values()), "{:,} are records of other logs"),
        (len(report.others), f"{{:,}} of {report.inputs:,} inputs hold no records of this kind"),
        (unchanged, f"{{:,}} of {report.inputs:,} inputs are as they were when loaded"),
    )
    return ", ".join(text.format(count) for count, text in parts if count) or "there is no record in what was read"


def _going_on(report: "Report") -> str:
    """What was read of a pipe is gone with it."""
    pipes = "standard input" if report.once == ("-",) else ", ".join(map(shown, report.once))
    again = f"feed {pipes} again from its start (what is stored is a duplicate)"
    if len(report.once) == report.inputs:
        return again
    return "run the same command again to go on" + (f", and {again}" if report.once else "")


def _remarks(summary: Summary) -> None:
    for line in [*_counted(summary), *_inputs(summary), *_ends(summary)]:
        note(line)


def _counted(summary: Summary) -> Iterator[str]:
    total, names = summary.report.total, summary.report.unknown_columns
    remarks = (
        (total.nodata, "{:,} NODATA records: no traffic in their window"),
        (total.skipdata, "{:,} SKIPDATA records: AWS lost records of these windows, do not read them as no traffic"),
        (total.malformed, "{:,} documents lack a leaf of the wrong type: query flowtap.malformed.path"),
        (total.suspect, "{:,} documents have no believable time: query flowtap.time_suspect:true"),
        (total.dead_lettered, "{:,} dead letters: `shipper deadletter list` shows them with reasons"),
        (len(names), "{:,} columns are in no table of ours; kept, but not searchable: " + ", ".join(names)),
    )
    return (text.format(count) for count, text in remarks if count)


def _inputs(summary: Summary) -> Iterator[str]:
    report, unchanged = summary.report, summary.progress.files_unchanged
    if report.other_logs:
        logs = ", ".join(f"{count:,} of {kind}" for kind, count in sorted(report.other_logs.items()))
        yield f"{sum(report.other_logs.values()):,} records of other logs were skipped: {logs}"
    if report.others:
        origin, what = next(iter(report.others.items()))
        yield f"{len(report.others):,} inputs hold no records of this kind, such as {shown(origin)} ({what})"
    if unchanged and report.total.delivered:
        yield f"{unchanged:,} inputs were loaded before and are unchanged (--again reads them anyway)"
    for reason in list(report.problems.values())[:_SHOWN]:
        yield f"Not read to its end: {reason}"
    if len(report.problems) > _SHOWN:
        yield f"… and {len(report.problems) - _SHOWN:,} more inputs (--json lists them)"


def _ends(summary: Summary) -> Iterator[str]:
    total = summary.report.total
    if total.read != total.accounted:
        yield f"BUG: {total.read:,} records were read, {total.accounted:,} are accounted for; please report this"
    if summary.failure:
        yield f"Stopped: {summary.failure}"


def _show_dry_run(dry: DryRun) -> None:
    rows = [(name, "there" if name in dry.existing else "new", count) for name, count in sorted(dry.documents.items())]
    write_table("Partitions", {"partition": "left", "": "left", "documents": "number"}, rows)
    write_lines(f"Shards: {dry.shards.total:,} would exist of {dry.shards.usable:,} that may be planned for.")
    for letter in dry.examples:
        note(f"Would be a dead letter: {letter.position.origin} at byte {letter.position.offset}: {letter.reason}")
    if refusal := dry.shards.refusal():
        note(f"Refused: {refusal}")
