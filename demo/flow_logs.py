"""The command that writes the day into a folder: flow logs, mirrored packets, and `story.json` with the true numbers.

    python -m demo.flow_logs --out .cache/demo/flowlogs

The folder holds `AWSLogs/…` (what to load), `mirrored.pcap` (the packets of one connection that is in the flow logs,
too, as a mirror session sends them), `inventory.json` (whose session that is), `story.json` and `manifest.json`. A
folder whose story is whole and ended less than 24 hours ago is kept as it is, so that running and loading again adds
nothing; a new story then begins no earlier than the old one ended, so no minute is told twice. `--fresh`, or asking for
another end, seed or size, tells the day anew: load that into an empty store. Only an empty folder or one with our
manifest is ever written to.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from demo.delivery import DEFAULT_RECORDS, DEFAULT_SEED, Request, story, tell
from demo.sample import mirrored
from demo.session import inventory, sent
from demo.stage import DAY
from demo.truth import Story

PCAP, INVENTORY = "mirrored.pcap", "inventory.json"

Manifest = dict[str, Any]


def is_current(manifest: Manifest, wanted: Request, *, any_end: bool) -> bool:
    """Whether a folder with this manifest is kept: whole, of the same seed and size, and of the end asked for.

    With `any_end` the end may be up to a day before the one asked for.
    """
    if manifest != _manifest(wanted) | {"end": manifest["end"], "complete": True}:
        return False
    age_seconds = wanted.period.end - int(manifest["end"])
    return 0 <= age_seconds < DAY if any_end else age_seconds == 0


def _manifest(request: Request) -> Manifest:
    return asdict(request) | {"end": request.period.end, "complete": False}


class ForeignFolder(Exception):
    """The folder holds something that we did not write."""


def write(out: Path, request: Request) -> Story:
    """Tell the day into the folder, in place of what we told there before. Raises ForeignFolder."""
    if out.exists() and any(out.iterdir()) and read_manifest(out) is None:
        raise ForeignFolder(f"{out} is not empty and holds no manifest of ours: choose another folder")
    out.mkdir(parents=True, exist_ok=True)
    _write_json(out / "manifest.json", _manifest(request))
    shutil.rmtree(out / "AWSLogs", ignore_errors=True)
    delivery = tell(request)
    count = 0
    for count, delivered in enumerate(delivery.objects(), 1):  # noqa: B007 - the last number is the count
        path = out / delivered.key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(delivered.body)
    if login := delivery.truth.login:
        (out / PCAP).write_bytes(sent(mirrored(login)))
        _write_json(out / INVENTORY, inventory())
    truth = story(request, delivery, count)
    _write_json(out / "story.json", truth)
    _write_json(out / "manifest.json", _manifest(request) | {"complete": True})
    return truth


def kept(out: Path, wanted: Request, *, any_end: bool) -> Story | None:
    """The story in the folder, if it is current and all its objects are there."""
    manifest = read_manifest(out)
    if manifest is None or not is_current(manifest, wanted, any_end=any_end):
        return None
    truth = _read_json(out / "story.json")
    there = sum(1 for _ in out.glob("AWSLogs/**/*.log.gz"))
    return truth if truth is not None and truth["objects"] == there and (out / PCAP).exists() else None


def read_manifest(out: Path) -> Manifest | None:
    """The folder's manifest, or None if it has none of ours."""
    found = _read_json(out / "manifest.json")
    return found if found is not None and {"end", "telling"} <= found.keys() else None


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _write_json(path: Path, content: dict[str, Any]) -> None:
    beside = path.with_suffix(".tmp")
    beside.write_text(json.dumps(content, indent=2) + "\n")
    beside.replace(path)


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _size(text: str) -> int:
    records = int(text)
    if not 5_000 <= records <= 2_000_000:
        raise ValueError(text)
    return records


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m demo.flow_logs", description="Write a made-up day of VPC flow logs."
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder to write to, kept if still current"
    )
    parser.add_argument(
        "--end", type=_utc, help="when the story ends, ISO 8601, UTC if it names no zone (default: now)"
    )
    parser.add_argument(
        "--seed", type=int, default=DEFAULT_SEED, help="another number, another day (default: %(default)s)"
    )
    parser.add_argument(
        "--records",
        type=_size,
        default=DEFAULT_RECORDS,
        help="about so many, 5000 to 2000000; a small day holds some more (default: %(default)s)",
    )
    parser.add_argument("--fresh", action="store_true", help="tell the day anew even if the folder is current")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> int:
    """Write the day, or keep the one that is there; one line about it. Exit code 2: the folder is not ours."""
    given = arguments(argv)
    request = Request(int((given.end or clock()).timestamp()), given.seed, given.records)
    truth = None if given.fresh else kept(given.out, request, any_end=given.end is None)
    verb = "kept" if truth else "wrote"
    try:
        truth = truth or write(given.out, request)
    except ForeignFolder as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(
        f"{verb} {truth['records']['total']:,} records in {truth['objects']} objects, "
        f"{truth['begin']} to {truth['end']}: {given.out / 'AWSLogs'}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
