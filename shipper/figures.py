"""What a run came to at one moment, and the document that tells of a minute of it. Pure.

In: a run's sums, and what its sink and dead letters are at. Out: `Figures`, and documents of the dataset `pipeline`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from shipper.model import Sums, Traffic, Waiting

DATASET = "pipeline"
MOST_CHARACTERS = 512
"""What a keyword of ours may hold: `ignore_above` is 1,024 UTF-16 units, two for some characters."""

_MOST_COLUMNS = 100
_WORSE = ("ok", "waiting", "failed")


@dataclass(frozen=True, slots=True)
class Run:
    """Whose figures these are. `id` is made anew for each run."""

    id: str
    kind: str
    stream: str
    host: str
    version: str
    started: datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """Counted from the start of the run, as far as it is committed. Bytes read are those of the inputs, as on disk.

    `sent_bytes` are bulk lines of settled documents, re-sends not counted. `in_flight` batches of `in_flight_bytes` are
    on their way; `busy_since` is when the oldest batch on its way was handed to the sink. `kept_*` are dead letters on
    disk. A backlog, lag or queue of -1 is unknown. `failure` is the error that ended this stream; others may go on.
    """

    at: datetime
    sums: Sums = field(default_factory=Sums)
    read_bytes: int = 0
    sent_bytes: int = 0
    traffic: Traffic = field(default_factory=Traffic)
    in_flight: int = 0
    in_flight_bytes: int = 0
    busy_since: datetime | None = None
    waiting: Waiting | None = None
    backlog_bytes: int = -1
    backlog_inputs: int = 0
    lag_seconds: float = -1.0
    queue_waiting: int = -1
    queue_taken: int = -1
    failure: str = ""
    kept_letters: int = 0
    kept_bytes: int = 0
    unknown_columns: Sequence[str] = ()


def document(run: Run, number: int, before: Figures, now: Figures, state: str, failure: str = "") -> dict[str, Any]:
    """What happened between two moments of a run. Counts are those of the interval; the others are of its end.

    `milliseconds_max` is the longest of the run so far.
    """
    seconds = max((now.at - before.at).total_seconds(), 0.0)
    failure = failure or now.failure
    if now.failure:
        state = "failed"
    told: dict[str, Any] = {
        "stream": run.stream,
        "kind": run.kind,
        "worker": run.id,
        "version": run.version,
        "state": "waiting" if state == "running" and now.waiting else state,
        "interval_seconds": seconds,
        "records": {f.name: getattr(now.sums, f.name) - getattr(before.sums, f.name) for f in fields(Sums)},
        "bytes": {"read": now.read_bytes - before.read_bytes, "sent": now.sent_bytes - before.sent_bytes},
        "requests": _requests(before.traffic, now.traffic),
        "documents": {"retried": now.traffic.resent - before.traffic.resent, "parked": now.traffic.parked},
        "chunks": {"in_flight": now.in_flight},
        "memory_bytes": now.in_flight_bytes,
        "backlog": {"items": now.backlog_inputs} | ({} if now.backlog_bytes < 0 else {"bytes": now.backlog_bytes}),
        "dead_letters": {"kept": now.kept_letters, "bytes": now.kept_bytes},
    }
    if now.lag_seconds >= 0:
        told["lag_seconds"] = now.lag_seconds
    if now.waiting:
        told["waiting"] = _waiting(now.waiting, now.at)
    if now.unknown_columns:
        told["unknown_columns"] = [cut(name) for name in now.unknown_columns[:_MOST_COLUMNS]]
    event: dict[str, Any] = {
        "dataset": DATASET,
        "kind": "metric",
        "ingested": now.at.isoformat(),
        "start": before.at.isoformat(),
        "end": now.at.isoformat(),
        "duration": int(seconds * 1e9),
        "sequence": number,
    }
    if failure:
        event["reason"] = cut(failure)
    return {
        "@timestamp": now.at.isoformat(),
        "event": event,
        "host": {"name": cut(run.host)},
        "flowtap": {"pipeline": told},
    }


def _requests(before: Traffic, now: Traffic) -> dict[str, int]:
    counts = {
        name: getattr(now, name) - getattr(before, name) for name in ("retried", "throttled", "split", "milliseconds")
    }
    return {"sent": now.requests - before.requests} | counts | {"milliseconds_max": now.milliseconds_max}


def health(figures: Figures, failure: str, patience: timedelta) -> tuple[int, Mapping[str, Any]]:
    """HTTP status and what to say: 503 once something is waited for longer than `patience`, or after an error."""
    if failure or figures.failure:
        return 503, {"status": "failed", "what": failure or figures.failure}
    waiting = figures.waiting
    if waiting is None and figures.busy_since and figures.at - figures.busy_since > patience:
        waiting = Waiting("a batch is on its way and has no answer yet", figures.busy_since, "")
    if waiting is None:
        return 200, {"status": "ok"}
    return 503 if figures.at - waiting.since > patience else 200, {
        "status": "waiting",
        **_waiting(waiting, figures.at),
    }


def health_of_all(figures: Mapping[str, Figures], failure: str, patience: timedelta) -> tuple[int, Mapping[str, Any]]:
    """The same of streams by name: the worst of them, and where there are several each."""
    each = {name: health(now, failure, patience) for name, now in figures.items()}
    status, worst = max(each.values(), key=lambda said: (said[0], _WORSE.index(said[1]["status"])))
    if len(each) == 1:
        return status, worst
    return status, {**worst, "streams": {name: told for name, (_, told) in each.items()}}


def cut(text: str) -> str:
    """Short enough for a keyword, and valid Unicode: paths may hold bytes that are none."""
    return text[:MOST_CHARACTERS].encode("utf-8", "backslashreplace").decode()[:MOST_CHARACTERS]


def _waiting(waiting: Waiting, now: datetime) -> dict[str, Any]:
    return {
        "what": cut(waiting.what),
        "since": waiting.since.isoformat(),
        "seconds": max((now - waiting.since).total_seconds(), 0.0),
        "remedy": waiting.remedy,
    }
