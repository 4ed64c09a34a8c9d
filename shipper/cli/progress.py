"""Progress of long work, on standard error: a live bar on a terminal, a plain line every ten seconds elsewhere."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING

from shipper.cli.output import note, shown, size

if TYPE_CHECKING:
    from shipper.backfill import Backfill

_LIVE_SECONDS = 0.25
_PLAIN_SECONDS = 10.0
_UNBOUNDED_WIDTH = 2000
_BAR_WIDTH = 24
_LEFT_OUT = ("resent", "files", "rate", "left", "records", "rejects")
"""In this order, where a line is too long."""
_WAITING_SHOWN_AFTER = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is shown at one moment. `bytes_total` -1: unknown."""

    files_done: int
    files_total: int
    bytes_read: int
    bytes_total: int
    records: int
    rejects: int
    resent: int
    waiting: str


def snapshot(backfill: "Backfill", resent: Callable[[], int], clock: Callable[[], datetime]) -> Snapshot:
    """How far a backfill is. Short waits are not worth a line."""
    progress, sums, waiting = backfill.progress(), backfill.sums(), backfill.waiting()
    text = ""
    if waiting and clock() - waiting.since >= _WAITING_SHOWN_AFTER:
        text = f"waiting since {waiting.since:%H:%M:%SZ}: {waiting.what}"
        text += f" | to mend it: {waiting.remedy}" if waiting.remedy else ""
    return Snapshot(
        progress.files_done,
        progress.files_total,
        progress.bytes_read,
        progress.bytes_total,
        sums.read,
        sums.dead_lettered,
        resent(),
        text,
    )


@contextmanager
def shown_progress(look: Callable[[], Snapshot]) -> Iterator[None]:
    """Show what `look` gives until left."""
    display = _live if sys.stderr.isatty() else _plain
    done = Event()
    thread = Thread(target=display, args=(look, done), name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def line(now: Snapshot, seconds: float, width: int = _UNBOUNDED_WIDTH) -> str:
    """One moment as a line: bytes, records, rate, time left, retries, rejects; what does not fit is left out.

    While something is waited for, how long the rest takes is anybody's guess.
    """
    rate = now.records / seconds if seconds > 0 else 0.0
    read = size(now.bytes_read)
    if now.bytes_total > 0:
        read += f" of {size(now.bytes_total)} ({min(100 * now.bytes_read // now.bytes_total, 100)} %)"
    left = ""
    if 0 < now.bytes_read < now.bytes_total and not now.waiting:
        left = f"{_time((now.bytes_total - now.bytes_read) * seconds / now.bytes_read)} left"
    parts = {
        "files": f"{now.files_done}/{now.files_total} files",
        "read": read,
        "records": f"{now.records:,} records",
        "rate": f"{rate:,.0f}/s",
        "left": left,
        "resent": f"{now.resent:,} re-sent",
        "rejects": f"{now.rejects:,} dead letters",
    }
    text = _joined(parts)
    for name in _LEFT_OUT if now.rejects else ("rejects", *_LEFT_OUT):
        if len(text) <= width:
            break
        parts.pop(name, None)
        text = _joined(parts)
    return text


def _joined(parts: Mapping[str, str]) -> str:
    return ", ".join(part for part in parts.values() if part)


def _time(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _plain(look: Callable[[], Snapshot], done: Event) -> None:
    start, told = monotonic(), ""
    next_line = start + _PLAIN_SECONDS
    while not done.wait(1.0):
        now = look()
        if now.waiting and now.waiting != told:
            note(shown(now.waiting))
        told = now.waiting
        if monotonic() >= next_line:
            note(line(now, monotonic() - start))
            next_line += _PLAIN_SECONDS


def _live(look: Callable[[], Snapshot], done: Event) -> None:
    from rich.console import Console, Group
    from rich.live import Live
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    start = monotonic()
    console = Console(stderr=True)

    def picture() -> Group:
        now = look()
        total = now.bytes_total if now.bytes_total > 0 else None
        bar = ProgressBar(total=total, completed=now.bytes_read, width=_BAR_WIDTH, pulse=total is None)
        grid = Table.grid(padding=(0, 1))
        told = line(now, monotonic() - start, console.width - _BAR_WIDTH - 2)
        grid.add_row(bar, Text(told, no_wrap=True))
        return Group(grid, Text(shown(now.waiting), style="yellow")) if now.waiting else Group(grid)

    with Live(picture(), console=console, auto_refresh=False, transient=True) as live:
        while not done.wait(_LIVE_SECONDS):
            live.update(picture(), refresh=True)
